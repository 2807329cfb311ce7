"""Submodules replaced by TorchScript for as long as a program is built: traced, or scripted around traces of what they call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from tslint.probe.plan.faithful import calls_below
from tslint.probe.plan.program import compiled, traced_part
from tslint.probe.script import compiler
from tslint.probe.script.calls import Call

MOST_TRIES = 12
"""Children of a scripted module that are traced one after the other where not all of them can be."""


@dataclass
class Part:
    """One module in the place of which a program stands: the ``path`` it is found at, and how it was made.

    ``call`` is the call that a traced one was traced with; ``constants`` maps paths to attributes that a scripted one
    reads and that had to be constants.
    """

    path: str
    how: str
    module: torch.nn.Module
    program: Any
    call: Call | None = None
    constants: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Parts:
    """The submodules of ROOT that are replaced for now, OUTER (ROOT itself, or what stands around it) among them."""

    def __init__(self, outer: torch.nn.Module, root: torch.nn.Module, traced: Sequence[str] = ()) -> None:
        self._holders = [(parent, name, child) for parent in outer.modules() for name, child in parent._modules.items()]
        self._names = {module: path for path, module in root.named_modules()}
        self._author_traced = set(traced)
        self.made: dict[torch.nn.Module, Part] = {}

    @property
    def scripted(self) -> tuple[str, ...]:
        return tuple(part.path for part in self.made.values() if part.how == "script")

    @property
    def traced(self) -> tuple[str, ...]:
        return tuple(part.path for part in self.made.values() if part.how == "trace")

    def put(self, part: Part) -> None:
        """PART's program in every place of its module; it is the newest of ``made``."""
        self.made.pop(part.module, None)
        self.made[part.module] = part
        self._set(part.module, part.program)

    def take(self, module: torch.nn.Module) -> None:
        """MODULE itself again in its places."""
        if self.made.pop(module, None) is not None:
            self._set(module, module)

    def restore(self) -> None:
        for parent, name, child in self._holders:
            parent._modules[name] = child

    def _set(self, module: torch.nn.Module, value: Any) -> None:
        for parent, name, child in self._holders:
            if child is module:
                parent._modules[name] = value

    def script(self, path: str, module: torch.nn.Module, calls: Sequence[Call]) -> Any:
        """Scripts MODULE around traces of as many of the modules that it calls as there can be; CALLS are its own.

        Parts that were made before stay. Raises what the compiler says of MODULE with the fewest traces in it.
        """
        below = {name: child for name, child in called_below(path, module) if child not in self.made}
        seen = calls_below(module, calls, {c for c in below.values() if not isinstance(c, torch.jit.ScriptModule)})
        traces: list[Part] = []
        for name, child in below.items():
            program = traced_part(child, seen.get(child, []))
            if program is not None:
                traces.append(Part(name, "trace", child, program, seen[child][0]))
        program, constants = self._compile_around(module, traces)
        paths = {self._names[part]: names for part, names in constants.items() if part in self._names}
        self.put(Part(path, "script", module, program, constants=paths))
        return program

    def _compile_around(self, module: torch.nn.Module, traces: Sequence[Part]) -> Any:
        """MODULE compiled with all of TRACES in their places; else with as many of them as it bears."""
        for part in traces:
            self.put(part)
        try:
            return compiled(module)
        except Exception:
            compiler.forget_types()
        spare = [part for part in traces if part.path not in self._author_traced and compiles(part.module)]
        for part in spare:
            self.take(part.module)
        try:
            found = compiled(module)
        except Exception:
            for part in traces:
                self.take(part.module)
            raise
        for part in spare[:MOST_TRIES]:
            self.put(part)
            compiler.forget_types()
            try:
                found = compiled(module)
            except Exception:
                self.take(part.module)
        return found


def compiles(module: torch.nn.Module) -> bool:
    """Whether MODULE can be scripted by itself."""
    compiler.forget_types()
    try:
        compiler.script(module)
    except Exception:
        return False
    finally:
        compiler.forget_types()
    return True


def called_below(path: str, module: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    """The modules that MODULE calls itself: its children, and those in its lists and dictionaries of modules."""
    for name, child in module.named_children():
        below = f"{path}.{name}" if path else name
        if isinstance(child, (torch.nn.ModuleList, torch.nn.ModuleDict)):
            yield from called_below(below, child)
        else:
            yield below, child
