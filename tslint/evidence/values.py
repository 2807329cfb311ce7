"""Which values left the graph of a trace, and what other inputs showed of them."""

from __future__ import annotations

from typing import Any

from tslint.diagnostic import Place
from tslint.evidence.base import Evidence
from tslint.frozen import frozen


@frozen
class Escape(Evidence):
    """A moment when a traced value became a plain Python value, settled by the comparisons.

    ``via`` is the method (``__float__``, ``item`` …) or ``argument`` for a traced number passed where an operator takes
    a Python number, which ``operator`` names. ``origin`` is ``size`` or ``data`` of an input, or ``constant``: the tracer
    warns of a value that no input reaches. ``values`` maps the name of each input
    tried to the value read there (a number, a bool, or text). ``verdict`` is harmful, harmless (the value changed, the
    trace was right all the same) or not exercised (no input changed it; ``note`` says why). ``warned``: PyTorch issued
    a TracerWarning here. ``stack`` runs from the entry's forward down to the library frame below ``place``.
    """

    entry: int
    place: Place | None
    via: str
    origin: str
    values: dict[str, Any]
    verdict: str
    operator: str | None = None
    warned: bool = False
    stack: tuple[Place, ...] = ()
    note: str = ""


@frozen
class ConstantBaked(Evidence):
    """A value that the trace holds as a constant and another input needs otherwise.

    ``value`` was read with the example inputs, ``other`` with the input named ``tried``. ``differs``: the outputs of
    the trace were wrong there (otherwise the graphs differ and the outputs do not show it). ``use`` is where the
    constant enters the graph.
    """

    entry: int
    place: Place | None
    via: str
    origin: str
    value: Any
    other: Any
    tried: str
    differs: bool
    operator: str | None = None
    use: Place | None = None
    stack: tuple[Place, ...] = ()
    max_difference: float | None = None


@frozen
class BranchTaken(Evidence):
    """A condition that another input answers otherwise; ``truth`` with the example inputs, ``other`` with ``tried``."""

    entry: int
    place: Place | None
    origin: str
    truth: bool
    other: bool
    tried: str
    differs: bool
    stack: tuple[Place, ...] = ()


@frozen
class LoopUnrolled(Evidence):
    """A loop whose number of rounds was recorded: ``count`` with the example inputs, ``other`` with ``tried``."""

    entry: int
    place: Place | None
    origin: str
    count: int
    other: int
    tried: str
    differs: bool
    stack: tuple[Place, ...] = ()


@frozen
class TraceDiffered(Evidence):
    """The trace disagrees with eager on the input ``tried``, and no escape explains it.

    ``message`` is the trace's error where it raised, ``place`` the line whose node first differs, where that is known.
    """

    entry: int
    tried: str
    place: Place | None
    max_difference: float | None
    message: str = ""


@frozen
class NumberAnswered(Evidence):
    """Python numbers among the outputs, which the trace answers with tensors that hold them; ``keys`` name the outputs.

    ``place`` is the return statement.
    """

    entry: int
    keys: tuple[str, ...]
    place: Place | None = None


@frozen
class Variations(Evidence):
    """The inputs tried: name → shapes as text; ``refused`` those that eager does not accept, with its error's first line."""

    entry: int
    tried: dict[str, str]
    refused: dict[str, str]


@frozen
class Generalises(Evidence):
    """Whether the trace serves other sizes of one dimension of one input: True, False, or None where it never changed alone.

    Eager may accept one size only, or no other one unless further dimensions change with it: where the trace served those,
    ``together`` names them all as (input, dimension). ``stopped_by`` are the places of the harmful escapes that showed on it.
    """

    entry: int
    input: str
    dimension: int
    verdict: bool | None
    stopped_by: tuple[Place, ...] = ()
    together: tuple[tuple[str, int], ...] = ()
