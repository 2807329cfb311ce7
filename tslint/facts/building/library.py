"""What constructors call that is not in the file: Python's own functions, PyTorch's, and the methods of values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import libcst as cst

from tslint.facts.building.builtins import BUILTINS
from tslint.facts.building.machine import Frame, Machine
from tslint.facts.building.methods import call_method
from tslint.facts.building.modules import CONTAINERS, call_module_method, fill
from tslint.facts.building.operations import computed, plain
from tslint.facts.building.values import (
    NONE,
    UNKNOWN,
    Arguments,
    Known,
    Layer,
    Library,
    ModuleValue,
    Object,
    Partial,
    TensorValue,
    Unknown,
    Value,
)
from tslint.facts.classes import is_library_module

CONSTANT_VALUES: dict[str, Value] = {
    "math.pi": Known(math.pi), "math.e": Known(math.e), "math.inf": Known(math.inf), "math.tau": Known(math.tau),
    "numpy.pi": Known(math.pi), "numpy.inf": Known(math.inf), "numpy.newaxis": NONE, "torch.pi": Known(math.pi),
    "torch.inf": Known(math.inf),
}  # fmt: skip
HOOKS = {
    "torch.nn.utils.spectral_norm": "SpectralNorm",
    "torch.nn.utils.weight_norm": "WeightNorm",
    "torch.nn.utils.weight_norm.weight_norm": "WeightNorm",
    "torch.nn.utils.spectral_norm.spectral_norm": "SpectralNorm",
}
PARAMETRIZED = frozenset(
    {"torch.nn.utils.parametrizations.spectral_norm", "torch.nn.utils.parametrizations.weight_norm"}
)
PLAIN_RESULTS = {
    "builtins.int": "int", "builtins.float": "float", "builtins.len": "int", "builtins.str": "str",
    "builtins.bool": "bool", "builtins.round": "int", "builtins.isinstance": "bool", "builtins.hasattr": "bool",
    "builtins.callable": "bool", "builtins.any": "bool", "builtins.all": "bool", "builtins.issubclass": "bool",
    "math.ceil": "int", "math.floor": "int", "math.isqrt": "int", "math.gcd": "int", "builtins.ord": "int",
    "torch.is_tensor": "bool", "torch.cuda.is_available": "bool", "torch.cuda.device_count": "int",
    "builtins.format": "str", "builtins.repr": "str", "builtins.input": "str",
}  # fmt: skip
TENSOR_MAKERS = frozenset(
    [
        "zeros",
        "ones",
        "empty",
        "rand",
        "randn",
        "tensor",
        "full",
        "arange",
        "linspace",
        "eye",
        "as_tensor",
        "from_numpy",
        "randint",
        "zeros_like",
        "ones_like",
        "Tensor",
        "FloatTensor",
        "LongTensor",
        "IntTensor",
        "BoolTensor",
        "cat",
        "stack",
        "meshgrid",
        "where",
        "exp",
        "sin",
        "cos",
        "sqrt",
        "outer",
        "triu",
        "tril",
        "logspace",
        "einsum",
        "concat",
        "normal",
        "sparse_coo_tensor",
    ]
)
PURE: dict[str, Callable[..., Any]] = {
    "builtins.int": int, "builtins.float": float, "builtins.str": str, "builtins.bool": bool, "builtins.abs": abs,
    "builtins.round": round, "builtins.pow": pow, "builtins.divmod": divmod, "builtins.ord": ord, "builtins.chr": chr,
    **{f"math.{name}": getattr(math, name) for name in (
        "sqrt", "ceil", "floor", "log", "log2", "log10", "exp", "pow", "isqrt", "gcd", "sin", "cos", "tan", "tanh", "prod")},
    "numpy.sqrt": math.sqrt, "numpy.log2": math.log2,
}  # fmt: skip


# -- calls -------------------------------------------------------------------------------------------------------------


def call_library(
    machine: Machine, frame: Frame, node: cst.Call | None, function: Library, arguments: Arguments
) -> Value:
    """The value of calling something of a library, or a method of a value."""
    name = function.name
    head, _, last = name.rpartition(".")
    owner = function.owner
    if owner is not None:
        if head == "torch.nn.Module":
            return call_module_method(machine, node, owner, last, arguments)
        return call_method(machine, owner, last, arguments)
    if name in BUILTINS:
        return BUILTINS[name](machine, frame, arguments)
    if name in HOOKS or name in PARAMETRIZED:
        module = arguments.get(0, "module") or UNKNOWN
        if isinstance(module, ModuleValue):
            module.hooked = HOOKS.get(name, "parametrized")
        return module
    if name in PURE:
        return _pure(name, arguments)
    if name in PLAIN_RESULTS:
        return Unknown(PLAIN_RESULTS[name])
    if name in ("torch.nn.Parameter", "torch.nn.parameter.Parameter"):
        return TensorValue("parameter")
    if name == "torch.nn.Buffer":
        return TensorValue("buffer")
    if name == "functools.partial" and arguments.positional:
        return Partial(
            arguments.positional[0], Arguments(arguments.positional[1:], arguments.keywords, arguments.exact)
        )
    if name in ("copy.deepcopy", "copy.copy"):
        return arguments.get(0, "x") or UNKNOWN
    if is_library_module(name):
        return _layer(name, arguments, node)
    if head in ("torch", "torch.nn.functional") and (
        last in TENSOR_MAKERS or any(type(a) is TensorValue for a in arguments.positional)
    ):
        return TensorValue()
    if name == "torch.device":
        return Object("torch.device")
    if last[:1].isupper() and not name.startswith("torch."):
        return Object(name, None, arguments)
    return UNKNOWN


def _layer(name: str, arguments: Arguments, node: cst.CSTNode | None) -> Value:
    layer = Layer(name, arguments, node)
    if layer.short in CONTAINERS:
        fill(layer, layer.short, arguments)
    elif layer.short in ("DataParallel", "DistributedDataParallel"):
        layer.add(arguments.get(0, "module") or UNKNOWN, "module")
    return layer


def _pure(name: str, arguments: Arguments) -> Value:
    function = PURE[name]
    values = [plain(a) for a in arguments.positional]
    result = PLAIN_RESULTS.get(name, "float" if name.startswith(("math.", "numpy.")) else None)
    if not arguments.keywords and arguments.exact and all(v is not None for v in values):
        found = computed(function, *(v[0] for v in values if v is not None))
        if type(found) is not Unknown:
            return found
    if any(type(a) is TensorValue for a in arguments.positional):
        return UNKNOWN
    return Unknown(result)


# -- Python's own functions ----------------------------------------------------------------------------------------------
