"""The mixed route: the smallest set of modules to script, everything else traced, found by trying.

First the modules whose control flow the comparisons saw take another way are scripted. Where that is not enough, the search
goes down the model along what a trace does not reproduce: a module whose trace answers like the module is left alone, with all
that is below it; in another one the same is asked of the modules that it calls, and it is scripted itself only where a trace
around those that were scripted is wrong still. In the end every module that can be left out again is left out.

The program must agree with eager on every input that the conversion is to serve.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from tslint.probe.agree import call, first_line, same
from tslint.probe.plan.faithful import calls_below, unfaithful
from tslint.probe.plan.parts import Part, Parts, called_below
from tslint.probe.plan.program import freeze, trace
from tslint.probe.plan.served import one_batch, served
from tslint.probe.script import compiler
from tslint.probe.script.calls import Call
from tslint.probe.subject import Inputs, Settled, Subject

NOTHING_TO_KEEP = "no module has control flow to keep"

FEW = 6
"""Inputs that the search goes down the model with at first; the whole is held against all of them."""

PATIENCE = 90.0
"""Seconds after which neither another module nor a smaller plan is looked for."""


@dataclass(frozen=True)
class Blocked:
    """A module that can be neither traced nor scripted: its ``path`` ('' the whole) and class, and why each of them fails."""

    path: str
    class_name: str
    traced: str
    scripted: str

    @property
    def words(self) -> str:
        name = f"`{self.path}` ({self.class_name})" if self.path else f"`{self.class_name}`"
        return f"{name} can be neither traced ({self.traced}) nor scripted ({self.scripted})"


@dataclass
class Plan:
    """``status`` is works, refused, differs or untried; ``scripted`` and ``traced`` are paths of submodules ('' the whole)."""

    status: str = "untried"
    program: Any = None
    message: str = ""
    scripted: tuple[str, ...] = ()
    traced: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    """Attributes that had to be constants: in the user's code, those to annotate with `Final`."""
    frozen: bool = False
    """`torch.jit.freeze` was needed: it takes out the mapping between a scripted module and the wrapper around it."""
    parts: tuple[Part, ...] = ()
    """What stands in the place of a module, innermost first."""
    blocked: Blocked | None = None
    one_batch: bool = False
    """It serves the example's batch alone."""

    @property
    def conditions(self) -> str:
        """What must be done beside scripting and tracing, and what it does not serve, in a few words."""
        finals = ", ".join(f"`{name}`" for name in self.constants)
        parts = [f"{finals} annotated as `Final`" if finals else "", "`torch.jit.freeze`" if self.frozen else ""]
        done = f"with {' and '.join(filter(None, parts))}" if any(parts) else ""
        return ", ".join(filter(None, (done, "for the example's batch alone" if self.one_batch else "")))


def to_script(subject: Subject, settled: Settled) -> tuple[str, ...]:
    """The paths of the modules that only scripting keeps, innermost first: seen by the comparisons, else the author's choice."""
    return _inner_first({*settled.control_flow, *_by_author(subject)})


def build(subject: Subject, settled: Settled) -> Plan:
    """The smallest mixed program. Raises nothing for what torch refuses: that is the plan's message.

    Where there is none for all inputs, one for those of the example's batch will do: many a loop serves one sentence at a time.
    """
    first, wanted = to_script(subject, settled), served(subject)
    found = _Search(subject, wanted).smallest(first)
    alone = one_batch(subject, wanted)
    if found.status in ("works", "untried") or len(alone) in (1, len(wanted)):
        return found
    narrow = _Search(subject, alone).smallest(first)
    if narrow.status != "works":
        return found
    narrow.one_batch = True
    return narrow


def _by_author(subject: Subject) -> set[str]:
    return {*subject.author_scripted, *([""] if subject.author_route == "script" else [])}


def _inner_first(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(paths), key=lambda path: (-_depth(path), path)))


def _depth(path: str) -> int:
    return path.count(".") + 1 if path else 0


class _Blocked(Exception):
    def __init__(self, found: Blocked) -> None:
        super().__init__(found.words)
        self.found = found


class _TooLong(Exception):
    """The search has taken its time."""


@dataclass
class _Search:
    subject: Subject
    wanted: tuple[Inputs, ...]
    outer: torch.nn.Module = field(init=False)
    root: torch.nn.Module = field(init=False)
    expected: list[tuple[Inputs, Any]] = field(init=False)
    deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self.root = self.subject.module
        self.outer = self.subject.wrapped or self.root
        self.deadline = time.monotonic() + PATIENCE
        self.expected = []
        for given in self.wanted:
            with contextlib.suppress(Exception):  # where eager fails there is nothing to hold a program against
                self.expected.append((given, call(self.outer, given)))
        self.modules = dict(self.root.named_modules())

    def smallest(self, first: tuple[str, ...]) -> Plan:
        """The plan with the fewest modules scripted: FIRST is tried first, and what of it is not needed left out."""
        tried = self.assemble(first) if first else None
        for number in sorted({min(FEW, len(self.expected)), len(self.expected)}):
            if tried is not None and tried.status == "works":
                break
            try:
                found = self.descend(number)
            except _TooLong:
                return tried or Plan("refused", message=f"nothing was found within {PATIENCE:.0f} s")
            except _Blocked as error:
                failed = tried or Plan("refused", message=error.found.scripted)
                failed.blocked = error.found
                return failed
            if not found:
                return Plan(message=NOTHING_TO_KEEP)
            targets = _inner_first({*found, *_by_author(self.subject)})
            if tried is None or targets != tried.scripted:
                tried = self.assemble(targets)
        if tried is None or tried.status != "works":
            return tried or Plan(message=NOTHING_TO_KEEP)
        return self.without_needless(tried)

    def without_needless(self, plan: Plan) -> Plan:
        """PLAN with every module traced again that can be, outermost first; what the author scripts stays."""
        kept = _by_author(self.subject)
        for path in reversed(plan.scripted):
            left = tuple(other for other in plan.scripted if other != path)
            if path in kept or not left or time.monotonic() > self.deadline:
                continue
            smaller = self.assemble(left)
            if smaller.status == "works":
                plan = smaller
        return plan

    # -- one set of modules -------------------------------------------------------------------------------------------

    def assemble(self, targets: Sequence[str]) -> Plan:
        """The program in which TARGETS, innermost first, are scripted, held against eager."""
        parts = Parts(self.outer, self.root, self.subject.author_traced)
        wanted = {self.modules[path] for path in targets if path in self.modules}
        calls = calls_below(self.outer, self.whole_calls(), wanted)
        frozen = False
        try:
            with compiler.fresh_types():
                for path in targets:
                    module = self.modules.get(path)
                    if module is not None and not isinstance(module, torch.jit.ScriptModule):
                        parts.script(path, module, calls.get(module, []))
                whole = parts.made.get(self.outer)
                program = whole.program if whole is not None else trace(self.outer, self.subject.example)
                frozen = whole is None and self.root in parts.made
                if frozen:
                    program = freeze(program)
        except Exception as error:
            return Plan("refused", None, compiler.message(error), tuple(targets), parts.traced)
        finally:
            parts.restore()
        names = {name for part in parts.made.values() for own in part.constants.values() for name in own}
        plan = Plan("works", program, "", tuple(targets), parts.traced, tuple(sorted(names)), frozen)
        plan.parts = tuple(parts.made.values())
        plan.message = self.disagreement(program)
        plan.status = "differs" if plan.message else "works"
        return plan

    def disagreement(self, program: Any) -> str:
        """Why PROGRAM does not answer as eager does, in a few words; empty where it does on every input."""
        for given, answer in self.expected:
            try:
                equal = same(answer, call(program, given, self.outer))
            except Exception as error:
                return first_line(error)
            if not equal:
                return f"differs from eager on {given.name}"
        return ""

    # -- the way down -------------------------------------------------------------------------------------------------

    def whole_calls(self) -> list[Call]:
        return [Call(given.args, given.kwargs, answer) for given, answer in self.expected]

    def telling(self, number: int) -> list[Call]:
        """NUMBER calls of the whole: the example, then those on which its trace is wrong, then others."""
        calls = self.whole_calls()
        trace = self.subject.traced
        if len(calls) <= number or trace is None:
            return calls[:number]
        right = [not self.wrong_alone(trace, self.outer, [one]) for one in calls[1:]]
        order = sorted(zip(right, range(1, len(calls)), strict=True))
        return [calls[0], *(calls[index] for _, index in order[: number - 1])]

    def descend(self, number: int) -> set[str]:
        """The paths of modules to script, found on NUMBER inputs along what a trace does not reproduce. Raises _Blocked."""
        parts = Parts(self.outer, self.root, self.subject.author_traced)
        try:
            with compiler.fresh_types():
                return self.solve(parts, "", self.root, self.telling(number))
        finally:
            parts.restore()

    def solve(self, parts: Parts, path: str, module: torch.nn.Module, calls: list[Call]) -> set[str]:
        """What to script at and below MODULE so that a trace around it answers CALLS; its parts are left in place.

        The whole is traced in its wrapper, whose answers CALLS then hold, and scripted without.
        """
        if time.monotonic() > self.deadline:
            raise _TooLong
        to_trace = self.outer if module is self.root else module
        wrong = unfaithful(to_trace, calls)
        if not wrong:
            return set()
        if isinstance(module, torch.jit.ScriptModule):
            raise _Blocked(Blocked(path, module.original_name, wrong, "it is TorchScript already"))
        below = dict(called_below(path, module))
        seen = calls_below(to_trace, calls, set(below.values()))
        found: set[str] = set()
        stopped: _Blocked | None = None
        for name, child in below.items():
            one = self.solved(parts, name, child, seen.get(child, []))
            if isinstance(one, _Blocked):
                stopped = stopped or one
            else:
                found |= one
        if found:
            wrong = unfaithful(to_trace, calls)
            if not wrong:
                return found
        try:
            program = parts.script(path, module, seen_of(module, to_trace, calls))
        except Exception as error:
            compiler.forget_types()
            raise stopped or _Blocked(
                Blocked(path, type(module).__qualname__, wrong, compiler.message(error))
            ) from error
        why = self.wrong_alone(program, module, seen_of(module, to_trace, calls))
        if why:
            parts.take(module)
            raise stopped or _Blocked(Blocked(path, type(module).__qualname__, wrong, why))
        return {*found, path}

    def solved(self, parts: Parts, path: str, module: torch.nn.Module, calls: list[Call]) -> set[str] | _Blocked:
        """As :meth:`solve`; what stops it is the answer."""
        try:
            return self.solve(parts, path, module, calls)
        except _Blocked as stopped:
            return stopped

    def wrong_alone(self, program: Any, module: torch.nn.Module, calls: list[Call]) -> str:
        """Why PROGRAM does not answer CALLS as MODULE did, in a few words; empty where it does."""
        try:
            answers = [call(program, Inputs("", one.args, one.kwargs), module) for one in calls]
        except Exception as error:
            return first_line(error)
        agree = all(same(one.output, answer) for one, answer in zip(calls, answers, strict=True))
        return "" if agree else "scripted, it differs from eager"


def seen_of(module: torch.nn.Module, traced: torch.nn.Module, calls: list[Call]) -> list[Call]:
    """CALLS of what is traced, as those of MODULE inside of it."""
    return calls if module is traced else calls_below(traced, calls, {module}).get(module, [])


def names(paths: Iterable[str], root: torch.nn.Module) -> tuple[str, ...]:
    """Paths for people: the whole is called by its class."""
    return tuple(path or type(root).__name__ for path in paths)
