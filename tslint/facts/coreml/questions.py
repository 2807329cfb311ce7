"""What coremltools makes of the code of a file, as far as the source tells."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property

import libcst as cst

from tslint.facts.coreml import advisories, table
from tslint.facts.coreml.ranks import HighRank, high_ranks
from tslint.facts.coreml.registered import canonical, registered_by_imports, registered_ops
from tslint.facts.coreml.uses import Table, Unconvertible, unconvertible
from tslint.facts.frame import Context
from tslint.facts.infer import Analysis
from tslint.facts.names import Names
from tslint.facts.project import Project
from tslint.facts.reading_questions import ReadingQuestions


class ConversionQuestions(ReadingQuestions):
    """The questions about uses that do not convert, or convert to something else."""

    project: Project

    @property
    @abstractmethod
    def names(self) -> Names:
        """What names mean."""

    @property
    @abstractmethod
    def analysis(self) -> Analysis:
        """What became of every function."""

    @abstractmethod
    def reaches_output(self, node: cst.CSTNode, converted: bool = False) -> bool:
        """Whether NODE's value may flow into what its function returns."""

    @cached_property
    def unconvertible(self) -> tuple[Unconvertible, ...]:
        """The uses of the library that tracing records and coremltools does not convert, in source order."""
        return self._uses(table.rows())

    @cached_property
    def miscompiled(self) -> tuple[Unconvertible, ...]:
        """The uses of the library that coremltools is known to convert to something else, in source order."""
        return self._uses(advisories.rows())

    def _uses(self, table: Table) -> tuple[Unconvertible, ...]:
        contexts = self._in_forward()
        found = unconvertible(contexts, self.tree, self._registered, table)
        reaching = [one for one in found if self.reaches_output(one.node) and not self.only_read(one.node)]
        return tuple(one for one in reaching if not self.registers(one.row.op))

    @cached_property
    def _registered(self) -> frozenset[str]:
        return registered_ops(self.tree, self.names)

    @cached_property
    def _registered_elsewhere(self) -> frozenset[str]:
        return registered_by_imports(self.tree, self.project)

    def registers(self, op: str) -> bool:
        """Whether this file, or one of the project that it imports, gives coremltools a converter of its own for OP."""
        return canonical(op) in self._registered or canonical(op) in self._registered_elsewhere

    @cached_property
    def high_ranks(self) -> tuple[HighRank, ...]:
        """Where tensors of more than five dimensions begin that stay in a Core ML program, in source order."""
        contexts = self._in_forward()
        return tuple(one for one in high_ranks(contexts, self.tree) if self.reaches_output(one.node, True))

    def _in_forward(self) -> list[Context]:
        return [c for several in self.analysis.contexts.values() for c in several if c.in_forward]
