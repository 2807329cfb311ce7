"""Values that name rules, patterns and versions: what is wrong with one is said with its key and the nearest spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tslint import catalogue
from tslint.settings.patterns import PatternError, PerFile, check_excluding, expression
from tslint.settings.values import Option, SettingsError, chosen, described, nearest

SEVERITIES = ("error", "warning", "info", "off")


def rule(name: str, where: str) -> str:
    """NAME, which has to be that of a rule or a group."""
    known = (*catalogue.names(), *catalogue.GROUPS)
    if name not in known:
        raise SettingsError(f"{where}: no rule or group is called `{name}`{nearest(name, known)}")
    return name


def excluding(pattern: str, where: str) -> str:
    """PATTERN, which has to be one that a ``.gitignore`` may hold."""
    try:
        check_excluding(pattern)
    except PatternError as error:
        raise SettingsError(f"{where} has the pattern `{pattern}`, which {error}") from None
    return pattern


def version(required: str, where: str) -> str:
    """REQUIRED, which has to name the running version of tslint."""
    from tslint import __version__
    from tslint.settings.version import VersionError, accepts

    try:
        fits = accepts(required)
    except VersionError:
        raise SettingsError(f"{where} must be a version, or limits such as `>=0.1,<2`, not `{required}`") from None
    if not fits:
        raise SettingsError(f"{where} is `{required}`, and this is tslint {__version__}")
    return required


def severities(value: Any, where: str, wrong: SettingsError) -> tuple[tuple[str, str], ...]:
    """A table of rules and groups, each with a severity or ``off``."""
    if not isinstance(value, dict):
        raise wrong
    for name, severity in value.items():
        here = _inside(where, name)
        rule(name, here)
        if not isinstance(severity, str):
            raise SettingsError(f"{here} must be a string, not {described(severity)}")
        chosen(Option("text", "", choices=SEVERITIES), severity, here)
        if name in catalogue.UNCHECKED and severity != "error":
            raise SettingsError(
                f"{here} cannot be `{severity}`: where it is reported, tslint could not do all of its job"
            )
    return tuple(value.items())


def ignores(value: Any, where: str, wrong: SettingsError) -> tuple[PerFile, ...]:
    """A table of patterns, each with the rules and groups that are ignored in the files that it matches."""
    if not isinstance(value, dict):
        raise wrong
    found: list[PerFile] = []
    for pattern, rules in value.items():
        here = where if where.startswith("`--") else _inside(where, pattern)
        try:
            expression(pattern.removeprefix("!"))
        except PatternError as error:
            raise SettingsError(f"{where} has the pattern `{pattern}`, which {error}") from None
        if not isinstance(rules, list) or not all(isinstance(item, str) for item in rules):
            raise SettingsError(f"{here} must be a list of strings, not {described(rules)}")
        found.append(PerFile(pattern, tuple(rule(name, here) for name in rules)))
    return tuple(found)


def pairs(parts: Iterable[str], where: str) -> dict[str, list[str]]:
    """What the command line gives as ``pattern:rule``, as a table."""
    found: dict[str, list[str]] = {}
    for part in parts:
        pattern, colon, name = part.rpartition(":")
        if not colon or not pattern.strip() or not name.strip():
            raise SettingsError(f"{where} must be like `tests/*:script`, not `{part}`")
        found.setdefault(pattern.strip(), []).append(name.strip())
    return found


def _inside(where: str, key: str) -> str:
    """WHERE, which begins with a key in backticks, for a KEY of its table."""
    head, _, tail = where.removeprefix("`").partition("`")
    return f"`{head}.{key if re.fullmatch(r'[A-Za-z0-9_-]+', key) else _quoted(key)}`{tail}"


def _quoted(key: str) -> str:
    return f'"{key}"'
