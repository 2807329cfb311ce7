"""What a run can report: frozen data, JSON both ways. Imports ``diagnostic`` alone.

The child writes one :class:`Evidence` object a line. Each states what happened, never what it means for the user: the
checks make findings of it.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from tslint.diagnostic import Place, from_json, to_json
from tslint.frozen import field, frozen


@frozen
class Evidence:
    """Base of everything a run reports. ``entry`` is the index of the entry that it concerns."""

    KINDS: ClassVar[dict[str, type[Evidence]]] = {}

    def __init_subclass__(cls) -> None:
        Evidence.KINDS[cls.__name__] = cls


@frozen
class Versions(Evidence):
    """``packages`` maps torch, coremltools, numpy … to versions, or None where one is not installed."""

    python: str
    platform: str
    packages: dict[str, str | None]


@frozen
class InputSpec:
    """One tensor among the example inputs: the parameter or path it arrives at, its dtype (``float32``) and shape."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@frozen
class EntryChosen(Evidence):
    """A module to check and its example inputs. ``how`` is printed after ``entry:``; ``command`` repeats the choice.

    ``place`` is the call that the entry was recorded at; ``class_place`` the module's class statement.
    """

    entry: int
    how: str
    module: str
    inputs: tuple[InputSpec, ...]
    command: str
    place: Place | None = None
    class_place: Place | None = None


@frozen
class NoEntry(Evidence):
    """Nothing to run was found, or it was not run unasked; ``reason`` is one sentence, ``place`` what stands in the way."""

    reason: str
    place: Place | None = None


@frozen
class StepBegan(Evidence):
    entry: int
    step: str


@frozen
class StepEnded(Evidence):
    """``status`` is ok, failed, died, timeout or skipped; ``detail`` a few words for the line of steps ("2 inputs")."""

    entry: int
    step: str
    status: str
    seconds: float
    message: str = ""
    detail: str = ""


@frozen
class Note(Evidence):
    """Something the user should know that is no problem of the model ("`.cuda()` was given the CPU")."""

    entry: int
    text: str


@frozen
class CodeRan(Evidence):
    """Functions of the user's files that ran under ROUTE (eager, trace, script): ``path`` → names like ``Class.method``."""

    entry: int
    route: str
    functions: dict[str, tuple[str, ...]]


@frozen
class Escape(Evidence):
    """A moment when a traced value became a plain Python value, settled by the comparisons.

    ``via`` is the method (``__float__``, ``item`` …) or ``argument`` for a traced number passed where an operator takes
    a Python number, which ``operator`` names. ``origin`` is ``size`` or ``data``. ``values`` maps the name of each input
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


@frozen
class OutputItem:
    """One member of a refused output: its ``key``, its type name, and shape and dtype where it is a tensor.

    ``access`` is the code that picks it out, written behind the output: ``["aux"][0]``; empty where none can be written.
    """

    key: str
    type: str
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    access: str = ""


@frozen
class OutputRefused(Evidence):
    """`torch.jit.trace` refuses what forward returns. ``kind`` is mapping, none or other; ``place`` the return statement.

    ``module`` names the model's class; a wrapper's forward takes ``parameters`` and calls the model with ``arguments``, as code.
    """

    entry: int
    kind: str
    type: str
    items: tuple[OutputItem, ...]
    message: str
    place: Place | None = None
    wrapped: bool = False
    module: str = ""
    parameters: str = "*args, **kwargs"
    arguments: str = "*args, **kwargs"


@frozen
class InputRefused(Evidence):
    """An example input that `torch.jit.trace` does not take: the parameter's name and its type."""

    entry: int
    name: str
    type: str
    message: str
    place: Place | None = None


@frozen
class TraceRefused(Evidence):
    """`torch.jit.trace` raised for a reason that is neither an output nor an input; ``message`` is its first line."""

    entry: int
    exception: str
    message: str
    place: Place | None
    stack: tuple[Place, ...] = ()


@frozen
class ScriptRefused(Evidence):
    """A module that `torch.jit.script` cannot compile: the compiler's message, on its line; ``chain`` the calls to it."""

    entry: int
    module_path: str
    class_name: str
    message: str
    place: Place | None
    chain: tuple[Place, ...] = ()


@frozen
class ExportRefused(Evidence):
    """`torch.export.export` raised, on the route that the file takes or that was asked for; ``message`` is its first line."""

    entry: int
    exception: str
    message: str
    place: Place | None
    stack: tuple[Place, ...] = ()


@frozen
class ScriptDiffered(Evidence):
    """The scripted program disagrees with eager, or raises, on the input ``tried``."""

    entry: int
    tried: str
    max_difference: float | None
    message: str = ""
    place: Place | None = None


@frozen
class OpSite:
    """One place that uses an op: in the user's file, in the library below it, and the path of the module in the model."""

    place: Place | None
    library: Place | None = None
    module_path: str = ""
    count: int = 1


@frozen
class OpUnsupported(Evidence):
    """An op that coremltools cannot convert on ROUTE. ``missing``: it has no converter (else this use of it is refused)."""

    entry: int
    route: str
    op: str
    missing: bool
    message: str
    count: int
    sites: tuple[OpSite, ...]
    composite: str = ""


@frozen
class ConversionRefused(Evidence):
    """`ct.convert` raised outside any single op; ``message`` is its own."""

    entry: int
    route: str
    exception: str
    message: str
    place: Place | None = None


@frozen
class ConversionDiffered(Evidence):
    """The evaluated Core ML program disagrees with eager on the input ``tried``, or fails there.

    ``max_difference`` is None where there is no number: another shape, NaN or infinity, or a program that fails.
    """

    entry: int
    route: str
    tried: str
    output: str
    max_difference: float | None
    message: str = ""
    place: Place | None = None


@frozen
class ModeWrong(Evidence):
    """Training behaviour: ``what`` is training (the flag of the module), dropout, batch-norm or nondeterminism.

    ``place`` is the call that traces or converts it, else the class; ``modules`` the paths of those concerned.
    """

    entry: int
    what: str
    modules: tuple[str, ...]
    place: Place | None
    effect: str = ""


@frozen
class ModelFailed(Evidence):
    """The user's own code raised, exited or asked for what is not there, in STEP; ``output`` its last lines of output.

    ``absent`` is what it asked for: file, download or gpu; empty where it failed for a reason of its own.
    """

    entry: int
    step: str
    exception: str
    message: str
    place: Place | None
    stack: tuple[Place, ...] = ()
    output: str = ""
    absent: str = ""


@frozen
class ProbeDied(Evidence):
    """The child ended in STEP. ``how`` is signal, exit, timeout or memory; ``detail`` the signal's name, status or limit.

    ``place`` is the user's line that was running, where a signal (a limit's, too) left time to tell.
    """

    entry: int
    step: str
    how: str
    detail: str
    output: str = ""
    place: Place | None = None


@frozen
class EnvironmentWrong(Evidence):
    """Versions that do not work together: ``problem`` names the pair, ``remedy`` a pin that works."""

    problem: str
    message: str
    remedy: str


@frozen
class OpsCounted(Evidence):
    """The ops of the graph handed to coremltools: name → count."""

    entry: int
    route: str
    ops: dict[str, int]


@frozen
class Attempt:
    """What became of one program on its way to Core ML.

    ``status`` (trace or script itself) and ``converts`` are works, refused, differs, died or untried. ``verified`` is
    True, False or None (not evaluated); ``difference`` the largest one from eager in float32.
    """

    status: str = "untried"
    converts: str = "untried"
    verified: bool | None = None
    difference: float | None = None
    composed: tuple[str, ...] = ()
    message: str = ""
    keys: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


@frozen
class RouteEnded(Evidence):
    """One line of the route table. ``wrapped`` is the flattening wrapper's, under trace alone."""

    entry: int
    route: str
    attempt: Attempt
    wrapped: Attempt | None = None
    recommended: bool = False


@frozen
class Finished(Evidence):
    """The child came to its end by itself."""

    seconds: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)


def encode(evidence: Evidence) -> str:
    """One line of JSON, without its newline."""
    return json.dumps({"evidence": type(evidence).__name__, **to_json(evidence)}, separators=(",", ":"))


def decode(line: str) -> Evidence:
    """The inverse of :func:`encode`. Raises KeyError for a kind unknown here, ValueError for what is not JSON."""
    data = json.loads(line)
    return from_json(Evidence.KINDS[data.pop("evidence")], data)
