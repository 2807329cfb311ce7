"""What an annotation means to TorchScript: a type, or something that it does not know."""

from __future__ import annotations

import libcst as cst

from tslint.facts.classes import Classes
from tslint.facts.names import Names
from tslint.facts.torchscript import types
from tslint.facts.torchscript.types import Type

PLAIN: dict[str, Type] = {
    "builtins.int": types.INT,
    "builtins.float": types.FLOAT,
    "builtins.bool": types.BOOL,
    "builtins.str": types.STR,
    "builtins.complex": types.COMPLEX,
    "torch.Tensor": types.TENSOR,
    "torch.FloatTensor": types.TENSOR,
    "torch.LongTensor": types.TENSOR,
    "torch.BoolTensor": types.TENSOR,
    "torch.IntTensor": types.TENSOR,
    "torch.DoubleTensor": types.TENSOR,
    "torch.HalfTensor": types.TENSOR,
    "torch.nn.Parameter": types.TENSOR,
    "torch.autograd.Variable": types.TENSOR,
    "torch.device": types.DEVICE,
    "torch.dtype": types.INT,
    "torch.Generator": types.GENERATOR,
    "typing.Any": types.ANY,
    "torch.nn.functional.Tensor": types.TENSOR,
}
NO_TYPES = frozenset({"torch.Size", "typing.Final"})
TORCH_NAMES = ("Tensor", "device")
BARE = {"builtins.list": types.ANY_LIST, "builtins.tuple": types.ANY_TUPLE}
TYPING = ("typing.", "typing_extensions.", "builtins.", "collections.abc.", "collections.")


class NoType(Exception):
    """TorchScript does not know the type; ``name`` is what the annotation says."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _postpones(node: cst.ImportFrom) -> bool:
    if type(node.module) is not cst.Name or node.module.value != "__future__" or isinstance(node.names, cst.ImportStar):
        return False
    return any(alias.name.value == "annotations" for alias in node.names)


class Annotations:
    """Reads the annotations of one file."""

    def __init__(self, names: Names, classes: Classes) -> None:
        self.names = names
        self.classes = classes
        self.strings = any(map(_postpones, names.tree.all(cst.ImportFrom)))
        """Whether ``from __future__ import annotations`` leaves those in the bodies of classes as strings."""

    def read(self, node: cst.BaseExpression) -> Type:
        """The type that NODE writes; UNKNOWN where the file does not tell. Raises NoType where TorchScript has none."""
        kind = type(node)
        if kind is cst.SimpleString:
            try:
                return self.read_text(node.raw_value)  # type: ignore[attr-defined]
            except cst.ParserSyntaxError:
                return types.UNKNOWN
        if kind is cst.Name and node.value == "None":  # type: ignore[attr-defined]
            return types.NONE
        if kind is cst.Name or kind is cst.Attribute:
            return self._named(node)
        if kind is cst.Subscript:
            return self._generic(node)  # type: ignore[arg-type]
        if kind is cst.BinaryOperation:
            return self._union([node.left, node.right])  # type: ignore[attr-defined]
        return types.UNKNOWN

    def read_text(self, text: str) -> Type:
        """A type in quotes or in a type comment; names mean what they mean in the file, as far as they are common."""
        parsed = cst.parse_expression(text)
        return _Quoted(self).read(parsed)

    def qualified(self, node: cst.BaseExpression) -> str | None:
        return self.names.qualified(node)

    def _named(self, node: cst.BaseExpression) -> Type:
        qualified = self.qualified(node)
        if qualified is not None:
            if qualified in PLAIN:
                return PLAIN[qualified]
            last = qualified.rpartition(".")[2]
            if qualified in BARE:
                return BARE[qualified]
            if qualified in NO_TYPES:
                raise NoType(last)
            if qualified.startswith(TYPING):
                return self._bare(last)
            if qualified.startswith(("torch.nn.", "numpy.")) and (last[:1].isupper() or qualified.startswith("numpy.")):
                raise NoType(last)
            return types.UNKNOWN
        found = self.classes.class_of(node)
        if found is None:
            return types.UNKNOWN
        if found in self.classes.by_node:
            raise NoType(found.name.value)
        return types.UNKNOWN

    def _bare(self, last: str) -> Type:
        if last in ("List", "list", "Tuple", "tuple", "Dict", "dict", "Optional", "Union", "Callable", "Sequence",
                    "Iterable", "Type", "Mapping", "set", "Set", "object", "type"):  # fmt: skip
            raise NoType(last)
        return types.UNKNOWN

    def _generic(self, node: cst.Subscript) -> Type:
        qualified = self.qualified(node.value) or ""
        last = qualified.rpartition(".")[2]
        inner = [e.slice.value for e in node.slice if type(e.slice) is cst.Index]
        if not qualified.startswith(TYPING) or not inner:
            return types.UNKNOWN
        if last == "Optional":
            return types.optional_of(self.read(inner[0]))
        if last == "Union":
            return self._union(inner)
        if last in ("List", "list"):
            return types.list_of(self.read(inner[0]))
        if last in ("Dict", "dict") and len(inner) == 2:
            return types.dict_of(self.read(inner[0]), self.read(inner[1]))
        if last in ("Tuple", "tuple"):
            if any(type(i) is cst.Ellipsis for i in inner):
                raise NoType("Tuple[…, ...]")
            return types.tuple_of(self.read(i) for i in inner)
        if last in ("Final", "Annotated"):
            return self.read(inner[0])
        if last in ("Callable", "Sequence", "Iterable", "Type", "Mapping", "Set", "set", "Iterator", "Literal"):
            raise NoType(last)
        return types.UNKNOWN

    def _union(self, nodes: list[cst.BaseExpression]) -> Type:
        return types.union_of(self.read(n) for n in nodes)


class _Quoted(Annotations):
    """Reads a type that is not part of the tree: its names are taken for the usual ones."""

    def __init__(self, outer: Annotations) -> None:
        super().__init__(outer.names, outer.classes)

    def qualified(self, node: cst.BaseExpression) -> str | None:
        if type(node) is cst.Name:
            name = node.value
            if not self.names.bindings(self.names.tree.module, name) and name in TORCH_NAMES:
                raise NoType(name)
            if name in TORCH_NAMES:
                return f"torch.{name}"
            if name in ("Optional", "List", "Dict", "Tuple", "Union", "Any", "Final"):
                return f"typing.{name}"
            return f"builtins.{name}" if f"builtins.{name}" in PLAIN or name in ("list", "dict", "tuple") else None
        if type(node) is cst.Attribute:
            base = node.value.value if type(node.value) is cst.Name else None
            return f"{base}.{node.attr.value}" if base in ("torch", "typing") else None
        return None

    def _named(self, node: cst.BaseExpression) -> Type:
        qualified = self.qualified(node)
        if qualified in PLAIN:
            return PLAIN[qualified]
        return types.UNKNOWN
