"""What a check finds and what is printed: frozen data, JSON both ways. Imports nothing but the standard library."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tslint.frozen import frozen

T = TypeVar("T")


class Severity(str, enum.Enum):
    """How much a finding matters on the routes asked for."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Basis(str, enum.Enum):
    """Where the evidence comes from: the source, a run that showed it, or a run that showed the contrary."""

    PREDICTED = "predicted"
    OBSERVED = "observed"
    REFUTED = "refuted"


class Claim(str, enum.Enum):
    """What a finding says will happen, checkable by running."""

    TRACE_FAILS = "trace-fails"
    SCRIPT_FAILS = "script-fails"
    EXPORT_FAILS = "export-fails"
    CONVERT_FAILS = "convert-fails"
    TRACE_DIFFERS = "trace-differs"
    TRACE_SPECIALISES = "trace-specialises"
    SCRIPT_DIFFERS = "script-differs"
    WRONG_MODE = "wrong-mode"
    WRONG_CALL = "wrong-call"
    CONVERT_DIFFERS = "convert-differs"
    ADVICE = "advice"
    UNCHECKABLE = "uncheckable"
    """Nothing about the model: what tslint says of its own work (group ``tslint``), which no run of a model can show."""


class Applicability(str, enum.Enum):
    """Whether a fix can change what the program does."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True, order=True)
class Span:
    """A range of source text: lines and columns from 1, columns in characters, the end exclusive.

    Columns are None where the range is known by line alone (Python 3.10 has no columns in its frames).
    """

    line: int
    column: int | None
    end_line: int
    end_column: int | None

    def contains(self, other: Span) -> bool:
        """Whether OTHER lies inside this span; without columns on either side, on one of its lines."""
        if None in (self.column, self.end_column, other.column, other.end_column):
            return self.line <= other.line and other.end_line <= self.end_line
        start, end = (self.line, self.column), (self.end_line, self.end_column)
        return start <= (other.line, other.column) and (other.end_line, other.end_column) <= end


@frozen
class Cells:
    """Where the lines of a notebook's module, which holds one cell below the other, stand in the notebook.

    ``starts`` are (first line in the module, number of the cell, how many lines it has), in order. All cells of the notebook
    are counted, from 1, those that hold no code too.
    """

    starts: tuple[tuple[int, int, int], ...]

    def find(self, line: int) -> tuple[int, int]:
        """The cell of a LINE of the module and its line in there; a line between two cells counts as the last of the first."""
        first, number, count = max((start for start in self.starts if start[0] <= line), default=self.starts[0])
        return number, min(max(line - first + 1, 1), max(count, 1))

    def span(self, span: Span) -> tuple[int, Span]:
        """The cell of a SPAN of the module, and the span in there."""
        number, line = self.find(span.line)
        end = max(line, min(line + span.end_line - span.line, self._count(number)))
        return number, Span(line, span.column, end, span.end_column)

    def words(self, line: int) -> str:
        """``cell 3, line 4``."""
        number, line = self.find(line)
        return f"cell {number}, line {line}"

    def _count(self, number: int) -> int:
        return next(count for _, own, count in self.starts if own == number)


@frozen
class Place:
    """A position in a file. ``path`` is absolute; ``symbol`` is ``Class.method`` where it is known.

    Here and elsewhere ``cell`` is set for a report alone: until then the lines of a notebook are those of its module.
    """

    path: str
    span: Span
    symbol: str | None = None
    cell: int | None = None


@frozen
class Edit:
    """Replace the text of ``span`` by ``text``; an empty span inserts."""

    span: Span
    text: str
    cell: int | None = None


@frozen
class Fix:
    title: str
    applicability: Applicability
    edits: tuple[Edit, ...]


@frozen
class Label:
    """Another place that tells part of the story of a finding."""

    path: str
    span: Span
    message: str
    cell: int | None = None


@frozen
class Finding:
    """What a check yields; the engine turns it into a Diagnostic.

    ``at`` is a node of the facts' tree, a Span of the file being checked, a Place anywhere, or None where there is
    no place. ``values`` fill the message template of the rule's page. ``claim`` may be left out where the page lists
    exactly one. ``caption`` is printed under the marked code, ``help`` below it. ``inner`` marks what concerns a
    model's inputs and outputs in a class that is not the outermost one.
    """

    at: Any
    values: dict[str, str] = field(default_factory=dict)
    claim: Claim | None = None
    severity: Severity = Severity.ERROR
    labels: tuple[Label, ...] = ()
    fix: Fix | None = None
    caption: str | None = None
    help: str | None = None
    symbol: str | None = None


@frozen
class Diagnostic:
    """A finding with rule, severity, basis and place, as printed and as in the JSON report.

    ``evidence`` holds the JSON of what the run observed, ``refuted_by`` names the inputs that refuted it, ``notes``
    say why a prediction stayed one.
    """

    rule: str
    group: str
    claim: Claim
    severity: Severity
    basis: Basis
    message: str
    path: str | None
    span: Span | None
    cell: int | None = None
    symbol: str | None = None
    labels: tuple[Label, ...] = ()
    caption: str | None = None
    help: str | None = None
    notes: tuple[str, ...] = ()
    evidence: tuple[dict[str, Any], ...] = ()
    refuted_by: tuple[str, ...] = ()
    fix: Fix | None = None
    fingerprint: str = ""
    url: str = ""


def order(diagnostic: Diagnostic) -> tuple[str, int, int, str]:
    """Diagnostics are sorted by path, line (in a notebook, of its module), column and rule."""
    span = diagnostic.span
    return (diagnostic.path or "", span.line if span else 0, (span.column or 0) if span else 0, diagnostic.rule)


def identity(diagnostic: Diagnostic) -> tuple[str, str | None, Span | None]:
    """What a prediction and what a run says of it have in common: rule, file and place."""
    return diagnostic.rule, diagnostic.path, diagnostic.span


def to_json(value: Any) -> Any:
    """Plain JSON data for frozen dataclasses, enums, tuples and dictionaries of them."""
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    return value


def from_json(kind: type[T], data: Any) -> T:
    """The inverse of :func:`to_json`; keys that KIND does not know are ignored. Raises TypeError where a field is missing."""
    return typing.cast(T, _decode(kind, data))


_HINTS: dict[type, dict[str, Any]] = {}


def _decode(kind: Any, data: Any) -> Any:
    if kind is Any or data is None:
        return data
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin is types.UnionType or origin is typing.Union:
        inner = [argument for argument in arguments if argument is not type(None)]
        return _decode(inner[0], data) if len(inner) == 1 else data
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_decode(arguments[0], item) for item in data)
        return tuple(_decode(argument, item) for argument, item in zip(arguments, data, strict=True))
    if origin is dict:
        return {key: _decode(arguments[1], item) for key, item in data.items()}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(data)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if kind not in _HINTS:
            _HINTS[kind] = typing.get_type_hints(kind)
        hints = _HINTS[kind]
        return kind(
            **{f.name: _decode(hints[f.name], data[f.name]) for f in dataclasses.fields(kind) if f.name in data}
        )
    return data
