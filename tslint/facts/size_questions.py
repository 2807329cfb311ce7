"""Which dimensions of which inputs a size depends on, and whether other sizes can come."""

from __future__ import annotations

from abc import abstractmethod

import libcst as cst

from tslint.facts import shapes
from tslint.facts.frame import Context
from tslint.facts.kinds import BakedSize, Dim, Kind, Size, options, sizes_in
from tslint.facts.questions import Questions


class SizeQuestions(Questions):
    """The questions about sizes that need no more than ``kind`` and ``rounds``."""

    @abstractmethod
    def rounds(self, iterable: cst.CSTNode) -> Kind:
        """What the number of rounds of a loop over this depends on."""

    def depends_on(self, node: cst.CSTNode) -> tuple[tuple[str, int], ...]:
        """The (input, dimension) pairs of forward that a size depends on, as far as they are known."""
        kind = self.kind(node)
        found: set[tuple[str, int]] = set()
        for option in options(kind):
            if isinstance(option, (Size, BakedSize)):
                for dim in option.depends:
                    if dim.axis is not None and self._is_input(dim.value):
                        found.add((dim.value.name, dim.axis))
        return tuple(sorted(found))

    def _is_input(self, value: object) -> bool:
        context = getattr(value, "context", None)
        name = getattr(value, "name", None)
        return isinstance(context, Context) and not context.callers and name in context.params

    def certain(self, node: cst.CSTNode) -> bool:
        """Whether a size is known to be a dimension of forward's inputs that nothing pins (else the source cannot tell)."""
        return self._is_certain(self.kind(node))

    def certain_rounds(self, iterable: cst.CSTNode) -> bool:
        """Whether the number of rounds of a loop over this is known to be such a size."""
        return self._is_certain(self.rounds(iterable))

    def rounds_of_unknown(self, iterable: cst.CSTNode) -> bool:
        """Whether a loop over this goes by sizes of something that nobody knows, a tensor by the way it is used alone."""
        dims = [dim for size in sizes_in(self.rounds(iterable)) for dim in size.depends]
        return bool(dims) and all(dim.value.name == "evidence" for dim in dims)

    def _is_certain(self, kind: Kind) -> bool:
        sizes = [size for size in sizes_in(kind) if size.depends]
        return bool(sizes) and all(any(map(self._is_free, size.depends)) for size in sizes)

    def _is_free(self, dim: Dim) -> bool:
        """A dimension of an input that nothing pins, or the first of any tensor: no layer minds how many examples it gets."""
        return self._is_input(dim.value) or (dim.axis == 0 and dim.value is not shapes.AMBIGUOUS)
