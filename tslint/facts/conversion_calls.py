"""Calls that make other programs of a module: tracing, scripting, exporting, optimising, converting; and casts of it."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from tslint.facts.frame import Args, Frame
from tslint.facts.joins import join_all
from tslint.facts.kinds import (
    UNKNOWN,
    Callable,
    Constant,
    CoreModel,
    Instance,
    Kind,
    Module,
    NoneKind,
    Step,
    Str,
    Unknown,
    options,
)
from tslint.facts.tree import words

MAKING = {
    "torch.jit.trace": "torch.jit.trace",
    "torch.jit.trace_module": "torch.jit.trace",
    "torch.jit.script": "torch.jit.script",
    "torch.jit.freeze": "torch.jit.freeze",
    "torch.jit.optimize_for_inference": "torch.jit.optimize_for_inference",
    "torch.compile": "torch.compile",
    "torch.quantization.quantize_dynamic": "torch.ao.quantization.quantize_dynamic",
    "torch.ao.quantization.quantize_dynamic": "torch.ao.quantization.quantize_dynamic",
}
"""Functions that answer with the module that they are handed, changed; and the name of the step."""
TORCHSCRIPT = words("torch.jit.trace torch.jit.script torch.jit.load torch.jit.freeze torch.jit.optimize_for_inference")
"""The steps that end in a TorchScript program."""
EXPORTED = "torch.export.ExportedProgram"
MODEL = "coremltools.models.MLModel"
NETWORK_TARGETS = words("iOS13 iOS14 macOS10_15 macOS10_16 macOS11 watchOS6 watchOS7 tvOS13 tvOS14")
"""Deployment targets that have no ML programs yet: coremltools 9.0 makes a neural network for them."""
CASTS = words("half float double to type compile")
"""Methods of a module that change it in place, and answer with it (``compile`` with nothing)."""
HALF = words("torch.float16 torch.half")
FULL = words("torch.float32 torch.float torch.float64 torch.double")


def function(frame: Frame, node: cst.CSTNode, name: str, args: Args) -> Kind | None:
    """The kind of calling NAME, or None where it is nothing of this room."""
    if name in MAKING:
        return _made(frame, node, name, args)
    if name == "torch.jit.load":
        return Module(steps=(Step(name, node),))
    if name == "torch.export.export":
        return Instance(EXPORTED)
    if name == "coremltools.convert":
        return CoreModel(_format(args))
    return None


def _made(frame: Frame, node: cst.CSTNode, name: str, args: Args) -> Kind:
    """What is handed in, with one step more: each alternative that is a module, and what is unknown becomes one."""
    given = args.get(0, "model", "module", "fn", "func", "obj", "mod", "frozen_mod") or UNKNOWN
    if name == "torch.compile" and _is_disabled(args):
        return given
    if isinstance(given, Unknown):
        return Module(steps=(Step(MAKING[name], node),))
    if isinstance(given, Callable) and isinstance(given.owner, Module) and MAKING[name] in TORCHSCRIPT:
        return done(given.owner, MAKING[name], node) if _is_forward(given) else given
    return done(given, MAKING[name], node)


def _is_forward(method: Callable) -> bool:
    if method.qualified is not None:
        return method.qualified in ("torch.nn.Module.forward", "torch.nn.Module.__call__")
    return isinstance(method.node, cst.FunctionDef) and method.node.name.value == "forward"


def _is_disabled(args: Args) -> bool:
    disable = args.get(-1, "disable")
    return isinstance(disable, Constant) and disable.value is True


def done(kind: Kind, name: str, node: cst.CSTNode) -> Kind:
    """KIND after the step NAME, in every alternative that is a module."""
    return join_all(_with(option, name, node) if isinstance(option, Module) else option for option in options(kind))


def cast(frame: Frame, node: cst.CSTNode, owner: Module, method: str, args: Args) -> Module:
    """The module after ``half()``, ``to(torch.float16)``, ``compile()`` …; as it was after others."""
    if method == "compile":
        return owner if _is_disabled(args) else _with(owner, "torch.compile", node)
    if method in ("to", "type"):
        given = (*args.nodes, *args.keyword_nodes.values())
        names = {frame.analysis.names.qualified(g) for g in given if isinstance(g, (cst.Name, cst.Attribute))}
        method = "half" if names & HALF else "float" if names & FULL else ""
    if method == "half":
        return _with(owner, "half", node)
    if method in ("float", "double"):
        return replace(owner, steps=tuple(step for step in owner.steps if step.name != "half"))
    return owner


def _with(owner: Module, name: str, node: cst.CSTNode) -> Module:
    return replace(owner, steps=(*owner.steps, Step(name, node)))


def _format(args: Args) -> str | None:
    """Which format ``ct.convert`` makes: as ``convert_to`` says, else as the deployment target needs."""
    if args.opaque:
        return None
    wanted = args.get(6, "convert_to")
    if wanted is not None and not isinstance(wanted, NoneKind):
        value = wanted.value if isinstance(wanted, Str) else None
        return value if value in ("mlprogram", "neuralnetwork") else None
    target = args.get(5, "minimum_deployment_target")
    if target is None or isinstance(target, NoneKind):
        return "mlprogram"
    if isinstance(target, Callable) and (target.qualified or "").startswith("coremltools.target."):
        last = (target.qualified or "").rpartition(".")[2]
        return "neuralnetwork" if last in NETWORK_TARGETS else "mlprogram"
    return None
