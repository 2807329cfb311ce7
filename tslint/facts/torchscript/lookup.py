"""What names and attributes stand for: PyTorch's and Python's things, the file's own, a module's, a value's."""

from __future__ import annotations

import libcst as cst

from tslint.facts.building.values import Built, Function, Known, Layer, ModuleValue, Value
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
from tslint.facts.torchscript.names import TENSOR_CASTS, function_value, library_value
from tslint.facts.torchscript.schemas import MISSING, bind, read_type, substituted
from tslint.facts.torchscript.types import Type
from tslint.facts.torchscript.values import (
    OPEN,
    OPEN_VALUE,
    CastS,
    ClassS,
    FunctionS,
    IteratorS,
    LibraryS,
    MethodS,
    ModuleS,
    OperatorS,
    PythonModuleS,
    PythonS,
    Simple,
    SpecialS,
    Sugared,
    TreeS,
    simple,
)

ITERATORS = frozenset({"modules", "children", "named_modules", "named_children", "named_buffers"})


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
    if name.startswith("__") and not name.endswith("__"):
        raise compiler.stop(node, "private-name", name=name, cls=value.cls.name)
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
    if any(name in cls.annotations for cls in owner.cls.lineage) or _subclass_has(compiler, owner, name):
        return OPEN
    raise compiler.stop(node, "missing-attribute", name=name, cls=owner.cls.name)


def _subclass_has(compiler: Compiler, owner: Built, name: str) -> bool:
    """Whether a class of the file that derives from OWNER's gives it what OWNER itself has not: OWNER is a base, then."""
    for cls, instances in compiler.machine.built.items():
        if cls is not owner.cls and owner.cls in cls.lineage:
            if cls.method(name) is not None or cls.constant(name) is not None:
                return True
            if any(name in built.attributes or name in built.members for built in instances):
                return True
    return False


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
        if kind is types.NONE or kind is types.BOOL:
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
            return simple(read_type(text))
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
                if bind(formal.type, kind, bound, empty) and types.is_subtype(kind, substituted(formal.type, bound)):
                    return True
    return False
