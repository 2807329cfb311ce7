"""What a report says of one entry that was run: steps, inputs, routes, dimensions, ops. Frozen data, JSON; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tslint.diagnostic import Place, to_json
from tslint.evidence import Escape, InputSpec
from tslint.frozen import field, frozen
from tslint.report.places import place_json, shown


@frozen
class Step:
    """``status`` is ok, failed, died, timeout or skipped; ``detail`` a few words for people ("2 inputs")."""

    name: str
    status: str
    seconds: float
    message: str = ""
    detail: str = ""


@frozen
class TriedInput:
    """One set of inputs: its name, shapes as text, and eager's error where it does not accept them."""

    name: str
    shapes: str
    accepted: bool = True
    error: str | None = None


@frozen
class Route:
    """One way to Core ML. ``status`` and ``converts`` are works, refused, differs, died or untried.

    ``stopped_by`` are the rules of the problems that stand in its way, ``composed`` the ops that need a composite,
    ``decomposed`` the overloads of an exported program that have to be taken apart, ``dropped`` the passes of coremltools that
    have to be left out. ``parts`` are what a mixed program scripts, ``traced`` the paths of what is traced inside of those.
    """

    name: str
    status: str = "untried"
    converts: str = "untried"
    stopped_by: tuple[str, ...] = ()
    composed: tuple[str, ...] = ()
    decomposed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    verified: bool | None = None
    difference: float | None = None
    message: str = ""
    keys: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    traced: tuple[str, ...] = ()
    wrapped: Route | None = None

    def to_json(self) -> dict[str, Any]:
        data = self._own()
        if self.name == "trace":
            inner = self.wrapped
            data["wrapped"] = None if inner is None else inner._own() | {"keys": list(inner.keys)}
        return data

    def _own(self) -> dict[str, Any]:
        names = (
            "status",
            "converts",
            "stopped_by",
            "composed",
            "decomposed",
            "dropped",
            "verified",
            "difference",
            "message",
        )
        return {name: to_json(getattr(self, name)) for name in names}


@frozen
class Dimension:
    """Whether the trace serves other sizes of a dimension; None where it never changed alone. ``stopped_by`` are rules.

    ``together`` are the dimensions of which it serves other sizes if all of them change.
    """

    input: str
    dimension: int
    verdict: bool | None
    stopped_by: tuple[str, ...] = ()
    together: tuple[tuple[str, int], ...] = ()


@frozen
class OpPlace:
    place: Place | None
    library: Place | None = None
    module_path: str = ""
    count: int = 1


@frozen
class Op:
    """An op of the graph and how often it stands there; ``places`` are known for those that do not convert.

    ``composite`` is code that lets it convert, empty where none was found.
    """

    op: str
    count: int
    supported: bool = True
    message: str = ""
    composite: str = ""
    places: tuple[OpPlace, ...] = ()


@frozen
class Module:
    """One module of a model, by its path (empty for the whole). ``training``: it came in training mode.

    ``scripts``: TorchScript's compiler takes its own code; None where nobody knows. ``code`` are the class statements of its
    class and of those that it inherits from, torch's own aside.
    """

    path: str
    class_name: str
    training: bool = False
    scripts: bool | None = None
    code: tuple[Place, ...] = ()


@frozen
class Run:
    """One entry, run. ``command`` repeats it; ``how`` says where the entry comes from, ``example`` its inputs.

    ``unchanged``: of a file that was run as its fixes leave it, whether the eager model answers what it answered before;
    ``changed`` how not, or why nobody knows.
    """

    target: str
    command: str = ""
    inputs: tuple[TriedInput, ...] = ()
    versions: Mapping[str, str | None] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    escapes: tuple[Escape, ...] = ()
    routes: tuple[Route, ...] = ()
    recommended: str | None = None
    generalises: tuple[Dimension, ...] = ()
    ops: tuple[Op, ...] = ()
    modules: tuple[Module, ...] = ()
    entry: int = 0
    how: str = ""
    module: str = ""
    example: tuple[InputSpec, ...] = ()
    unchanged: bool | None = None
    changed: str = ""

    def to_json(self, directory: str) -> dict[str, Any]:
        return {
            "target": shown(self.target, directory),
            "command": self.command,
            "inputs": to_json(self.inputs),
            "versions": dict(self.versions),
            "steps": [
                {
                    "name": step.name,
                    "status": step.status,
                    "seconds": round(step.seconds, 3),
                    "message": step.message or step.detail,
                }
                for step in self.steps
            ],
            "escapes": [_escape(escape, directory) for escape in self.escapes],
            "routes": {route.name: route.to_json() for route in self.routes},
            "recommended": self.recommended,
            "generalises": [
                {"input": item.input, "dimension": item.dimension, "verdict": item.verdict} for item in self.generalises
            ],
            "ops": [_op(op, directory) for op in self.ops],
            "modules": [_module(module, directory) for module in self.modules],
        }


def _escape(escape: Escape, directory: str) -> dict[str, Any]:
    names = ("via", "operator", "origin", "values", "warned", "note")
    return {
        **place_json(escape.place, directory),
        **{name: to_json(getattr(escape, name)) for name in names},
        "settled": escape.verdict,
    }


def _module(module: Module, directory: str) -> dict[str, Any]:
    return {
        **place_json(module.code[0] if module.code else None, directory),
        "module_path": module.path,
        "class": module.class_name,
        "training": module.training,
        "scripts": module.scripts,
    }


def _op(op: Op, directory: str) -> dict[str, Any]:
    places = [
        {
            **place_json(item.place, directory),
            "library": None if item.library is None else place_json(item.library, directory),
            "module_path": item.module_path,
            "count": item.count,
        }
        for item in op.places
    ]
    return {
        "op": op.op,
        "count": op.count,
        "supported": op.supported,
        "message": op.message,
        "composite": op.composite,
        "places": places,
    }
