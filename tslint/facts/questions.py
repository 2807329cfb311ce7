"""What the kind of an expression answers by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod

import libcst as cst

from tslint.facts.kinds import (
    BakedSize,
    Constant,
    Data,
    FixedSize,
    Kind,
    NoneKind,
    Size,
    Str,
    Tensor,
    Unknown,
    options,
)


class Questions(ABC):
    """The questions that need no more than ``kind``."""

    @abstractmethod
    def kind(self, node: cst.CSTNode) -> Kind:
        """The kind of an expression, joined over all the ways in which forward reaches it."""

    def _all_are(self, node: cst.CSTNode, kind: type[Kind]) -> bool:
        return all(isinstance(o, kind) for o in options(self.kind(node)))

    def is_size(self, node: cst.CSTNode) -> bool:
        """A live size that nothing pins (on every path on which it is not None)."""
        found = [o for o in options(self.kind(node)) if not isinstance(o, NoneKind)]
        return bool(found) and all(isinstance(o, Size) for o in found)

    def is_fixed_size(self, node: cst.CSTNode) -> bool:
        return self._all_are(node, FixedSize)

    def is_baked_size(self, node: cst.CSTNode) -> bool:
        return self._all_are(node, BakedSize)

    def is_tensor(self, node: cst.CSTNode) -> bool:
        """A tensor on every path."""
        return self._all_are(node, Tensor)

    def may_be_tensor(self, node: cst.CSTNode) -> bool:
        """A tensor on some path (Tensor-or-None)."""
        return any(isinstance(o, Tensor) for o in options(self.kind(node)))

    def is_data(self, node: cst.CSTNode) -> bool:
        return self._all_are(node, Data)

    def is_constant(self, node: cst.CSTNode) -> bool:
        """The same in every call: a number, a string, None or a fixed size."""
        return all(isinstance(o, (Constant, Str, NoneKind, FixedSize)) for o in options(self.kind(node)))

    def is_none(self, node: cst.CSTNode) -> bool:
        return self._all_are(node, NoneKind)

    def is_unknown(self, node: cst.CSTNode) -> bool:
        return isinstance(self.kind(node), Unknown)

    def origin(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The expression where a size or a datum was read (the ``x.size(2)`` that ``n`` was assigned from)."""
        for option in options(self.kind(node)):
            if option.origin is not None:
                return option.origin
        return None
