"""What becomes of a module's attributes: which are values of TorchScript, which are not and why, and which methods it has."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.facts.building.values import (
    Built,
    Class,
    Either,
    Function,
    Known,
    Layer,
    Library,
    Mapping,
    ModuleValue,
    Object,
    Partial,
    Sequence,
    Slot,
    TensorValue,
    Unknown,
    Value,
)
from tslint.facts.classes import ModuleClass
from tslint.facts.torchscript import tables, types
from tslint.facts.torchscript.compiler import Compiler
from tslint.facts.torchscript.types import Type
from tslint.facts.torchscript.values import OPEN, ModuleS, Open, PythonS, Simple, Sugared, simple

PLAIN = {
    bool: types.BOOL,
    int: types.INT,
    float: types.FLOAT,
    complex: types.COMPLEX,
    str: types.STR,
    type(None): types.NONE,
}
NAMED = {"int": types.INT, "float": types.FLOAT, "bool": types.BOOL, "str": types.STR}
IGNORING = frozenset({"torch.jit.ignore", "torch.jit.unused"})
NO_NAMES = frozenset({"torch.no_grad", "torch.enable_grad", "torch.inference_mode", "torch.autograd.no_grad"})
"""Decorators that put a function among the names of PyTorch's own file; scripting then looks for its names there."""
FOREIGN_NAMES = frozenset({"functools", "inspect", "sys", "warnings"})


def type_of(value: Value) -> Type | None:
    """The type that TorchScript infers for a Python value; None where it infers none, UNKNOWN where nobody knows."""
    kind = type(value)
    if kind is Known:
        return PLAIN.get(type(value.value))  # type: ignore[attr-defined]
    if kind is TensorValue:
        return types.TENSOR
    if kind is Unknown:
        return NAMED.get(value.type or "", types.UNKNOWN)  # type: ignore[attr-defined]
    if kind is Sequence:
        return _sequence(value)  # type: ignore[arg-type]
    if kind is Mapping:
        return _mapping(value)  # type: ignore[arg-type]
    if kind is Either:
        return _either(value)  # type: ignore[arg-type]
    if kind is Library:
        return _library(value.name)  # type: ignore[attr-defined]
    if kind is Object:
        return types.DEVICE if value.name == "torch.device" else types.UNKNOWN  # type: ignore[attr-defined]
    if kind is Function or kind is Class or kind is Partial or isinstance(value, ModuleValue):
        return None
    return types.UNKNOWN


def _sequence(value: Sequence) -> Type | None:
    items = [type_of(item) for item in value.items]
    if value.kind not in ("list", "tuple"):
        return None if value.kind in ("set", "range") else types.UNKNOWN
    if any(item is None for item in items):
        return None
    found = [item for item in items if item is not None]
    if value.kind == "tuple":
        return types.tuple_of(found) if value.exact else types.UNKNOWN
    if not found:
        return None if value.exact else types.UNKNOWN
    joined = types.unify_all(found)
    return None if joined is None else types.list_of(joined)


def _mapping(value: Mapping) -> Type | None:
    if not value.items:
        return None if value.exact else types.UNKNOWN
    keys = types.unify_all(PLAIN.get(type(key), types.UNKNOWN) for key in value.items)
    items = [type_of(item) for item in value.items.values()]
    if keys is None or any(item is None for item in items):
        return None
    joined = types.unify_all(item for item in items if item is not None)
    return None if joined is None else types.dict_of(keys, joined)


def _either(value: Either) -> Type | None:
    found = {type_of(option) for option in value.options}
    return found.pop() if len(found) == 1 else types.UNKNOWN


def _library(name: str) -> Type | None:
    from tslint.facts.torchscript.names import library_value

    found = library_value(name)
    if type(found) is Simple:
        return found.type
    return types.UNKNOWN if type(found) is Open else None


def sugared_of(value: Value) -> Sugared:
    """What an attribute with this value stands for."""
    if type(value) is Built or type(value) is Layer:
        return ModuleS(value)
    if type(value) is Library:
        from tslint.facts.torchscript.names import library_value

        return library_value(value.name)
    if type(value) is Known and value.value is None:
        return simple(types.NONE)
    kind = type_of(value)
    return OPEN if kind is None or kind is types.UNKNOWN else simple(kind)


def failed(value: Value) -> str | None:
    """The Python type of a value that TorchScript has no type for; None where it has one, or nobody knows."""
    if type(value) is Function:
        return "lambda" if type(value.node) is cst.Lambda else "method" if value.owner is not None else None
    if isinstance(value, ModuleValue) or type(value) is Library:
        return None
    if type(value) is Class:
        return "type"
    if type(value) is Partial:
        return "functools.partial"
    if type(value) is Either:
        found = {failed(option) for option in value.options}
        return found.pop() if len(found) == 1 else None
    if type_of(value) is not None:
        return None
    if type(value) is Sequence:
        if not value.items:
            return f"empty {value.kind}"
        inner = "modules" if any(isinstance(i, ModuleValue) for i in value.items) else "different things"
        return f"{value.kind} of {inner}" if value.kind in ("list", "tuple") else value.kind
    if type(value) is Mapping:
        if not value.items:
            return "empty dict"
        return (
            "dict of modules"
            if any(isinstance(i, ModuleValue) for i in value.items.values())
            else "dict of different things"
        )
    return "object"


# -- methods -----------------------------------------------------------------------------------------------------------


def decorators(compiler_names: object, node: cst.FunctionDef) -> list[str]:
    """The qualified names of the decorators of a function; ``?`` for one that the file does not tell."""
    from tslint.facts.names import Names

    assert isinstance(compiler_names, Names)
    found = []
    for decorator in node.decorators:
        expression = decorator.decorator
        if type(expression) is cst.Call:
            expression = expression.func
        known = compiler_names.qualified(expression) if type(expression) in (cst.Name, cst.Attribute) else None
        if known is None and type(expression) is cst.Attribute and expression.attr.value in ("setter", "getter"):
            known = "builtins.property"
        found.append(known or "?")
    return found


def exported(cls: ModuleClass) -> Iterator[cst.FunctionDef]:
    """The methods that are compiled from the start."""
    forward = cls.forward
    if forward is not None and not _marked(forward, ("ignore", "unused")):
        yield forward
    for base in cls.lineage:
        for method in base.methods.values():
            if method is not forward and _marked(method, ("export",)):
                yield method


def _marked(node: cst.FunctionDef, names: tuple[str, ...]) -> bool:
    for decorator in node.decorators:
        expression = decorator.decorator
        if type(expression) is cst.Call:
            expression = expression.func
        last = expression.attr.value if type(expression) is cst.Attribute else getattr(expression, "value", "")
        if last in names:
            return True
    return False


def is_ignored(node: cst.FunctionDef) -> bool:
    return _marked(node, ("ignore", "unused"))


def surroundings(compiler: Compiler, node: cst.FunctionDef) -> dict[str, Sugared] | None:
    """The global names of a function that a decorator wraps in another file; None where they are the file's own."""
    for name in decorators(compiler.names, node):
        if name in NO_NAMES:
            return dict.fromkeys(FOREIGN_NAMES, OPEN)
        if name in ("torch.cuda.amp.autocast", "torch.amp.autocast", "torch.autocast", "torch.cuda.amp.custom_fwd",
                    "torch.amp.custom_fwd"):  # fmt: skip
            return {**dict.fromkeys(FOREIGN_NAMES, OPEN), "torch": OPEN}
    return None


# -- what is refused of a module before its methods -----------------------------------------------------------------------


def hooks(compiler: Compiler, built: Built) -> None:
    """Submodules that cannot be scripted whatever the methods do: layers with hooks, wrong constants, or none at all."""
    for slot in built.attributes.values():
        if slot.certain and slot.node is not None:
            for module in _modules(slot.value):
                _submodule(compiler, slot.node, module)
    _annotations(compiler, built)


def _annotations(compiler: Compiler, built: Built) -> None:
    """Attributes whose annotation in the body of the class is a string: scripting reads no strings there."""
    for cls in built.cls.lineage:
        for name, annotation in cls.annotations.items():
            slot = built.attributes.get(name)
            if slot is None or not slot.certain:
                continue
            if compiler.annotations.strings or type(annotation.annotation) is cst.SimpleString:
                compiler.refuse(annotation.annotation, "string-annotation", name=name)
        if cls.annotations:
            return


def _modules(value: Value, depth: int = 0) -> Iterator[ModuleValue]:
    if isinstance(value, ModuleValue):
        yield value
        if type(value) is Layer and depth < 4:
            for member in value.members.values():
                yield from _modules(member, depth + 1)


def _submodule(compiler: Compiler, node: cst.CSTNode, module: ModuleValue) -> None:
    place = module.node or node
    if module.hooked is not None and module.hooked != "parametrized":
        compiler.refuse(place, "hooked", hook=module.hooked)
    if type(module) is not Layer or not module.name.startswith("torch.nn."):
        return
    table = tables.layer(module.short)
    if table is None:
        return
    if table.why:
        compiler.refuse(place, "layer", layer=module.short, why=table.why)
    if module.short.startswith("Adaptive") and _has_none(module.arguments.get(0, "output_size")):
        compiler.refuse(place, "layer-size", layer=module.short)
    for name in table.floats:
        given = module.arguments.keywords.get(name)
        if given is None:
            index = FLOAT_POSITIONS.get((module.short, name), -1)
            given = module.arguments.positional[index] if 0 <= index < len(module.arguments.positional) else None
        if type(given) is Known and type(given.value) is int:
            compiler.refuse(place, "layer-float", layer=module.short, name=name, value=str(given.value))
        elif type(given) is Unknown and given.type == "int":
            compiler.refuse(place, "layer-float", layer=module.short, name=name, value="an int")


def _has_none(value: Value | None) -> bool:
    if type(value) is Sequence:
        return any(_has_none(item) for item in value.items)
    return type(value) is Known and value.value is None


FLOAT_POSITIONS: dict[tuple[str, str], int] = {
    **{(layer, "p"): 0 for layer in (
        "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")},
    ("LeakyReLU", "negative_slope"): 0, ("ELU", "alpha"): 0, ("CELU", "alpha"): 0, ("Threshold", "threshold"): 0,
    ("Threshold", "value"): 1, ("Hardtanh", "min_val"): 0, ("Hardtanh", "max_val"): 1, ("LayerNorm", "eps"): 1,
    ("GroupNorm", "eps"): 2, ("CosineSimilarity", "eps"): 1, ("ConstantPad1d", "value"): 1, ("ConstantPad2d", "value"): 1,
    ("ConstantPad3d", "value"): 1, ("HuberLoss", "delta"): 1, ("MarginRankingLoss", "margin"): 0,
    ("TripletMarginLoss", "margin"): 0, ("HingeEmbeddingLoss", "margin"): 0, ("CosineEmbeddingLoss", "margin"): 0,
    **{(f"{kind}Norm{n}d", name): index
       for kind in ("Batch", "Instance") for n in (1, 2, 3) for index, name in ((1, "eps"), (2, "momentum"))},
}  # fmt: skip


# -- reading and setting ---------------------------------------------------------------------------------------------------


def constants(compiler: Compiler, built: Built) -> set[str]:
    """The names that a class declares constant: ``__constants__`` and ``Final``."""
    found: set[str] = set()
    for cls in built.cls.lineage:
        listed = cls.constants.get("__constants__")
        if listed is not None:
            value = compiler.machine.module_value(listed)
            if type(value) is Sequence:
                found |= {item.value for item in value.items if type(item) is Known}
        for name, annotation in cls.annotations.items():
            text = annotation.annotation
            if compiler.annotations.strings:
                break
            base = text.value if type(text) is cst.Subscript else text
            if type(base) in (cst.Name, cst.Attribute) and (compiler.names.qualified(base) or "").endswith(".Final"):
                found.add(name)
    return found


def slot_of(value: Built | Layer, name: str) -> Slot | None:
    return value.attributes.get(name) if type(value) is Built else None


def defines(value: Built | Layer, name: str) -> bool | None:
    """The answer of ``hasattr`` at compile time; None where the source does not tell."""
    if type(value) is Layer:
        table = tables.layer(value.short)
        return None if table is None else name in table.attributes or name == "training"
    assert type(value) is Built
    slot = value.attributes.get(name)
    if slot is not None:
        return True if slot.certain else None
    if value.cls.method(name) is not None:
        return True
    if value.dynamic or value.base is not None or value.cls.inherits_library:
        return None
    return False


def set_attribute(compiler: Compiler, node: cst.Attribute, owner: Sugared, name: str, value: Simple) -> None:
    """``owner.name = value`` inside a compiled function."""
    if type(owner) is ModuleS:
        _set_on_module(compiler, node, owner.value, name, value)
    elif (
        type(owner) is Simple and owner.type is not types.UNKNOWN and owner.type.kind not in ("Class", "opaque", "Any")
    ):
        raise compiler.stop(node, "set-attribute", type=types.written(owner.type), name=name)


def _set_on_module(compiler: Compiler, node: cst.Attribute, owner: Built | Layer, name: str, value: Simple) -> None:
    if type(owner) is not Built:
        return
    slot = owner.attributes.get(name)
    if slot is None:
        if owner.dynamic or owner.base is not None or owner.cls.inherits_library or name == "training":
            return
        annotated = any(name in cls.annotations for cls in owner.cls.lineage)
        method = owner.cls.method(name)
        if method is None and not annotated:
            raise compiler.stop(node, "new-attribute", name=name)
        return
    if not slot.certain:
        return
    wanted = annotated_type(compiler, owner, name) or type_of(slot.value)
    if isinstance(slot.value, ModuleValue):
        raise compiler.stop(node, "set-module", name=name)
    if wanted is None:
        raise compiler.stop(node, "new-attribute", name=name)
    if not types.is_subtype(value.type, wanted):
        raise compiler.stop(
            node, "attribute-type", name=name, wanted=types.written(wanted), found=types.written(value.type)
        )


def annotated_type(compiler: Compiler, owner: Built, name: str) -> Type | None:
    """The type that a class's body annotates an attribute with."""
    from tslint.facts.torchscript.annotations import NoType

    for cls in owner.cls.lineage:
        annotation = cls.annotations.get(name)
        if annotation is not None:
            try:
                return compiler.annotations.read(annotation.annotation)
            except NoType:
                return types.UNKNOWN
    return None


def python_value(what: str, reason: str, name: str = "") -> PythonS:
    return PythonS(what, reason, name)
