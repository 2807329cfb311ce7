"""What configuration files, the environment and the command line say together: one overrides the other, or adds to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tslint.settings.files import File, moved, shown

if TYPE_CHECKING:
    from tslint.settings.patterns import Glob
    from tslint.settings.selection import Layer

ADDING = frozenset({"extend_select", "extend_exclude", "extend_per_file_ignores"})
SELECTING = frozenset({"select", "extend_select", "ignore"})
OWN = frozenset({"extend", "required_version"})
"""What a file says of itself alone: nobody inherits it."""

COMMAND_LINE = "command line"
ENVIRONMENT = "environment"


def composed(
    files: Sequence[File], environment: Mapping[str, Any], given: Mapping[str, Any], root: Path
) -> dict[str, Any]:
    """The fields of Settings that FILES, the farthest first, then the ENVIRONMENT and then what was GIVEN say.

    ROOT is the last file's folder.
    """
    values: dict[str, Any] = {}
    origins: dict[str, tuple[str, ...]] = {}
    layers: list[Layer] = []
    for file in files:
        own = file is files[-1]
        said = {name: value for name, value in file.values.items() if own or name not in OWN}
        if "models" in said:
            said["models"] = moved(said["models"], file.folder, root)
        _add(values, origins, said, shown(file.path))
        layers += _layer(said)
    _add(values, origins, environment, ENVIRONMENT)
    _add(values, origins, given, COMMAND_LINE)
    layers += _layer(given)
    for name in ("exclude", "extend_exclude"):
        if name in values:
            values[name] = tuple(_for(glob, root, files) for glob in values[name])
    return {**values, "layers": tuple(layers), "origins": origins}


def _add(values: dict[str, Any], origins: dict[str, tuple[str, ...]], said: Mapping[str, Any], origin: str) -> None:
    """Puts what was SAID over VALUES."""
    if "select" in said:  # which begins anew
        for name in ("extend_select", "ignore"):
            values.pop(name, None)
            origins.pop(name, None)
    for name, value in said.items():
        if name in values and name == "severity":
            value = tuple((dict(values[name]) | dict(value)).items())
        elif name in values and (name in ADDING or name == "ignore"):
            value = (*values[name], *(each for each in value if name not in SELECTING or each not in values[name]))
        else:
            origins.pop(name, None)
        values[name] = value
        origins[name] = (*origins.get(name, ()), origin)


def _layer(said: Mapping[str, Any]) -> list[Layer]:
    if said.keys().isdisjoint(SELECTING):
        return []
    from tslint.settings.selection import Layer

    return [Layer(said.get("select"), said.get("extend_select", ()), said.get("ignore", ()))]


def _for(glob: Glob, root: Path, files: Sequence[File]) -> Glob:
    """A pattern that names no folder holds wherever the configuration does that inherits it."""
    inherited = any(glob.folder == file.folder for file in files) and glob.folder != root
    return type(glob)(glob, root) if inherited and glob.anywhere else glob
