"""One typed table of options, read from TOML and from the command line. Prints nothing.

A field of :class:`Settings` with an :class:`Option` *is* the option: its name with ``-`` for ``_`` is the key in TOML and,
after two dashes, the option of the command line.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tslint.frozen import field, frozen
from tslint.settings import files
from tslint.settings.models import ModelTable
from tslint.settings.values import (
    Option,
    SettingsError,
    from_environment,
    key_of,
    nearest,
    negative_of,
    parse_size,
    value_of,
)

if TYPE_CHECKING:
    from tslint.settings.patterns import Glob, PerFile
    from tslint.settings.selection import Layer

__all__ = [
    "OPTIONS",
    "OUTPUT_FORMATS",
    "ModelTable",
    "Option",
    "Settings",
    "SettingsError",
    "key_of",
    "load",
    "load_file",
    "nearest",
    "negative_of",
    "parse_size",
]

ROUTES = ("trace", "script", "mixed", "export")

FAIL_ON = ("error", "warning", "info")

OUTPUT_FORMATS = (
    "full",
    "concise",
    "grouped",
    "json",
    "json-lines",
    "junit",
    "sarif",
    "github",
    "gitlab",
    "azure",
    "pylint",
    "rdjson",
    "html",
)
FORMAT_VARIABLE = "TSLINT_OUTPUT_FORMAT"

TARGETS = (
    *(f"iOS{number}" for number in (15, 16, 17, 18, 26)),
    *(f"macOS{number}" for number in (12, 13, 14, 15, 26)),
)


def option(default: Any, kind: str, help: str, **more: Any) -> Any:
    """A field of Settings that is an option."""
    return field(default=default, metadata={"option": Option(kind, help, **more)})


@frozen
class Settings:
    """Every option with its value. ``root`` is the folder that relative paths of the configuration file start from.

    ``project`` is the folder of the configuration, or that above it of one that it extends. ``origins`` say where a value comes
    from that is no default, ``layers`` which of those selected what. ``given`` is what the command line said, and ``start`` the
    folder that the configuration was looked for from; without them, these settings hold for every file.
    """

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
        near=True,
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
        near=True,
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
    no_convert: bool = option(False, "flag", "Leave out the conversion to Core ML.", near=True)
    no_verify: bool = option(False, "flag", "Leave out the evaluation of the converted program.", near=True)
    select: tuple[str, ...] = option(
        (), "rules", "Rules or groups to report (default: all).", commas=True, metavar="RULES", near=True
    )
    extend_select: tuple[str, ...] = option(
        (), "rules", "Rules or groups to report besides those selected.", commas=True, metavar="RULES", near=True
    )
    ignore: tuple[str, ...] = option(
        (), "rules", "Rules or groups to leave out.", commas=True, metavar="RULES", near=True
    )
    per_file_ignores: tuple[PerFile, ...] = option(
        (),
        "ignores",
        "Rules or groups to leave out in some files, such as `tests/*:script`.",
        commas=True,
        metavar="PATTERN:RULE",
        near=True,
    )
    extend_per_file_ignores: tuple[PerFile, ...] = option(
        (),
        "ignores",
        "The same, besides what the configuration says.",
        commas=True,
        metavar="PATTERN:RULE",
        near=True,
    )
    severity: tuple[tuple[str, str], ...] = option(
        (), "severities", "How much a rule or group matters: error, warning, info or off.", cli=False, near=True
    )
    exclude: tuple[str, ...] = option(
        (), "globs", "Paths to leave out, as in .gitignore.", commas=True, metavar="PATTERNS", near=True
    )
    extend_exclude: tuple[str, ...] = option(
        (), "globs", "Paths to leave out besides those excluded.", commas=True, metavar="PATTERNS", near=True
    )
    force_exclude: bool = option(False, "flag", "Leave out what is excluded even where it is named.")
    respect_gitignore: bool = option(True, "flag", "Leave out what Git ignores (default).")
    max_file_size: int = option(
        2 * 2**20,
        "size",
        "Files of more than this are not read, such as 500kB (default: 2MiB).",
        metavar="SIZE",
        near=True,
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
    no_baseline: bool = option(False, "flag", "Report what the baseline holds, too.", toml=False)
    write_baseline: bool = option(False, "flag", "Write the problems to the baseline.", toml=False)
    stdin_filename: str | None = option(
        None, "text", "Check standard input as the source of this file; nothing is run.", toml=False, metavar="PATH"
    )
    watch: bool = option(False, "flag", "Check again whenever a file changes.", toml=False)
    output_format: str = option(
        "full",
        "text",
        f"How the report looks: full (default), {', '.join(OUTPUT_FORMATS[1:-1])} or {OUTPUT_FORMATS[-1]} "
        f"[env: {FORMAT_VARIABLE}].",
        choices=OUTPUT_FORMATS,
        metavar="FORMAT",
        env=FORMAT_VARIABLE,
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
        near=True,
    )
    config: str | None = option(
        None,
        "text",
        "The configuration file for all files (default: for each the nearest tslint.toml or pyproject.toml with [tool.tslint]).",
        toml=False,
        metavar="PATH",
    )
    extend: str | None = option(None, "text", "A configuration file to inherit from.", cli=False, near=True)
    required_version: str | None = option(
        None, "version", "The versions of tslint that a configuration is for.", cli=False, near=True
    )
    show_settings: bool = option(
        False, "flag", "Print every option, its value and where that comes from, and check nothing.", toml=False
    )
    show_files: bool = option(False, "flag", "Print the files that would be checked, and check nothing.", toml=False)
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
    project: Path | None = field(default=None, compare=False)
    layers: tuple[Layer, ...] = field(default=(), compare=False)
    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    given: Mapping[str, Any] | None = field(default=None, compare=False)
    start: Path | None = field(default=None, compare=False)

    @property
    def lists_info(self) -> bool:
        """Whether findings of severity info are listed, and with them counted, fixed and silenced."""
        return self.show_info or self.fail_on == "info"

    @property
    def facts_root(self) -> Path:
        """Below it are the other files that imports are followed into."""
        return self.project or self.root

    @property
    def excluded(self) -> tuple[Glob, ...]:
        """The patterns of what is left out, each with its folder."""
        patterns = (*self.exclude, *self.extend_exclude)
        if not patterns:
            return ()
        from tslint.settings.patterns import Glob

        return tuple(each if isinstance(each, Glob) else Glob(each, self.root.resolve()) for each in patterns)

    def reports(self, rule: str, group: str, path: str | None) -> bool:
        """Whether RULE of GROUP is reported in the file at PATH."""
        if self.severity_of(rule, group) == "off" and not self._asked_for(rule, group):
            return False
        if self.select or self.extend_select or self.ignore or self.layers:
            from tslint.settings.selection import Layer, selected

            layers = self.layers or (Layer(self.select or None, self.extend_select, self.ignore),)
            if not selected(layers, rule, group):
                return False
        ignores = (*self.per_file_ignores, *self.extend_per_file_ignores)
        if path is None or not ignores:
            return True
        real = Path(path).parent.resolve() / Path(path).name
        return not any(item.holds(real, self.root) for item in ignores if rule in item.rules or group in item.rules)

    def _asked_for(self, rule: str, group: str) -> bool:
        """Whether the command line itself selects RULE."""
        from tslint.settings.selection import Layer

        given = self.given or {}
        return (
            Layer(given.get("select"), given.get("extend_select", ()), given.get("ignore", ())).verdict(rule, group)
            is True
        )

    def severity_of(self, rule: str, group: str) -> str | None:
        """The severity that the configuration gives to RULE, else to its GROUP."""
        said = dict(self.severity)
        return said.get(rule) or said.get(group)

    def models_of(self, target: str) -> list[ModelTable]:
        """The configured models whose target is TARGET: the same file, or the same ``package.module:attribute``."""
        return [table for table in self.models if table.target == target or _same_file(self.root, table.target, target)]


OPTIONS: dict[str, Option] = {
    item.name: item.metadata["option"] for item in dataclasses.fields(Settings) if "option" in item.metadata
}


def load(targets: Sequence[str] = (), config: str | None = None, given: Mapping[str, Any] | None = None) -> Settings:
    """The settings for TARGETS: defaults, the configuration file, the environment, then GIVEN (by field name, None: not given).

    Raises SettingsError for a key, type or value that cannot be used, naming the file, the variable or the option.
    """
    read = {
        name: files.placed(OPTIONS[name], _given(name, value), Path.cwd())
        for name, value in (given or {}).items()
        if value is not None
    }
    start = files.start_of(targets)
    return load_file(Path(config) if config is not None else files.find(start), read, start)


def load_file(path: Path | None, given: Mapping[str, Any], start: Path) -> Settings:
    """The settings of the configuration file at PATH and of what it extends, below the environment and what was GIVEN."""
    from tslint.settings.compose import composed

    found = files.chain(path, OPTIONS) if path is not None else []
    values: dict[str, Any] = {"given": given, "start": start}
    if found:
        root = found[-1].folder
        above = [file.folder for file in found if root.is_relative_to(file.folder)]
        values |= {"root": root, "config_path": found[-1].path, "project": min(above, key=lambda each: len(each.parts))}
    return Settings(**values, **composed(found, from_environment(OPTIONS), given, values.get("root", Path.cwd())))


def _given(name: str, value: Any) -> Any:
    return value_of(OPTIONS[name], value, f"`--{key_of(name)}`", from_toml=False)


def _same_file(root: Path, configured: str, target: str) -> bool:
    one, other = root / configured, Path(target)
    return one.exists() and other.exists() and one.resolve() == other.resolve()
