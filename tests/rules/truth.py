"""The claims of rules, tried: each function says how a claim came true for an example, or None where it did not."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from loading import Example, alike, graph_text, restarted, run, second_call_differs, trace
from rule_pages import Case, proof

from tslint.diagnostic import Claim


class Trial:
    """An example being tried. ``error`` is the exception that made a failing claim true."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case = case
        self.folder = folder
        self.error: BaseException | None = None
        self.lines: frozenset[int] = frozenset()

    def shown(self, claim: Claim) -> str | None:
        """How CLAIM comes true, or None."""
        with _inside(self.folder):
            return CLAIMS[claim](self)

    def example(self) -> Example:
        return Example(self.case, self.folder)

    def raising(self, action: Callable[[], object]) -> str | None:
        """The message that ACTION raises, or None."""
        try:
            action()
        except Exception as error:  # whatever PyTorch or coremltools raise is what the page must quote
            self.error = error
            return f"{type(error).__name__}: {error}"
        return None


def _trace_fails(trial: Trial) -> str | None:
    example = trial.example()
    if example.has("main"):
        return trial.raising(lambda: example.call("main"))
    model, inputs = example.model(), example.inputs()
    run(model, inputs)
    return trial.raising(lambda: trace(model, inputs))


def _script_fails(trial: Trial) -> str | None:
    _forget_types()
    return trial.raising(lambda: trial.example().call("main"))


def _forget_types() -> None:
    """A failed attempt leaves half a type behind, which the next one stumbles over."""
    torch.jit._recursive.concrete_type_store = torch.jit._recursive.ConcreteTypeStore()


def _trace_differs(trial: Trial) -> str | None:
    example = trial.example()
    if not example.has("other_inputs"):
        return None
    inputs, others = example.inputs(), example.others()
    program = restarted(trace(example.model(), inputs), example)
    wanted = run(example.model(), others)
    assert alike(run(program, inputs), run(example.model(), inputs)), "the trace is wrong on its own input"
    message = trial.raising(lambda: run(restarted(program, example), others))
    if message:
        return message
    if not alike(run(restarted(program, example), others), wanted):
        return "the outputs differ"
    answer = _answer(restarted(program, example), others)
    if not _alike_in_type(answer, _answer(example.model(), others)):
        return "a tensor stands for a number"
    return "the outputs of the second call differ" if second_call_differs(example) else None


def _alike_in_type(one: Any, other: Any) -> bool:
    """Whether tensors stand where tensors do."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return all(map(_alike_in_type, one, other))
    return isinstance(one, torch.Tensor) == isinstance(other, torch.Tensor)


def _trace_specialises(trial: Trial) -> str | None:
    example = trial.example()
    if not example.has("other_inputs"):
        return None
    run(example.model(), example.others())
    one = graph_text(trace(example.model(), example.inputs()))
    other = graph_text(trace(example.model(), example.others()))
    return None if one == other else "the graphs differ"


def _script_differs(trial: Trial) -> str | None:
    """Compiles, and raises where eager does not or gives something else: a number for a tensor is something else."""
    example = trial.example()
    if not example.has("example_inputs"):
        return None
    wanted = _answer(example.model(), example.inputs())
    _forget_types()
    try:
        program = torch.jit.script(example.model())
    except Exception:  # what does not compile is another claim
        return None
    message = trial.raising(lambda: _answer(program, example.inputs()))
    if message:
        return message
    return None if _same(_answer(program, example.inputs()), wanted) else "the outputs differ"


def _answer(program: torch.nn.Module, inputs: tuple[Any, ...]) -> Any:
    torch.manual_seed(0)
    return program(*inputs)


def _same(one: Any, other: Any) -> bool:
    """Whether a program and eager agree, types and all."""
    if isinstance(one, torch.Tensor) or isinstance(other, torch.Tensor):
        return type(one) is type(other) and alike([one], [other])
    if isinstance(one, (list, tuple)):
        return type(one) is type(other) and len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _wrong_mode(trial: Trial) -> str | None:
    example = trial.example()
    if not example.has("main"):
        inputs = example.inputs()
        try:
            program = trace(example.model(), inputs)
        except RuntimeError:  # what does not trace is another claim
            return None
        first, second = program(*inputs), program(*inputs)
        return None if torch.equal(first, second) else "two runs of the trace differ"
    with _recorded(example.path) as programs:
        example.call("main")
    wrong = {line for line, program in programs if any(module.training for module in program.modules())}
    trial.lines = frozenset(wrong)
    return f"training is set in what lines {sorted(wrong)} made" if wrong else None


def _wrong_call(trial: Trial) -> str | None:
    example = trial.example()
    assertions = proof(trial.case.rule)
    if not example.has("main"):
        return trial.raising(lambda: run(example.model(), example.inputs()))
    results: list[Any] = []
    message = trial.raising(lambda: results.append(example.call("main")))
    if message or assertions is None:
        return message
    (result,) = results
    try:
        exec(assertions, {**vars(example.namespace), "result": result})
    except AssertionError:
        return None
    return "the proof holds"


def _export_fails(trial: Trial) -> str | None:
    return trial.raising(lambda: trial.example().call("main"))


def _advice(trial: Trial) -> str | None:
    """Nothing fails: the code runs, and what it leaves behind is as the page's proof says."""
    result = trial.example().call("main")
    try:
        exec(proof(trial.case.rule) or "", {"result": result})
    except AssertionError:
        return None
    return "the proof holds"


def _convert_fails(trial: Trial) -> str | None:
    example = trial.example()
    if example.has("main"):
        return trial.raising(lambda: example.call("main"))
    return trial.raising(lambda: convert(trace(example.model(), example.inputs()), example.inputs()))


def _convert_differs(trial: Trial) -> str | None:
    from tslint.evidence import Evidence
    from tslint.probe.subject import Inputs, Subject
    from tslint.probe.verify.verify import verify

    example = trial.example()
    model, inputs = example.model(), example.inputs()
    if trial.case.rule.name == "fp16-overflow":
        return _float16_differs(model, inputs)
    found: list[Evidence] = []
    program = convert(trace(model, inputs), inputs)
    verdict = verify(program, Subject(0, model, Inputs("example", inputs)), model, found.append, "trace")
    assert verdict.verified is not None, verdict.message
    return str(found[0]) if found else None


def _float16_differs(model: torch.nn.Module, inputs: tuple[Any, ...]) -> str | None:
    """How the program that coremltools makes by default, its float16 values held as such, is off from eager."""
    from tslint.probe.evaluate import Run, read

    evaluation = Run(read(convert(trace(model, inputs), inputs, half=True)))
    evaluation.held = {**evaluation.held, "fp16": torch.float16}
    (found,), (expected,) = evaluation(list(inputs)), run(model, inputs)
    close = torch.allclose(found.float(), expected, rtol=1e-2, atol=1e-3)
    return None if close else f"{found.tolist()} in float16 where eager has {expected.tolist()}"


def _uncheckable(trial: Trial) -> str | None:
    path = trial.case.written(trial.folder)
    return trial.raising(lambda: compile(path.read_text(encoding="utf-8"), str(path), "exec"))


CLAIMS: dict[Claim, Callable[[Trial], str | None]] = {
    Claim.TRACE_FAILS: _trace_fails,
    Claim.SCRIPT_FAILS: _script_fails,
    Claim.TRACE_DIFFERS: _trace_differs,
    Claim.TRACE_SPECIALISES: _trace_specialises,
    Claim.SCRIPT_DIFFERS: _script_differs,
    Claim.WRONG_MODE: _wrong_mode,
    Claim.WRONG_CALL: _wrong_call,
    Claim.EXPORT_FAILS: _export_fails,
    Claim.CONVERT_FAILS: _convert_fails,
    Claim.CONVERT_DIFFERS: _convert_differs,
    Claim.ADVICE: _advice,
    Claim.UNCHECKABLE: _uncheckable,
}


def convert(program: torch.jit.ScriptModule, inputs: tuple[Any, ...], half: bool = False) -> Any:
    """The Core ML program of a trace in float32, or in float16, not loaded."""
    import coremltools as ct

    described = [ct.TensorType(shape=tuple(value.shape)) for value in inputs]
    precision = ct.precision.FLOAT16 if half else ct.precision.FLOAT32
    return ct.convert(
        program, inputs=described, skip_model_load=True, convert_to="mlprogram", compute_precision=precision
    )


def unconvertible_lines(trial: Trial) -> set[int]:
    """Lines of the example whose nodes coremltools has no converter for, or names in the error that it raised.

    Where it complains of a rank, those that make it.

    Relies on ``torch_op_registry._TORCH_OPS_REGISTRY``, tried with coremltools 9.0.
    """
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

    example = trial.example()
    found: set[int] = set()
    by_rank = "supports tensors with rank" in str(trial.error)
    for node in trace(example.model(), example.inputs()).inlined_graph.nodes():
        if by_rank:
            if _rank(node.outputs()) > 5 >= _rank(node.inputs()):
                found.update(int(line) for line in re.findall(rf"{example.path.name}\((\d+)\)", node.sourceRange())[:1])
            continue
        name = node.kind().split("::")[-1].rstrip("_")
        lines = re.findall(rf"{re.escape(example.path.name)}\((\d+)\)", node.sourceRange())
        if lines and (node.kind().startswith("aten::") or node.kind() == "prim::PythonOp"):
            known = name in _TORCH_OPS_REGISTRY
            if not known or re.search(rf"\b{name}\b", str(trial.error)):
                found.add(int(lines[0]))
    return found


def _rank(values: Iterable[Any]) -> int:
    """The most dimensions that one of some values of a traced graph has."""
    kinds = [value.type() for value in values]
    return max((kind.dim() or 0 for kind in kinds if isinstance(kind, torch._C.TensorType)), default=0)


@contextlib.contextmanager
def _recorded(path: Path) -> Iterator[list[tuple[int, Any]]]:
    """What ``torch.jit.trace`` and ``torch.jit.script`` made for the file PATH, and the line that called them."""
    programs: list[tuple[int, Any]] = []
    originals = {name: getattr(torch.jit, name) for name in ("trace", "script")}

    def recording(name: str) -> Callable[..., Any]:
        def record(*args: Any, **kwargs: Any) -> Any:
            program = originals[name](*args, **kwargs)
            caller = sys._getframe(1)
            if Path(caller.f_code.co_filename) == path:
                programs.append((caller.f_lineno, program))
            return program

        return record

    try:
        for name in originals:
            setattr(torch.jit, name, recording(name))
        yield programs
    finally:
        for name, original in originals.items():
            setattr(torch.jit, name, original)


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
