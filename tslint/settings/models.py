"""The ``[[tool.tslint.models]]`` tables, each with its ``coreml`` table."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from tslint.frozen import frozen
from tslint.request import CoreML
from tslint.settings.values import Option, SettingsError, chosen, described, key_of, nearest, value_of

COLOR_LAYOUTS, PRECISIONS = ("RGB", "BGR", "GRAYSCALE"), ("float16", "float32")


@frozen
class ModelTable:
    """One ``[[tool.tslint.models]]`` table: what ``--model`` and ``--input`` say on the command line, for one target."""

    target: str
    model: str | None = None
    inputs: tuple[str, ...] = ()
    name: str | None = None
    coreml: CoreML | None = None


MODEL_KEYS = tuple(item.name for item in dataclasses.fields(ModelTable) if item.name != "coreml")


def models(value: Any, shown: str) -> tuple[ModelTable, ...]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise SettingsError(f"`models` in {shown} must be an array of tables: [[tool.tslint.models]]")
    return tuple(_model(table, shown) for table in value)


def _model(table: dict[str, Any], shown: str) -> ModelTable:
    where = f"a `models` table of {shown}"
    coreml = _coreml(table.pop("coreml"), where) if "coreml" in table else None
    for key, value in table.items():
        if key not in MODEL_KEYS:
            raise SettingsError(f"unknown key `{key}` in a `models` table of {shown}{nearest(key, MODEL_KEYS)}")
        kind = "inputs" if key == "inputs" else "text"
        value_of(Option(kind, ""), value, f"`{key}` in a `models` table of {shown}", from_toml=True)
    if "target" not in table:
        raise SettingsError(f"a `models` table of {shown} has no `target`: a file, or `package.module:attribute`")
    return ModelTable(**{**table, "inputs": tuple(table.get("inputs", ())), "coreml": coreml})


def _coreml(value: Any, where: str) -> CoreML:
    """A ``coreml`` table. The type of a key is that of its default."""
    if not isinstance(value, dict):
        raise SettingsError(f"`coreml` in {where} must be a table")
    known = {key_of(item.name): item for item in dataclasses.fields(CoreML)}
    found: dict[str, Any] = {}
    for key, given in value.items():
        if key not in known:
            raise SettingsError(f"unknown key `{key}` in `coreml` of {where}{nearest(key, known)}")
        default, name = known[key].default, known[key].name
        if name == "preview_parameters" and isinstance(given, dict):
            found[name] = json.dumps(given)
            continue
        items = given if isinstance(default, tuple) else [given]
        number = isinstance(default, float) or name == "bias"
        wanted: Any = bool if isinstance(default, bool) else (int, float) if number else str
        flag = isinstance(given, bool) is not isinstance(default, bool)
        if not isinstance(items, list) or flag or not all(isinstance(item, wanted) for item in items):
            raise SettingsError(f"`{key}` in `coreml` of {where} cannot be {described(given)}")
        found[name] = tuple(items) if isinstance(default, tuple) else given
    for name, choices in (("color_layout", COLOR_LAYOUTS), ("precision", PRECISIONS)):
        chosen(
            Option("text", "", choices=choices), found.get(name, choices[0]), f"`{key_of(name)}` in `coreml` of {where}"
        )
    return CoreML(**found)
