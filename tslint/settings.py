"""One typed table of options, read from TOML and from the command line. Reads one configuration file; prints nothing.

A field of :class:`Settings` with an :class:`Option` *is* the option: its name with ``-`` for ``_`` is the key in TOML and,
after two dashes, the option of the command line.
"""

from __future__ import annotations

import dataclasses
import math
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tslint.frozen import field, frozen

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROUTES = ("trace", "script", "mixed", "export")
FAIL_ON = ("error", "warning", "info")
OUTPUT_FORMATS = ("full", "concise", "json")

_SIZES = r"\s*\d+\s*(\.\.\s*\d+\s*)?(,\s*\d+\s*(\.\.\s*\d+\s*)?)*,?\s*"
INPUT = re.compile(rf"\s*([^\W\d]\w*\s*:)?\s*([a-z]+\d*\s*\[({_SIZES})?\s*\]|{_SIZES})\s*")
"""How an input is written; which dtypes there are is for the run to say."""

INPUT_WANTED = "like `1,3,224,224`, `int64[2..11]` or `image:float32[1,3,128..512,128..512]`"


class SettingsError(ValueError):
    """A setting that cannot be used; the message is one sentence for the user."""


@frozen
class Option:
    """What a field of Settings takes. ``kind`` is flag, text, texts, inputs, seconds, size or count.

    ``choices`` limits text and texts. ``commas``: one occurrence on the command line may hold several, comma-separated.
    ``toml`` and ``cli`` say where it may be given.
    """

    kind: str
    help: str
    choices: tuple[str, ...] = ()
    commas: bool = False
    toml: bool = True
    cli: bool = True
    metavar: str | None = None


def option(default: Any, kind: str, help: str, **more: Any) -> Any:
    """A field of Settings that is an option."""
    return field(default=default, metadata={"option": Option(kind, help, **more)})


@frozen
class ModelTable:
    """One ``[[tool.tslint.models]]`` table: what ``--model`` and ``--input`` say on the command line, for one target."""

    target: str
    model: str | None = None
    inputs: tuple[str, ...] = ()
    name: str | None = None


@frozen
class Settings:
    """Every option with its value. ``root`` is the folder that relative paths of the configuration file start from."""

    static: bool = option(False, "flag", "Read the source only: nothing is imported or run.")
    run: bool = option(
        False, "flag", "Run every target, also directories, several files, and scripts that train or write first."
    )
    route: tuple[str, ...] = option(
        (),
        "texts",
        "Ways to Core ML to try: trace, script, mixed, export or all (default: as many as are needed).",
        choices=(*ROUTES, "all"),
        commas=True,
        metavar="ROUTE",
    )
    model: str | None = option(
        None,
        "text",
        "The model in the target: `Net`, `Net(num_classes=21)` or `build_model()`.",
        toml=False,
        metavar="MODEL",
    )
    input: tuple[str, ...] = option(
        (),
        "inputs",
        "An example input, once each: `1,3,224,224`, `int64[2..11]`, `image:float32[1,3,128..512,128..512]`.",
        toml=False,
        metavar="INPUT",
    )
    no_convert: bool = option(False, "flag", "Leave out the conversion to Core ML.")
    no_verify: bool = option(False, "flag", "Leave out the evaluation of the converted program.")
    select: tuple[str, ...] = option(
        (), "texts", "Rules or groups to report (default: all).", commas=True, metavar="RULES"
    )
    ignore: tuple[str, ...] = option((), "texts", "Rules or groups to leave out.", commas=True, metavar="RULES")
    exclude: tuple[str, ...] = option((), "texts", "Paths to leave out, as in .gitignore.", cli=False)
    max_file_size: int = option(
        2 * 2**20,
        "size",
        "Files of more than this are not read, such as 500kB (default: 2MiB).",
        metavar="SIZE",
    )
    jobs: int | None = option(
        None,
        "count",
        "Processes that read the files (default: as many as there are processors).",
        metavar="N",
    )
    no_cache: bool = option(False, "flag", "Neither use nor keep what earlier checks found (in .tslint_cache).")
    fix: bool = option(False, "flag", "Write the safe fixes to the files.", toml=False)
    unsafe_fixes: bool = option(False, "flag", "Count fixes that can change what the code does among those to write.")
    diff: bool = option(False, "flag", "Print what --fix would change, and change nothing.", toml=False)
    output_format: str = option(
        "full",
        "text",
        "How the report looks: full (default), concise or json.",
        choices=OUTPUT_FORMATS,
        metavar="FORMAT",
    )
    output_file: str | None = option(None, "text", "Write the report to a file.", toml=False, metavar="PATH")
    statistics: bool = option(False, "flag", "Count the problems of each rule instead of listing them.", toml=False)
    show_info: bool = option(False, "flag", "List what is true but on a route nobody takes here, and advice.")
    show_refuted: bool = option(False, "flag", "List the predictions that the run refuted.")
    show_output: bool = option(False, "flag", "Pass on what the model prints, to standard error.")
    fail_on: str = option(
        "warning",
        "text",
        "The least severity that makes the exit status 1: error, warning (default) or info.",
        choices=FAIL_ON,
        metavar="SEVERITY",
    )
    exit_zero: bool = option(False, "flag", "Exit with 0 where problems were found (2 stays 2).")
    python: str | None = option(
        None,
        "text",
        "The interpreter that has the model's PyTorch (default: the active environment's, else tslint's own).",
        metavar="PATH",
    )
    config: str | None = option(
        None,
        "text",
        "The configuration file (default: the nearest tslint.toml, or pyproject.toml with [tool.tslint]).",
        toml=False,
        metavar="PATH",
    )
    quiet: bool = option(False, "flag", "Print the diagnostics and nothing around them.")
    timeout: float = option(600.0, "seconds", "Time limit for the whole run (default: 600).", metavar="SECONDS")
    memory: int | None = option(
        None,
        "size",
        "Memory limit for the run, such as 4GiB (default: three quarters of the machine's).",
        metavar="SIZE",
    )
    models: tuple[ModelTable, ...] = ()
    root: Path = field(default_factory=Path.cwd)
    config_path: Path | None = None

    def models_of(self, target: str) -> list[ModelTable]:
        """The configured models whose target is TARGET: the same file, or the same ``package.module:attribute``."""
        return [table for table in self.models if table.target == target or _same_file(self.root, table.target, target)]


OPTIONS: dict[str, Option] = {
    item.name: item.metadata["option"] for item in dataclasses.fields(Settings) if "option" in item.metadata
}
MODEL_KEYS = tuple(item.name for item in dataclasses.fields(ModelTable))


def load(targets: Sequence[str] = (), config: str | None = None, given: Mapping[str, Any] | None = None) -> Settings:
    """The settings for TARGETS: defaults, then the configuration file, then GIVEN (by field name, None: not given).

    Raises SettingsError for a key, type or value that cannot be used, naming the file or the option.
    """
    path = Path(config) if config is not None else find(targets)
    values: dict[str, Any] = {}
    if path is not None:
        values = read(path)
        values["root"] = path.resolve().parent
        values["config_path"] = path.resolve()
    for name, value in (given or {}).items():
        if value is not None:
            values[name] = _value(OPTIONS[name], value, f"`--{key_of(name)}`", from_toml=False)
    return Settings(**values)


def find(targets: Sequence[str]) -> Path | None:
    """The nearest configuration file, from the folder that holds all TARGETS (else the working directory) upwards."""
    folders = [_folder(Path(target)) for target in targets if Path(target).exists()]
    start = Path(os.path.commonpath(folders)) if folders else Path.cwd()
    for folder in (start, *start.parents):
        own = folder / "tslint.toml"
        if own.is_file():
            return own
        project = folder / "pyproject.toml"
        if project.is_file() and "tslint" in _tools(_parse(project), project):
            return project
    return None


def read(path: Path) -> dict[str, Any]:
    """The values of a configuration file by field name. Raises SettingsError."""
    shown = _shown(path)
    table = _parse(path)
    if path.name != "tslint.toml":
        tools = _tools(table, path)
        if "tslint" not in tools and path.name == "pyproject.toml":
            raise SettingsError(f"{shown} has no [tool.tslint] table")
        table = tools.get("tslint", table)
    if not isinstance(table, dict):
        raise SettingsError(f"`tool.tslint` in {shown} must be a table")
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key == "models":
            values["models"] = _models(value, shown)
            continue
        name = key.replace("-", "_")
        known = OPTIONS.get(name)
        if known is None or "_" in key:
            keys = [key_of(name) for name, each in OPTIONS.items() if each.toml] + ["models"]
            raise SettingsError(f"unknown key `{key}` in {shown}{nearest(key, keys)}")
        if not known.toml:
            raise SettingsError(f"`{key}` in {shown} can only be given on the command line, as --{key}")
        values[name] = _value(known, value, f"`{key}` in {shown}", from_toml=True)
    python = values.get("python")
    if python is not None and (os.sep in python or "/" in python):
        values["python"] = str(path.resolve().parent / Path(python).expanduser())
    return values


def check_rules(settings: Settings, known: Iterable[str]) -> None:
    """Raises SettingsError where ``select`` or ``ignore`` holds a name that is not among KNOWN rules and groups."""
    names = list(known)
    for key in ("select", "ignore"):
        for name in getattr(settings, key):
            if name not in names:
                raise SettingsError(f"`{key}`: no rule or group is called `{name}`{nearest(name, names)}")


def nearest(word: str, words: Iterable[str]) -> str:
    """``; did you mean `…`?`` for the spelling among WORDS that is nearest to WORD, or nothing."""
    import difflib

    found = difflib.get_close_matches(word.replace("_", "-").lower(), list(words), n=1, cutoff=0.6)
    return f"; did you mean `{found[0]}`?" if found else ""


def key_of(name: str) -> str:
    """The TOML key and, without its dashes, the command line's option for the field NAME."""
    return name.replace("_", "-")


_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_UNITS |= {f"{letter}{end}": 2 ** (10 * power) for power, letter in enumerate("kmgt", 1) for end in ("", "ib")}


def parse_size(text: str) -> int:
    """Bytes from ``4GiB``, ``512 MiB``, ``2GB`` (decimal) or a plain number. Raises ValueError."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if match is None or match[2].lower() not in _UNITS or float(match[1]) == 0:
        raise ValueError(text)
    return int(float(match[1]) * _UNITS[match[2].lower()])


def _value(known: Option, value: Any, where: str, from_toml: bool) -> Any:
    """VALUE as the type of KNOWN. Strings are read as the command line gives them unless they come from TOML."""
    wrong = SettingsError(f"{where} must be {_WANTED[known.kind]}, not {_described(value)}")
    if known.kind == "flag":
        if not isinstance(value, bool):
            raise wrong
        return value
    if known.kind == "text":
        if not isinstance(value, str):
            raise wrong
        return _chosen(known, value, where)
    if known.kind in ("texts", "inputs"):
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
            raise wrong
        parts = [part.strip() for item in value for part in (item.split(",") if known.commas else [item])]
        faulty = [part for part in parts if known.kind == "inputs" and not INPUT.fullmatch(part)]
        if faulty:
            raise SettingsError(f"{where} must be {INPUT_WANTED}, not `{faulty[0]}`")
        return tuple(_chosen(known, part, where) for part in parts if part)
    if known.kind == "seconds":
        return _seconds(value, wrong, from_toml)
    if known.kind == "size":
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        try:
            return parse_size(value)
        except (TypeError, ValueError):
            raise wrong from None
    if known.kind == "count":
        if not from_toml and isinstance(value, str) and re.fullmatch(r"[0-9]{1,4}", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise wrong
        return value
    raise AssertionError(known.kind)


def _seconds(value: Any, wrong: SettingsError, from_toml: bool) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float) if from_toml else (int, float, str)):
        raise wrong
    try:
        seconds = float(value)
    except ValueError:
        raise wrong from None
    if not 0 < seconds < math.inf:
        raise wrong
    return seconds


_WANTED = {
    "flag": "true or false",
    "text": "a string",
    "texts": "a list of strings",
    "inputs": "a list of strings",
    "seconds": "a number of seconds above 0",
    "size": "a size such as `4GiB`",
    "count": "a number of at least 1",
}


def _chosen(known: Option, value: str, where: str) -> str:
    if known.choices and value not in known.choices:
        choices = f"{', '.join(known.choices[:-1])} or {known.choices[-1]}"
        raise SettingsError(f"{where} must be {choices}, not `{value}`{nearest(value, known.choices)}")
    return value


def _models(value: Any, shown: str) -> tuple[ModelTable, ...]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise SettingsError(f"`models` in {shown} must be an array of tables: [[tool.tslint.models]]")
    return tuple(_model(table, shown) for table in value)


def _model(table: dict[str, Any], shown: str) -> ModelTable:
    for key, value in table.items():
        if key not in MODEL_KEYS:
            raise SettingsError(f"unknown key `{key}` in a `models` table of {shown}{nearest(key, MODEL_KEYS)}")
        kind = "inputs" if key == "inputs" else "text"
        _value(Option(kind, ""), value, f"`{key}` in a `models` table of {shown}", from_toml=True)
    if "target" not in table:
        raise SettingsError(f"a `models` table of {shown} has no `target`: a file, or `package.module:attribute`")
    return ModelTable(**{**table, "inputs": tuple(table.get("inputs", ()))})


def _parse(path: Path) -> dict[str, Any]:
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return table
    except OSError as error:
        raise SettingsError(f"{_shown(path)} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{_shown(path)} is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{_shown(path)} is not valid TOML: {error}") from None


def _tools(table: dict[str, Any], path: Path) -> dict[str, Any]:
    tools = table.get("tool", {})
    if not isinstance(tools, dict):
        raise SettingsError(f"`tool` in {_shown(path)} must be a table")
    return tools


def _folder(path: Path) -> Path:
    path = path.resolve()
    return path if path.is_dir() else path.parent


def _shown(path: Path) -> str:
    """PATH as the user would type it from the working directory."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def _same_file(root: Path, configured: str, target: str) -> bool:
    one, other = root / configured, Path(target)
    return one.exists() and other.exists() and one.resolve() == other.resolve()


def _described(value: Any) -> str:
    if isinstance(value, str):
        return f"`{value}`"
    if isinstance(value, bool):
        return str(value).lower()
    names = {dict: "a table", list: "a list", int: f"{value}", float: f"{value}"}
    return names.get(type(value), f"a {type(value).__name__}")
