"""One typed table of options, read from TOML and from the command line. Reads one configuration file; prints nothing.

A field of :class:`Settings` with an :class:`Option` *is* the option: its name with ``-`` for ``_`` is the key in TOML and,
after two dashes, the option of the command line.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tslint.frozen import field, frozen
from tslint.settings.models import ModelTable, models
from tslint.settings.values import Option, SettingsError, key_of, nearest, parse_size, value_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = [
    "OPTIONS",
    "OUTPUT_FORMATS",
    "ModelTable",
    "Option",
    "Settings",
    "SettingsError",
    "check_rules",
    "find",
    "key_of",
    "load",
    "nearest",
    "parse_size",
    "read",
]

ROUTES = ("trace", "script", "mixed", "export")

FAIL_ON = ("error", "warning", "info")

OUTPUT_FORMATS = ("full", "concise", "json")

TARGETS = (
    *(f"iOS{number}" for number in (15, 16, 17, 18, 26)),
    *(f"macOS{number}" for number in (12, 13, 14, 15, 26)),
)


def option(default: Any, kind: str, help: str, **more: Any) -> Any:
    """A field of Settings that is an option."""
    return field(default=default, metadata={"option": Option(kind, help, **more)})


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
    target: str | None = option(
        None,
        "text",
        "The deployment target of the conversion, such as iOS17 (default: coremltools' own).",
        choices=TARGETS,
        metavar="TARGET",
    )
    save: str | None = option(
        None,
        "text",
        "Write the recommended Core ML model, as [tool.tslint.models.coreml] describes it.",
        toml=False,
        metavar="OUT.mlpackage",
    )
    repro: str | None = option(
        None,
        "text",
        "Write a script for each op that does not convert, which shows it alone, into a directory.",
        toml=False,
        metavar="DIR",
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
    add_ignore: str | None = option(
        None,
        "words",
        "Add a `# tslint: ignore[rule]` comment, with the reason if one is given, for every problem.",
        toml=False,
        metavar="[=REASON]",
    )
    baseline: str | None = option(
        None, "text", "Tolerate the problems that this file lists, and report the others.", metavar="PATH"
    )
    write_baseline: bool = option(False, "flag", "Write the problems to the baseline.", toml=False)
    stdin_filename: str | None = option(
        None, "text", "Check standard input as the source of this file; nothing is run.", toml=False, metavar="PATH"
    )
    watch: bool = option(False, "flag", "Check again whenever a file changes.", toml=False)
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
            values[name] = value_of(OPTIONS[name], value, f"`--{key_of(name)}`", from_toml=False)
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
            values["models"] = models(value, shown)
            continue
        name = key.replace("-", "_")
        known = OPTIONS.get(name)
        if known is None or "_" in key:
            keys = [key_of(name) for name, each in OPTIONS.items() if each.toml] + ["models"]
            raise SettingsError(f"unknown key `{key}` in {shown}{nearest(key, keys)}")
        if not known.toml:
            raise SettingsError(f"`{key}` in {shown} can only be given on the command line, as --{key}")
        values[name] = value_of(known, value, f"`{key}` in {shown}", from_toml=True)
    python = values.get("python")
    if python is not None and (os.sep in python or "/" in python):
        values["python"] = str(path.resolve().parent / Path(python).expanduser())
    if values.get("baseline") is not None:
        values["baseline"] = str(path.resolve().parent / values["baseline"])
    return values


def check_rules(settings: Settings, known: Iterable[str]) -> None:
    """Raises SettingsError where ``select`` or ``ignore`` holds a name that is not among KNOWN rules and groups."""
    names = list(known)
    for key in ("select", "ignore"):
        for name in getattr(settings, key):
            if name not in names:
                raise SettingsError(f"`{key}`: no rule or group is called `{name}`{nearest(name, names)}")


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
