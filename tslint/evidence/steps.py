"""What was run, on what, how far it came, and what ended it."""

from __future__ import annotations

from typing import Any

from tslint.diagnostic import Place
from tslint.evidence.base import Evidence
from tslint.frozen import field, frozen


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
class Finished(Evidence):
    """The child came to its end by itself."""

    seconds: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)
