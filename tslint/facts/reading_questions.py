"""What becomes of a value behind the place where it is computed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property

import libcst as cst

from tslint.facts.questions import Questions
from tslint.facts.readings import Readings
from tslint.facts.tree import Tree


class ReadingQuestions(Questions):
    """The questions that follow a value forward through a file."""

    tree: Tree

    @abstractmethod
    def qualified(self, node: cst.CSTNode) -> str | None:
        """The full name of a library's thing."""

    @abstractmethod
    def is_traced_code(self, node: cst.CSTNode) -> bool:
        """Whether tracing comes past NODE."""

    @abstractmethod
    def _is_passed_by(self, node: cst.CSTNode) -> bool:
        """Whether tracing is known to come past NODE in no way."""

    def only_read(self, node: cst.CSTNode) -> bool:
        """Whether each use of NODE's value ends in Python (``.item()``, a condition), so that its trace drops what made it."""
        return self._readings.only_read(node)

    def only_kept(self, node: cst.CSTNode) -> bool:
        """Whether each use of NODE's value ends in an attribute that nothing reads behind it in the same trace."""
        return self._readings.only_kept(node)

    def handed_in(self, name: cst.Name) -> Sequence[cst.BaseExpression]:
        """What the calls in the file hand in for the parameter NAME of the function around; nothing if any is hidden."""
        return self._readings.handed_in(name)

    @cached_property
    def _readings(self) -> Readings:
        return Readings(self.tree, self.kind, self.qualified, self._is_passed_by, self.is_traced_code)
