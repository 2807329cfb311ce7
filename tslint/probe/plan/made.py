"""The route that works, told as code: what the script of ``tslint plan`` is put together from."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from tslint.evidence import Attempt, PlanMade, PlannedPart
from tslint.probe import values
from tslint.probe.agree import call, first_line
from tslint.probe.convert import coreml
from tslint.probe.entry.standins import FunctionModule
from tslint.probe.plan import code, recorded, sizes
from tslint.probe.plan.code import Unwritable
from tslint.probe.plan.mixed import Plan
from tslint.probe.plan.parts import Part
from tslint.probe.plan.program import positional
from tslint.probe.subject import Inputs, Subject
from tslint.probe.trace.tracing import named
from tslint.probe.values import positional as in_order

WRONG = {"differs": "differs from eager", "died": "ended the process", "refused": "is refused"}


def none(subject: Subject, lines: dict[str, Attempt], wrapped: Attempt | None, mixed: Plan | None) -> PlanMade:
    """No route works: why each of them does not, or which module none of them gets past."""
    name = _name(subject.module)
    if mixed is not None and mixed.blocked is not None:
        return PlanMade(subject.entry, "", name, blocked=mixed.blocked.words)
    found = {**lines, **({"trace": wrapped} if wrapped is not None else {})}
    tried = {route: _why(attempt) for route, attempt in found.items() if attempt.status != "untried"}
    return PlanMade(
        subject.entry, "", name, blocked="; ".join(f"{route}: {why}" for route, why in tried.items() if why)
    )


def _name(module: torch.nn.Module) -> str:
    return str(module.original_name) if isinstance(module, torch.jit.ScriptModule) else type(module).__name__


def _why(attempt: Attempt) -> str:
    if attempt.converts in WRONG:
        return f"conversion {WRONG[attempt.converts]} ({attempt.message})" if attempt.message else "does not convert"
    return attempt.message or WRONG.get(attempt.status, "")


def made(
    subject: Subject,
    route: str,
    program: Any,
    outer: torch.nn.Module,
    mixed: Plan | None,
) -> PlanMade:
    """The plan that takes ROUTE with PROGRAM, which OUTER's answers were held against. Raises nothing."""
    name = _name(subject.module)
    if isinstance(subject.module, FunctionModule):
        return PlanMade(subject.entry, "", name, blocked=f"`{name}` is a function: `ct.convert` takes a module's trace")
    try:
        return _Writer(subject, route, program, outer, mixed).plan(name)
    except Unwritable as error:
        return PlanMade(subject.entry, "", name, blocked=str(error))
    except Exception as error:
        return PlanMade(subject.entry, "", name, blocked=f"it cannot be written down: {first_line(error)}")


class _Writer:
    def __init__(self, subject: Subject, route: str, program: Any, outer: torch.nn.Module, mixed: Plan | None) -> None:
        self.subject = subject
        self.route = "archive" if isinstance(subject.module, torch.jit.ScriptModule) else route
        self.program = program
        self.outer = outer
        self.mixed = mixed
        self.example = self._ordered()

    def _ordered(self) -> Inputs:
        """The example as the tracer takes it: in order where it can be, else all by name."""
        given = self.subject.example
        if not given.kwargs or isinstance(self.subject.module, torch.jit.ScriptModule):
            return given
        bound = in_order(self.subject.module, given.args, given.kwargs)
        if bound is not None:
            return Inputs(given.name, tuple(bound))
        return Inputs(given.name, (), named(self.subject.module, given.args, given.kwargs))

    def plan(self, name: str) -> PlanMade:
        subject, origin = self.subject, self.subject.origin
        own = origin.example and origin.inputs != "pair"  # which the tracer takes apart
        example, inputs = (origin.example, origin.inputs) if own else self._example()
        free = sizes.flexible(subject, self._callable(), self.outer)
        found, fixed = self._types(free), self._types(())
        planned = PlanMade(
            subject.entry,
            self.route,
            name,
            build=origin.build,
            source=origin.source,
            root=_root(origin.source),
            example=example,
            inputs=inputs,
            parts=self._parts(),
            frozen=self.route == "mixed" and self.mixed is not None and self.mixed.frozen,
            types=found.types,
            sizes=found.sizes,
            ranges=tuple((*axis, one.low, one.high) for one in free for axis in one.axes),
            fixed=fixed.types,
            dynamic=self._dynamic(free),
            place=subject.call_site,
            conversion=subject.conversion.place if subject.conversion is not None else None,
        )
        planned = self._recorded(planned)
        return planned if self.outer is subject.module else self._wrapped(planned)

    def _recorded(self, planned: PlanMade) -> PlanMade:
        """With the file's own call of `ct.convert` as code."""
        if self.subject.conversion is None:
            return planned
        given = self.subject.conversion.kwargs
        try:
            return replace(planned, recorded=recorded.types(given), options=recorded.options(given))
        except Unwritable as error:
            return replace(planned, unrecorded=str(error))

    def _callable(self) -> Any:
        return self.program.module() if self.route == "export" else self.program

    def _example(self) -> tuple[str, str]:
        if self.example.kwargs:
            return code.value(dict(self.example.kwargs)), "keywords"
        args = self.example.args
        if len(args) == 1 and isinstance(args[0], torch.Tensor):
            return code.value(args[0]), "tensor"
        return code.value(tuple(args)), "sequence"

    def _wrapped(self, planned: PlanMade) -> PlanMade:
        """With the wrapper that stands around the model: its real keys, its real parameters."""
        output = call(self.subject.module, self.subject.example)
        items = [item for item in values.describe(output) if item.shape is not None]
        lost = next((item.key for item in items if not item.access), None)
        if lost is not None:
            raise Unwritable(f"no code picks `{lost}` out of what the model returns")
        parameters, arguments = values.forwarding(self.subject.module, self.subject.example)
        accesses = tuple(item.access for item in items)
        return replace(planned, parameters=parameters, arguments=arguments, accesses=accesses)

    # -- modules ------------------------------------------------------------------------------------------------------

    def _parts(self) -> tuple[PlannedPart, ...]:
        name = type(self.subject.module).__qualname__
        if self.route == "script":
            return (PlannedPart(("",), "script", name),)
        if self.route != "mixed" or self.mixed is None:
            return ()
        places = code.places(self.subject.module)
        paths = {path: places[module] for path, module in self.subject.module.named_modules()}
        return tuple(self._part(part, places, paths) for part in self.mixed.parts)

    def _part(
        self, part: Part, places: dict[torch.nn.Module, tuple[str, ...]], paths: dict[str, tuple[str, ...]]
    ) -> PlannedPart:
        written = ""
        if part.how == "trace" and part.call is not None:
            written = code.arguments(positional(part.call) or (), self.example.args)
        constants = tuple((paths[path][0], names) for path, names in part.constants.items())
        return PlannedPart(places[part.module], part.how, type(part.module).__qualname__, written, constants)

    # -- inputs -------------------------------------------------------------------------------------------------------

    def _types(self, free: tuple[sizes.Flexible, ...]) -> sizes.Types:
        if self.route == "export":
            given = list(values.tensors_in([self.subject.example.args, self.subject.example.kwargs]))
            return sizes.types(self.subject, given, list(self.program.graph_signature.user_inputs), free)
        given = coreml.given(self.program, self.subject.example)
        names = [value.debugName().split(".")[0] for value in self.program.forward.graph.inputs()][1:]
        named = [self._named(value) or name for value, name in zip(given, names, strict=False)]
        return sizes.types(self.subject, given, named, free)

    def _named(self, value: Any) -> str:
        """What the user calls a tensor of the example."""
        tensors = list(values.tensors_in([self.subject.example.args, self.subject.example.kwargs]))
        pairs = zip(tensors, self.subject.origin.names, strict=False)
        return next((name for tensor, name in pairs if tensor is value), "")

    def _dynamic(self, free: tuple[sizes.Flexible, ...]) -> str:
        """Code for ``dynamic_shapes``, by parameter; empty where every size is the example's."""
        if self.route != "export" or not free:
            return ""
        tensors = list(values.tensors_in([self.subject.example.args, self.subject.example.kwargs]))
        axes = sorted(axis for one in free for axis in one.axes)

        def described(value: Any) -> str:
            if isinstance(value, torch.Tensor):
                index = next(i for i, tensor in enumerate(tensors) if tensor is value)
                own = [f"{dimension}: torch.export.Dim.AUTO" for i, dimension in axes if i == index]
                return f"{{{', '.join(own)}}}" if own else "None"
            if isinstance(value, (list, tuple)):
                return f"({', '.join(map(described, value))},)"
            return "None"

        given = named(self.subject.module, self.subject.example.args, self.subject.example.kwargs)
        return f"{{{', '.join(f'{values.literal(key)}: {described(item)}' for key, item in given.items())}}}"


def _root(source: str) -> str:
    """The directory that the module SOURCE is imported from; empty where it is installed."""
    top = sys.modules.get(source.partition(".")[0])
    file = getattr(top, "__file__", None)
    if not source or file is None:
        return ""
    path = Path(file).resolve()
    folder = path.parent.parent if path.name == "__init__.py" else path.parent
    return "" if {"site-packages", "dist-packages"} & set(folder.parts) else str(folder)
