"""The line above each model: what a click runs, how far a run has come, or what it found. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lsprotocol import types

from tslint.server.checker import ModelClass

RUN, CANCEL = "tslint.run", "tslint.cancel"
COMMANDS = (RUN, CANCEL)
OFFER = "Run tslint: trace, script, convert"


def lenses(
    uri: str, classes: Iterable[ModelClass], verdicts: Mapping[str, str], running: str | None, progress: str
) -> list[types.CodeLens]:
    """A lens for each of CLASSES. VERDICTS of runs by class; RUNNING is the class that is being run, or all where it is empty."""
    found = []
    for cls in classes:
        command = types.Command(verdicts.get(cls.name) or OFFER, RUN, arguments=[uri, cls.name])
        if running is not None and running in ("", cls.name):
            command = types.Command(f"tslint: {progress} (click to stop)", CANCEL, arguments=[uri])
        line = cls.line - 1
        found.append(types.CodeLens(types.Range(types.Position(line, 0), types.Position(line, 0)), command))
    return found
