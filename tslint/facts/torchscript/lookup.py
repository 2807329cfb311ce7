"""What names and attributes stand for: PyTorch's and Python's things, the file's own, a module's, a value's."""

from __future__ import annotations

import builtins
import math

import libcst as cst

from tslint.facts.building.values import Built, Function, Known, Layer, Library, ModuleValue, Value
from tslint.facts.torchscript import tables, types
from tslint.facts.torchscript.attributes import (
    annotated_type,
    constants,
    decorators,
    failed,
    is_ignored,
    sugared_of,
    type_of,
)
from tslint.facts.torchscript.compiler import Compiler, Definition
from tslint.facts.torchscript.iteration import container_kind, keys, members
from tslint.facts.torchscript.schemas import MISSING, _bind, substituted
from tslint.facts.torchscript.types import Type
from tslint.facts.torchscript.values import (
    OPEN,
    OPEN_VALUE,
    CastS,
    ClassS,
    ExceptionS,
    FunctionS,
    IteratorS,
    LibraryS,
    MethodS,
    ModuleS,
    Open,
    OperatorS,
    PythonModuleS,
    PythonS,
    Simple,
    SpecialS,
    Sugared,
    TreeS,
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
ITERATORS = frozenset({"modules", "children", "named_modules", "named_children", "named_buffers"})


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
        if found is None:
            raise compiler.stop(node, "decorated-name", name=name)
        return found
    qualified = compiler.names.qualified(node)
    if qualified is not None:
        return library_value(qualified)
    binding = compiler.names.definition(node)
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


# -- attributes ----------------------------------------------------------------------------------------------------------


def attribute(compiler: Compiler, definition: Definition, node: cst.Attribute) -> Sugared:
    """``value.name``. Raises Stop where there is no such attribute."""
    root: cst.BaseExpression = node
    while type(root) is cst.Attribute:
        root = root.value
    if type(root) is cst.Name and definition.scope.find(root.value) is None and definition.names is None:
        qualified = compiler.names.qualified(node)
        if qualified is not None:
            return library_value(qualified)
    found = compiler.sugared(definition, node.value)
    return attribute_of(compiler, node, found, node.attr.value)


def attribute_of(compiler: Compiler, node: cst.CSTNode, found: Sugared, name: str) -> Sugared:
    kind = type(found)
    if kind is ModuleS:
        assert type(found) is ModuleS
        return of_module(compiler, node, found.value, name)
    if kind is Simple:
        assert type(found) is Simple
        return of_value(compiler, node, found, name)
    if kind is PythonModuleS:
        assert type(found) is PythonModuleS
        return library_value(f"{found.name}.{name}")
    if kind is PythonS:
        assert type(found) is PythonS
        raise compiler.stop(node, found.reason, name=found.name or name, type=found.what)
    if kind is ClassS:
        assert type(found) is ClassS
        return _of_class_value(compiler, node, found, name)
    if kind is SpecialS and found.form in ("super", "super object"):  # type: ignore[attr-defined]
        raise compiler.stop(node, "super-call", name=name)
    if kind is LibraryS and found.library.kind == "refused":  # type: ignore[attr-defined]
        return OPEN
    if kind in (FunctionS, MethodS, OperatorS, LibraryS):
        raise compiler.stop(node, "function-as-value", name=name)
    return OPEN


def _of_class_value(compiler: Compiler, node: cst.CSTNode, found: ClassS, name: str) -> Sugared:
    """``Class.name``: a static method is a function, anything else no value of TorchScript's."""
    cls = compiler.machine.classes.by_node.get(found.node) if type(found.node) is cst.ClassDef else None
    if cls is None:
        return OPEN
    method = cls.method(name)
    if method is not None:
        return FunctionS(method) if "builtins.staticmethod" in decorators(compiler.names, method) else OPEN
    if cls.constant(name) is not None:
        raise compiler.stop(node, "captured-global", name=f"{found.name}.{name}", type="class attribute")
    return OPEN


def of_module(compiler: Compiler, node: cst.CSTNode, value: Built | Layer, name: str) -> Sugared:
    if name == "training":
        return simple(types.BOOL)
    special = _container_attribute(value, name)
    if special is not None:
        return special
    if type(value) is Layer:
        return _of_layer(compiler, node, value, name)
    assert type(value) is Built
    slot = value.attributes.get(name)
    if slot is not None:
        if not slot.certain:
            return OPEN
        return _of_slot(compiler, node, value, name, slot.value)
    if name in value.members:
        return sugared_of(value.members[name])
    method = value.cls.method(name)
    if method is not None:
        return _of_method(compiler, node, value, method)
    return _of_class(compiler, node, value, name)


def _container_attribute(value: Built | Layer, name: str) -> Sugared | None:
    kind = container_kind(value)
    if kind == "dict" and name in ("items", "keys", "values"):
        tree = TreeS()
        tree.children = [keys(value), members(value)]
        tree.static = len(value.members) if value.exact else max(len(value.members), 1)
        return IteratorS(tree if name == "items" else keys(value) if name == "keys" else members(value))
    if name in ITERATORS and not (type(value) is Built and value.cls.method(name) is not None):
        return OPEN
    return None


def _of_slot(compiler: Compiler, node: cst.CSTNode, owner: Built, name: str, value: Value) -> Sugared:
    if type(value) is Function and type(value.node) is cst.FunctionDef and value.owner is None:
        return function_value(compiler, value.node)
    annotated = annotated_type(compiler, owner, name)
    if annotated is not None and not isinstance(value, ModuleValue):
        if name in constants(compiler, owner) and type(value) is Known:
            return Simple(type_of(value) or types.UNKNOWN, value.value)
        return Simple(annotated)
    why = failed(value)
    if why is not None:
        raise compiler.stop(node, "untyped-attribute", name=name, type=why, cls=owner.cls.name)
    if type(value) is Known and name in constants(compiler, owner):
        return Simple(type_of(value) or types.UNKNOWN, value.value)
    return sugared_of(value)


def _of_method(compiler: Compiler, node: cst.CSTNode, owner: Built, method: cst.FunctionDef) -> Sugared:
    marks = decorators(compiler.names, method)
    if "builtins.property" in marks:
        compiled = compiler.method(owner, method)
        return Simple(compiled.schema.returns) if compiled.schema is not None else OPEN_VALUE
    if is_ignored(method):
        return OPEN
    if "builtins.staticmethod" in marks:
        return FunctionS(method)
    return MethodS(method, owner)


def _of_class(compiler: Compiler, node: cst.CSTNode, owner: Built, name: str) -> Sugared:
    """What ``__init__`` does not set: a class attribute (which scripting does not see), or nothing at all."""
    constant = owner.cls.constant(name)
    if constant is not None:
        if name in constants(compiler, owner):
            value = compiler.machine.module_value(constant)
            return Simple(type_of(value) or types.UNKNOWN, value.value if type(value) is Known else MISSING)
        raise compiler.stop(node, "class-attribute", name=name, cls=owner.cls.name)
    if owner.base is not None:
        return _of_layer(compiler, node, owner.base, name)
    if owner.dynamic or owner.cls.inherits_library:
        return OPEN
    if name in MODULE_API:
        raise compiler.stop(node, "module-method", name=name)
    if any(name in cls.annotations for cls in owner.cls.lineage):
        return OPEN
    raise compiler.stop(node, "missing-attribute", name=name, cls=owner.cls.name)


MODULE_API = frozenset(
    [
        "parameters",
        "named_parameters",
        "buffers",
        "train",
        "eval",
        "apply",
        "to",
        "cuda",
        "cpu",
        "half",
        "float",
        "double",
        "state_dict",
        "zero_grad",
        "requires_grad_",
        "register_buffer",
        "register_parameter",
        "add_module",
        "load_state_dict",
        "type",
        "share_memory",
        "get_submodule",
        "get_parameter",
        "get_buffer",
        "_modules",
        "_parameters",
        "_buffers",
        "__class__",
        "__dict__",
        "__module__",
        "extra_repr",
        "_get_name",
        "register_forward_hook",
        "register_forward_pre_hook",
        "__call__",
        "forward",
    ]
)


def _of_layer(compiler: Compiler, node: cst.CSTNode, value: Layer, name: str) -> Sugared:
    if name in value.members:
        return sugared_of(value.members[name])
    if not value.name.startswith("torch.nn."):
        return OPEN
    if name == "forward":
        return IteratorS(ModuleS(value))
    table = tables.layer(value.short)
    if table is None:
        return OPEN
    text = table.attributes.get(name)
    if text is not None:
        kind, literal = tables.layer_attribute(text)
        # What another construction may set otherwise is not known: None against a tensor, a flag, a number.
        if kind is types.NONE or kind.kind == "Optional" or kind is types.BOOL:
            return OPEN_VALUE
        return Simple(kind) if literal is ... or not isinstance(literal, str) else OPEN_VALUE
    if name in MODULE_API:
        raise compiler.stop(node, "module-method", name=name)
    return OPEN


def of_value(compiler: Compiler, node: cst.CSTNode, value: Simple, name: str) -> Sugared:
    """An attribute or method of a first-class value."""
    kind = value.type
    if kind is types.UNKNOWN or kind.kind in ("Class", "opaque", "Any", "Union", "Generator", "Stream", "Future"):
        return OPEN
    if kind.kind == "Tensor":
        if name in TENSOR_CASTS:
            return CastS(types.TENSOR, "", value)
        text = tables.properties().get(name)
        if text is not None and text != "refused":
            return simple(tables.read_type(text))
        if name == "tolist":
            return SpecialS("tolist", value)
    if kind.kind == "Device" and name in ("type", "index"):
        return simple(types.STR) if name == "type" else Simple(types.optional_of(types.INT))
    if kind.kind == "Tuple" and name in kind.fields:
        return simple(kind.args[kind.fields.index(name)])
    operator = "aten::to" if name == "type" else f"aten::{name}"
    if _takes(operator, kind, value.empty):
        return OperatorS(operator, value)
    if kind.kind == "Optional":
        raise compiler.stop(node, "optional-use", name=name, type=types.written(kind))
    raise compiler.stop(node, "no-attribute", name=name, type=types.written(kind))


def _takes(operator: str, kind: Type, empty: bool) -> bool:
    """Whether some overload of an operator takes a value of this type as its ``self``."""
    for schema in tables.operator(operator):
        for formal in schema.arguments:
            if formal.name == "self":
                bound: dict[str, Type] = {}
                if _bind(formal.type, kind, bound, empty) and types.is_subtype(kind, substituted(formal.type, bound)):
                    return True
    return False


__all__ = ["Open", "attribute", "global_value"]
