"""What is particular to a live model's check apart from running it: options, file, its part of that file. Imports no torch."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tslint.diagnostic import Diagnostic
from tslint.evidence import CodeRan, Evidence
from tslint.settings import Settings, SettingsError, load

LIBRARY = re.compile(r"[/\\](site-packages|dist-packages|lib\d*[/\\]python3\.\d+)[/\\]", re.IGNORECASE)
DEPLOYMENT_TARGET = re.compile(r"(iOS|macOS|watchOS|tvOS)\d+(_\d+)?")


class IsolationError(RuntimeError):
    """A live model that can neither be checked in a fork nor be pickled to a fresh process; the message is one sentence."""


def settings(file: str | None, target: str | None, given: Mapping[str, Any]) -> Settings:
    """The configuration that holds for FILE (None: for the working directory), then what was GIVEN by field name.

    Raises SettingsError, which names the argument.
    """
    if target is not None and not (isinstance(target, str) and DEPLOYMENT_TARGET.fullmatch(target)):
        raise SettingsError(f"`target` must be like `iOS17` or `macOS14`, not `{target}`")
    try:
        found = load([file] if file else [], None, _listed(given))
    except SettingsError as error:
        raise SettingsError(_as_arguments(str(error), given)) from None
    return dataclasses.replace(found, static=False, fix=False, model=None, input=())


def _listed(given: Mapping[str, Any]) -> dict[str, Any]:
    """One name for a list of one, as on the command line."""
    several = ("route", "select", "ignore")
    return {name: [value] if name in several and isinstance(value, str) else value for name, value in given.items()}


def _as_arguments(message: str, given: Mapping[str, Any]) -> str:
    """MESSAGE about an option, with the argument's name in the place of the option's."""
    for name in given:
        message = message.replace(f"`--{name}`", f"`{'routes' if name == 'route' else name}`")
    return message


def own_file(classes: Mapping[str, Sequence[str]]) -> str | None:
    """The file of the outermost class that is no library's, of CLASSES: file → names, outermost first."""
    return next((path for path in classes if path.endswith(".py") and not LIBRARY.search(path)), None)


def held(
    predicted: Iterable[Diagnostic], file: str, classes: Iterable[str], evidence: Iterable[Evidence]
) -> list[Diagnostic]:
    """What of FILE's predictions concerns the model: CLASSES that it holds, and functions that its run went through."""
    names = {name.replace("<locals>.", "") for name in classes}
    for item in evidence:
        if isinstance(item, CodeRan):
            for path, functions in item.functions.items():
                names.update(functions if str(Path(path).resolve()) == file else ())
    return [d for d in predicted if d.symbol and any(f"{d.symbol}.".startswith(f"{name}.") for name in names)]
