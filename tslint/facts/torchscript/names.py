"""What names stand for: PyTorch's and Python's things, and the file's own."""

from __future__ import annotations

import builtins
import math

import libcst as cst

from tslint.facts.building.values import Function, Known, Library, ModuleValue, Value
from tslint.facts.torchscript import tables, types
from tslint.facts.torchscript.attributes import (
    decorators,
    failed,
    is_ignored,
    type_of,
)
from tslint.facts.torchscript.compiler import Compiler, Definition, Stop
from tslint.facts.torchscript.values import (
    OPEN,
    CastS,
    ClassS,
    ExceptionS,
    FunctionS,
    LibraryS,
    OperatorS,
    PythonModuleS,
    PythonS,
    Simple,
    SpecialS,
    Sugared,
    simple,
)

FORMS = frozenset(["print", "tuple", "getattr", "hasattr", "isinstance", "list", "dict", "range", "zip", "enumerate"])
OPERATORS = {
    "len": "aten::len", "hex": "aten::hex", "oct": "aten::oct", "round": "aten::round", "hash": "aten::hash",
    "id": "prim::id", "min": "prim::min", "max": "prim::max", "abs": "prim::abs", "all": "aten::all", "any": "aten::any",
    "divmod": "aten::divmod", "sum": "aten::sum", "ord": "aten::ord", "chr": "aten::chr", "bin": "aten::bin",
    "pow": "aten::pow", "complex": "aten::complex", "sorted": "aten::sorted",
}  # fmt: skip
CASTS = {
    "float": CastS(types.FLOAT, "aten::Float"),
    "int": CastS(types.INT, "aten::Int"),
    "bool": CastS(types.BOOL, "aten::Bool"),
    "str": CastS(types.STR, "aten::str"),
}
DTYPES = frozenset(
    [
        "float32",
        "float16",
        "float64",
        "bfloat16",
        "float",
        "half",
        "double",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "int",
        "long",
        "short",
        "bool",
        "complex64",
        "complex128",
        "qint8",
        "quint8",
        "cfloat",
        "cdouble",
        "strided",
        "sparse_coo",
        "contiguous_format",
        "channels_last",
        "channels_last_3d",
        "preserve_format",
        "uint16",
        "uint32",
        "uint64",
    ]
)
LEGACY = frozenset(
    [
        "BoolTensor",
        "LongTensor",
        "ByteTensor",
        "CharTensor",
        "DoubleTensor",
        "FloatTensor",
        "IntTensor",
        "ShortTensor",
        "HalfTensor",
    ]
)
CONSTANTS = {
    "math.pi": math.pi, "math.e": math.e, "math.inf": math.inf, "math.tau": math.tau, "math.nan": math.nan,
    "numpy.pi": math.pi, "numpy.inf": math.inf, "numpy.e": math.e, "torch.pi": math.pi, "torch.inf": math.inf,
    "torch.nan": math.nan, "torch.e": math.e,
}  # fmt: skip
JIT = {
    "torch.jit.annotate": SpecialS("annotate"),
    "torch.jit.isinstance": SpecialS("isinstance"),
    "torch.jit.is_scripting": OperatorS("aten::is_scripting"),
    "torch.jit._unwrap_optional": OperatorS("aten::_unwrap_optional"),
}
MODULES = frozenset(
    {"torch", "torch.nn", "torch.nn.functional", "torch.jit", "math", "numpy", "torch.linalg", "torch.fft"}
)
PYTHON_ONLY = frozenset(
    [
        "numpy",
        "random",
        "time",
        "os",
        "sys",
        "scipy",
        "cv2",
        "PIL",
        "copy",
        "itertools",
        "functools",
        "re",
        "json",
        "pickle",
        "glob",
        "shutil",
        "subprocess",
        "datetime",
        "statistics",
        "operator",
        "string",
        "collections",
        "inspect",
        "types",
    ]
)
"""Libraries whose functions are no TorchScript: nothing of them compiles, or is a builtin."""
VARIADIC_LIBRARY = frozenset(
    {"einops.rearrange", "einops.reduce", "einops.repeat", "einops.einsum", "einops.parse_shape"}
)
"""Functions that take any number of keywords, which the compiler refuses."""
CLASSES_WITHOUT_INIT = frozenset({"torch.autograd.Variable", "torch.autograd.variable.Variable"})
EXCEPTIONS = frozenset(
    name
    for name in dir(builtins)
    if isinstance(getattr(builtins, name), type) and issubclass(getattr(builtins, name), BaseException)
)
TYPES = frozenset(name for name in dir(builtins) if isinstance(getattr(builtins, name), type)) - EXCEPTIONS
BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_")) - TYPES - EXCEPTIONS
TENSOR_CASTS = frozenset(["byte", "char", "double", "float", "cfloat", "cdouble", "int", "long", "short", "half"])


def global_value(compiler: Compiler, definition: Definition, node: cst.Name) -> Sugared:
    """A name that is no variable of the function. Raises Stop where it is undefined."""
    name = node.value
    if name in FORMS:
        return SpecialS(name)
    if name in OPERATORS:
        return OperatorS(OPERATORS[name])
    if name in CASTS:
        return CASTS[name]
    if definition.names is not None and name not in BUILTINS | TYPES | EXCEPTIONS:
        found = definition.names.get(name)
        if found is None and definition.lost:
            raise Stop  # said of the first name: one decorator is to blame for all of them
        if found is None:
            definition.lost = True
            raise compiler.stop(node, "decorated-name", name=name)
        return found
    qualified = compiler.names.qualified(node)
    binding = compiler.names.definition(node)
    if qualified is not None:
        found = library_value(qualified)
        assigned = binding is not None and binding.value is not None
        if assigned and type(found) is Simple:
            what = "dtype" if qualified.startswith("torch.") else types.written(found.type)
            return PythonS(what, "captured-global", name)
        return found
    if binding is None:
        return OPEN
    if type(binding.node) is cst.FunctionDef:
        return function_value(compiler, binding.node)
    if type(binding.node) is cst.ClassDef:
        return class_value(compiler, binding.node)
    if binding.value is None or compiler.names.scope(binding.node) is not compiler.machine.tree.module:
        return OPEN
    return captured(compiler, node, compiler.machine.global_name(node))


def captured(compiler: Compiler, node: cst.Name, value: Value) -> Sugared:
    """A variable of the module: its value is none of TorchScript's, whatever it is."""
    if type(value) is Known and value.value is None:
        raise compiler.stop(node, "captured-global", name=node.value, type="None")
    if isinstance(value, ModuleValue):
        return PythonS("module", "captured-global", node.value)
    if type(value) is Library:
        if value.name in ("builtins.True", "builtins.False"):
            return PythonS("bool", "captured-global", node.value)
        found = library_value(value.name)
        return PythonS("dtype", "captured-global", node.value) if type(found) is Simple else found
    if type(value) is Function:
        if type(value.node) is cst.FunctionDef:
            return function_value(compiler, value.node)
        return PythonS("function", "lambda", node.value)
    kind = type_of(value)
    if kind is types.UNKNOWN:
        return OPEN
    what = types.written(kind) if kind is not None else failed(value) or "object"
    return PythonS(what, "captured-global", node.value)


def function_value(compiler: Compiler, node: cst.FunctionDef) -> Sugared:
    if is_ignored(node):
        return OPEN
    marks = decorators(compiler.names, node)
    if any(mark not in ("torch.jit.script", "torch.jit.export", "builtins.staticmethod") for mark in marks):
        return OPEN
    return FunctionS(node)


def class_value(compiler: Compiler, node: cst.ClassDef) -> Sugared:
    for base in node.bases:
        name = compiler.names.qualified(base.value) if type(base.value) in (cst.Name, cst.Attribute) else None
        if name is not None and name.rpartition(".")[2] in EXCEPTIONS:
            return ExceptionS()
    return ClassS(node.name.value, node, node in compiler.machine.classes.by_node)


def library_value(name: str) -> Sugared:
    """A library's thing, by its qualified name."""
    if name in CONSTANTS:
        return Simple(types.FLOAT, CONSTANTS[name])
    if name == "numpy.newaxis":
        return Simple(types.NONE, None)
    if name in JIT:
        return JIT[name]
    head, _, last = name.rpartition(".")
    if head == "builtins":
        return _builtin(last)
    if head == "torch" and last in DTYPES:
        return simple(types.INT)
    if head == "torch" and last in LEGACY:
        return SpecialS("legacy")
    if name in MODULES:
        return PythonModuleS(name)
    if name in VARIADIC_LIBRARY:
        return PythonS("function", "unsupported-call", name)
    if name in CLASSES_WITHOUT_INIT:
        return ClassS(name)
    known = tables.function(name)
    if known is not None:
        return _of_table(name, known)
    top = name.partition(".")[0]
    if top == "torch":
        return _of_torch(name, head, last)
    if name in ("collections.OrderedDict",):
        return SpecialS("dict")
    if name == "warnings.warn":
        return OperatorS("aten::warn")
    if top in ("math", "cmath") or (top in PYTHON_ONLY and head):
        return PythonS("function", "unsupported-call", name)
    return OPEN


def _of_table(name: str, known: tables.Library) -> Sugared:
    if known.kind == "op":
        return OperatorS(known.operator)
    if known.kind == "builtin":
        return PythonS("builtin_function_or_method", "unsupported-call", name)
    return LibraryS(name, known)


def _of_torch(name: str, head: str, last: str) -> Sugared:
    if head == "torch.nn" and last[:1].isupper() and last not in ("Parameter", "Module"):
        return ClassS(name, None, True)
    if name in ("torch.nn.Parameter", "torch.Size"):
        return ClassS(name)
    if name == "torch.set_grad_enabled":
        return PythonS("type", "unsupported-call", name)
    return OPEN


def _builtin(name: str) -> Sugared:
    if name in FORMS:
        return SpecialS(name)
    if name in OPERATORS:
        return OperatorS(OPERATORS[name])
    if name in CASTS:
        return CASTS[name]
    if name in EXCEPTIONS:
        return ExceptionS()
    if name == "super":
        return SpecialS("super")
    if name in TYPES:
        return PythonS("type", "unsupported-call", name)
    return PythonS("builtin_function_or_method", "unsupported-call", name)
