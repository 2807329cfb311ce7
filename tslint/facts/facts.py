"""What checks ask: the facts of one file behind one object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import libcst as cst

from tslint.diagnostic import Label, Span
from tslint.facts.classes import Classes, ModuleClass
from tslint.facts.kinds import Kind
from tslint.facts.names import Names
from tslint.facts.tree import Tree
from tslint.source.text import Source

Node = TypeVar("Node", bound=cst.CSTNode)


@dataclass(frozen=True)
class EmptyList:
    """A list (or dict) that starts empty: ``node`` is the empty literal, ``target`` the name assigned.

    ``element`` is the joined kind of all that is put into it, Unknown where nothing is; ``typed``: an annotation or
    ``torch.jit.annotate`` gives its type.
    """

    node: cst.BaseExpression
    target: str
    element: Kind
    typed: bool


class Facts:
    """The facts of one file. Everything is computed once, when first asked for."""

    def __init__(self, source: Source, module: cst.Module) -> None:
        self.source = source
        self.module = module
        self.tree = Tree(module)

    @cached_property
    def names(self) -> Names:
        return Names(self.tree)

    @cached_property
    def classes(self) -> Classes:
        return Classes(self.tree, self.names)

    # -- the tree ---------------------------------------------------------------------------------------------------

    def nodes(self, kind: type[Node]) -> Sequence[Node]:
        """All nodes of exactly this type, in source order: nobody needs to walk the file again."""
        return self.tree.all(kind)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self.tree.parent.get(node)

    def span(self, node: cst.CSTNode) -> Span:
        """Where NODE stands. The first call of a file computes all its positions."""
        return self.tree.span(node)

    def text(self, node: cst.CSTNode, limit: int = 60) -> str:
        """The source text of NODE on one line, shortened to LIMIT characters."""
        raise NotImplementedError

    def label(self, node: cst.CSTNode, message: str) -> Label:
        """A label at NODE in this file."""
        return Label(str(self.source.path), self.span(node), message)

    def enclosing_function(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The innermost function whose body holds NODE."""
        raise NotImplementedError

    def enclosing_class(self, node: cst.CSTNode) -> cst.ClassDef | None:
        """The innermost class whose body holds NODE."""
        raise NotImplementedError

    def symbol(self, node: cst.CSTNode) -> str | None:
        """``Class.method``, ``function`` or ``Class`` around NODE; None at module level."""
        raise NotImplementedError

    # -- names ------------------------------------------------------------------------------------------------------

    def qualified(self, node: cst.CSTNode) -> str | None:
        """The full name of the imported or builtin thing that NODE stands for (``torch.nn.functional.dropout``, ``builtins.len``)."""
        return self.names.qualified(node)

    def is_library_function(self, node: cst.CSTNode) -> bool:
        """Whether NODE names a function that the tracer cannot see: of ``math``, ``numpy``, or ``int``, ``float`` … ."""
        raise NotImplementedError

    def calls_to(self, *functions: str) -> list[cst.Call]:
        """The calls of the file to any of these, by qualified name (``torch.jit.trace``), in source order."""
        raise NotImplementedError

    def argument(self, call: cst.Call, index: int, name: str) -> cst.BaseExpression | None:
        """The argument at position INDEX or with keyword NAME; None where it is left out or hidden behind a star."""
        raise NotImplementedError

    # -- kinds ------------------------------------------------------------------------------------------------------

    def kind(self, node: cst.CSTNode) -> Kind:
        """The kind of an expression, joined over all the ways in which forward reaches it; Unknown where it is not reached.

        Sizes are settled: one that something pins is FixedSize, others name the dimensions of forward's inputs.
        """
        raise NotImplementedError

    def is_size(self, node: cst.CSTNode) -> bool:
        """A live size that nothing pins."""
        raise NotImplementedError

    def is_fixed_size(self, node: cst.CSTNode) -> bool:
        raise NotImplementedError

    def is_baked_size(self, node: cst.CSTNode) -> bool:
        raise NotImplementedError

    def is_tensor(self, node: cst.CSTNode) -> bool:
        raise NotImplementedError

    def is_data(self, node: cst.CSTNode) -> bool:
        raise NotImplementedError

    def is_constant(self, node: cst.CSTNode) -> bool:
        raise NotImplementedError

    def is_none(self, node: cst.CSTNode) -> bool:
        raise NotImplementedError

    def is_unknown(self, node: cst.CSTNode) -> bool:
        raise NotImplementedError

    def rounds(self, iterable: cst.BaseExpression) -> Kind:
        """What the number of rounds of a loop over this depends on: Constant, FixedSize, Size, BakedSize, Data or Unknown."""
        raise NotImplementedError

    def origin(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The expression where a size or a datum was read (the ``x.size(2)`` that ``n`` was assigned from)."""
        raise NotImplementedError

    def depends_on(self, node: cst.CSTNode) -> tuple[tuple[str, int], ...]:
        """The (input, dimension) pairs of forward that a size depends on, as far as they are known."""
        raise NotImplementedError

    def certain(self, node: cst.CSTNode) -> bool:
        """Whether a size is known to be a dimension of forward's inputs that nothing pins (else the source cannot tell)."""
        raise NotImplementedError

    def reached(self, node: cst.CSTNode) -> str | None:
        """``forward`` where NODE is in code that some module's forward reaches in this file; else None."""
        raise NotImplementedError

    def reaches_output(self, node: cst.CSTNode) -> bool:
        """Whether the value of NODE may flow into what its function returns or into the state it leaves behind."""
        raise NotImplementedError

    def returns(self, function: cst.FunctionDef) -> list[tuple[cst.Return | None, Kind]]:
        """The reachable return statements with the kinds of their values; (None, None-kind) for falling off the end."""
        raise NotImplementedError

    def parameters(self, function: cst.FunctionDef) -> list[tuple[cst.Param, Kind]]:
        """The parameters after ``self``, with the kinds that they have in forward."""
        raise NotImplementedError

    def empty_lists(self, function: cst.FunctionDef) -> list[EmptyList]:
        """The lists of a function that start empty, with what is put into them."""
        raise NotImplementedError

    def empty_dicts(self, function: cst.FunctionDef) -> list[EmptyList]:
        raise NotImplementedError

    # -- classes and the calling code ---------------------------------------------------------------------------------

    @cached_property
    def module_classes(self) -> list[ModuleClass]:
        """The classes of the file that are ``nn.Module``, in file order."""
        return list(self.classes.by_node.values())

    def module_class(self, node: cst.CSTNode) -> ModuleClass | None:
        """The module class whose body holds NODE (or that NODE is)."""
        raise NotImplementedError

    def is_scripted(self, cls: ModuleClass) -> bool:
        """Whether the file scripts an instance of CLS, or of one that builds or is handed it, or decorates it."""
        raise NotImplementedError

    def is_traced(self, cls: ModuleClass) -> bool:
        """Whether the file traces an instance of CLS, or of one that builds or is handed it."""
        raise NotImplementedError

    def mode_of(self, node: cst.BaseExpression) -> str | None:
        """``train`` or ``eval`` of a module expression in the calling code; None where the source cannot tell."""
        raise NotImplementedError
