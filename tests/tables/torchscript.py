"""What the installed TorchScript knows: operators, functions and layers, as text that the facts read without PyTorch.

    python tests/tables/make.py

writes the tables anew. Everything in them is asked of the installed torch: operators from its registry, functions and layers
by scripting them.
"""

from __future__ import annotations

import cmath
import contextlib
import inspect
import math
import os
import re
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn as nn
from torch.jit._builtins import _find_builtin
from torch.jit._recursive import ConcreteTypeStore

LETTERS = re.compile(r"\((?:[a-z!*|]|\s*->\s*)+\)")
"""Alias annotations of a schema: ``Tensor(a!)``, ``t(b -> *)``."""

PRIVATE = ("_test", "_foreach", "_fused", "_nested", "_amp", "_cudnn", "_sparse", "_autocast", "_fft", "_linalg")
"""Operators that no code names."""

NAMESPACES: dict[str, Any] = {
    "torch": torch,
    "torch.nn.functional": torch.nn.functional,
    "torch.linalg": torch.linalg,
    "torch.fft": torch.fft,
    "torch.special": torch.special,
    "torch.nn.init": torch.nn.init,
    "math": math,
    "cmath": cmath,
}


def plain(text: str) -> str:
    """A schema or type without aliases, symbolic sizes and dimensions by name."""
    text = LETTERS.sub("", text)
    text = text.replace("SymInt", "int").replace("SymBool", "bool").replace("Dimname", "str")
    for name in ("ScalarType", "MemoryFormat", "Layout", "QScheme"):
        text = re.sub(rf"\b{name}\b", "int", text)
    return text


def operators() -> list[str]:
    """``name <tab> schema | schema …`` for every operator that code can name, in the order in which overloads are tried."""
    names = sorted({s.name for s in torch._C._jit_get_all_schemas()})
    lines = []
    for name in names:
        space, _, short = name.partition("::")
        if space not in ("aten", "prim") or short.endswith(("_backward", "_jvp")) or short.startswith(PRIVATE):
            continue
        found = []
        for schema in torch._C._jit_get_schemas_for_operator(name):
            text = str(schema)
            if re.search(r"Tensor\(a!\) out|, \*, Tensor\(\w!\)", text) or "overload_name" in text:
                continue
            if (schema.name, schema.overload_name) == ("aten::view", "dtype"):
                continue  # TorchScript never takes it
            found.append(plain(text.partition("(")[2]))
        if found:
            lines.append(f"{name}\t" + " | ".join(dict.fromkeys(f"({text}" for text in found)))
    return lines


@contextlib.contextmanager
def fresh() -> Iterator[None]:
    """A failed attempt leaves half a class behind, which the next one would meet."""
    torch.jit._recursive.concrete_type_store = ConcreteTypeStore()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def first(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def written(kind: Any) -> str:
    """A type as an annotation writes it."""
    return re.sub(r"__torch__\.[\w.]*\.", "", kind.annotation_str).replace("NoneType", "None")


def signature(schema: Any) -> str:
    """``(self-less schema)`` of a compiled function or method; ``?`` behind an argument whose type was only assumed."""
    arguments = []
    for argument in schema.arguments:
        if argument.name == "self" and "__torch__" in str(argument.type):
            continue
        kind = written(argument.type)
        if argument.N is not None:
            kind = kind.replace("List[int]", f"int[{argument.N}]").replace("List[float]", f"float[{argument.N}]")
        text = f"{kind} {argument.name}"
        if argument.has_default_value():
            text += f"={argument.default_value!r}"
        arguments.append(text)
    returned = [written(r.type) for r in schema.returns]
    return f"({', '.join(arguments)}) -> {returned[0] if len(returned) == 1 else '(' + ', '.join(returned) + ')'}"


def function_line(name: str, value: Any) -> str | None:
    """What TorchScript makes of a function of a library: an operator, compiled code, a dispatch on a flag, or nothing."""
    builtin = _find_builtin(value)
    if builtin is not None:
        return f"{name}\top {builtin}"
    dispatched = torch._jit_internal._try_get_dispatched_fn(value)
    if dispatched is not None:
        parts = [compiled(dispatched["if_true"]), compiled(dispatched["if_false"])]
        flag = f"{dispatched['arg_name']} {dispatched['index']} {dispatched['default']}"
        return f"{name}\tdispatch {flag}\t" + "\t".join(parts)
    if isinstance(value, types.FunctionType):
        overloads = torch.jit._script._get_overloads(value)
        if overloads:
            return f"{name}\tfn " + " | ".join(signature(overload.schema) for overload in overloads)
        return f"{name}\t{compiled(value)}"
    if inspect.isbuiltin(value):
        return f"{name}\tbuiltin"
    return None


def apart(function: Callable[[], str]) -> str:
    """What FUNCTION returns in a process of its own: compiling some of torch's own functions ends it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, function().encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read().decode()
    os.waitpid(child, 0)
    return text or "refused the compiler dies of it"


def compiled(function: Any) -> str:
    return apart(lambda: _compiled(function))


def _compiled(function: Any) -> str:
    with fresh():
        try:
            script = torch.jit.script(function)
            return f"fn {signature(script.schema)}"
        except Exception as error:
            return f"refused {first(error)}"


def functions() -> list[str]:
    lines = []
    for space, module in NAMESPACES.items():
        for name in sorted(dir(module)):
            if name.startswith("_") and name not in ("_assert",):
                continue
            value = getattr(module, name, None)
            if isinstance(value, types.ModuleType) or (isinstance(value, type) and _find_builtin(value) is None):
                continue
            if getattr(value, "__module__", None) in ("typing", "typing_extensions"):
                continue
            line = function_line(f"{space}.{name}", value) if callable(value) else None
            if line is not None:
                lines.append(line)
    return lines


# -- tensors -----------------------------------------------------------------------------------------------------------


def properties() -> list[str]:
    """``name <tab> type | refused``: what is read off a tensor without a call."""
    lines = []
    for name in sorted(dir(torch.Tensor)):
        if name.startswith("_") or callable(getattr(torch.Tensor, name)):
            continue
        source = f"def read(x):\n    return x.{name}\n"
        with fresh():
            try:
                unit = torch.jit.CompilationUnit(source)
                lines.append(f"{name}\t{written(unit.read.schema.returns[0].type)}")
            except Exception:
                lines.append(f"{name}\trefused")
    return lines


def members() -> list[str]:
    """What any tensor can be asked for."""
    return [name for name in sorted(dir(torch.Tensor)) if not name.startswith("_")]


# -- layers ------------------------------------------------------------------------------------------------------------

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "Linear": (4, 4), "Bilinear": (4, 4, 4), "Embedding": (8, 4), "EmbeddingBag": (8, 4), "RNN": (4, 4), "LSTM": (4, 4),
    "GRU": (4, 4), "RNNCell": (4, 4), "LSTMCell": (4, 4), "GRUCell": (4, 4), "LayerNorm": (4,), "RMSNorm": (4,),
    "GroupNorm": (2, 4),
    "MultiheadAttention": (4, 2), "Transformer": (4, 2, 1, 1, 8), "TransformerEncoderLayer": (4, 2),
    "TransformerDecoderLayer": (4, 2), "Threshold": (0.5, 0.0), "Unflatten": (1, (2, 2)), "Upsample": (None, 2.0),
    "UpsamplingNearest2d": (None, 2.0), "UpsamplingBilinear2d": (None, 2.0), "PixelShuffle": (2,), "PixelUnshuffle": (2,),
    "ChannelShuffle": (2,),
    "Fold": (4, 2), "Unfold": (2,), "LocalResponseNorm": (2,), "CrossMapLRN2d": (2,), "LPPool1d": (2.0, 2), "LPPool2d": (2.0, 2),
    "LPPool3d": (2.0, 2),
    "FractionalMaxPool2d": (2, 2), "FractionalMaxPool3d": (2, 2), "NLLLoss2d": (), "AdaptiveLogSoftmaxWithLoss": (4, 8, [4]),
    "ConstantPad1d": (1, 0.0), "ConstantPad2d": (1, 0.0), "ConstantPad3d": (1, 0.0),
    "NonDynamicallyQuantizableLinear": (4, 4), "SyncBatchNorm": (4,), "Softmax": (1,), "LogSoftmax": (1,), "Softmin": (1,),
}  # fmt: skip
FLOATS: dict[str, tuple[str, ...]] = {
    "float": ("p", "dropout", "eps", "momentum", "negative_slope", "alpha", "beta", "lambd", "min_val", "max_val", "lower",
              "upper", "threshold", "value", "margin", "label_smoothing", "reduction", "k", "theta", "norm_type", "delta")
}  # fmt: skip


def default_arguments(name: str) -> tuple[Any, ...] | None:
    if name in ARGUMENTS:
        return ARGUMENTS[name]
    if re.match(r"(Lazy)?(Conv|ConvTranspose)\dd$", name):
        return None if name.startswith("Lazy") else (4, 4, 1)
    if re.match(r"(BatchNorm|InstanceNorm)\dd$", name):
        return (4,)
    if re.match(r"(Max|Avg)(Un)?[pP]ool\dd$", name) or "Pad" in name:
        return (2,)
    if re.match(r"Adaptive(Max|Avg)Pool\dd$", name):
        return (1,)
    return ()


def layers() -> list[str]:
    """``name <tab> fn schema | refused … <tab> attribute:type …`` for every layer; floats: parameters that an int spoils."""
    lines = []
    for name in sorted(dir(nn)):
        cls = getattr(nn, name)
        if not (isinstance(cls, type) and issubclass(cls, nn.Module)) or name in ("Module", "Container"):
            continue
        arguments = default_arguments(name)
        if arguments is None or name in ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"):
            continue
        try:
            module = made(cls, arguments)
        except Exception:
            continue
        lines.append(f"{name}\t{layer(module)}\t{attributes(module)}\t{' '.join(spoiled(cls, arguments))}")
    return lines


def made(cls: type[nn.Module], arguments: tuple[Any, ...], **more: Any) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if cls in (nn.TransformerEncoder, nn.TransformerDecoder):
            inner = (
                nn.TransformerEncoderLayer(4, 2) if cls is nn.TransformerEncoder else nn.TransformerDecoderLayer(4, 2)
            )
            return cls(inner, 1)
        return cls(*arguments, **more).eval()


def scripted(module: nn.Module) -> Any:
    with fresh():
        return torch.jit.script(module)


def layer(module: nn.Module) -> str:
    try:
        script = scripted(module)
    except Exception as error:
        return f"refused {first(error)}"
    methods = [n for n in script._c._method_names() if n == "forward" or n.startswith("forward__")]
    return "fn " + " | ".join(signature(script._c._get_method(n).schema) for n in sorted(methods))


def attributes(module: nn.Module) -> str:
    try:
        script = scripted(module)
    except Exception:
        return ""
    concrete = script._concrete_type
    found = {name: written(kind) for name, (kind, _) in concrete.get_attributes().items()}
    found |= {name: constant(value) for name, value in concrete.get_constants().items()}
    found |= {name: "module" for name, _ in concrete.get_modules()}
    own = sorted((name, kind) for name, kind in found.items() if name not in ("training", "_is_full_backward_hook"))
    return ";".join(f"{name}:{kind}" for name, kind in own)


def constant(value: Any) -> str:
    return (
        f"={value!r}"
        if isinstance(value, (bool, int, float, str, type(None)))
        else written(torch._C._jit_try_infer_type(value).type())
    )


def spoiled(cls: type[nn.Module], arguments: tuple[Any, ...]) -> list[str]:
    """The parameters of a constructor for which a float works and the same whole number as an int does not."""
    found = []
    try:
        parameters = list(inspect.signature(cls.__init__).parameters)[1:]
    except ValueError:
        return []
    for index, name in enumerate(parameters):
        if name not in FLOATS["float"]:
            continue
        answers = []
        for value in (1.0, 1):
            given = tuple(value if i == index else a for i, a in enumerate(arguments))
            more = {} if index < len(arguments) else {name: value}
            try:
                module = made(cls, given, **more)
                scripted(module)
                answers.append(True)
            except Exception:
                answers.append(False)
        if answers == [True, False]:
            found.append(name)
    return found
