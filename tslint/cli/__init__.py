"""The command line: options in, the report out, the exit status. It checks nothing itself.

Typer builds a validator for every option, which takes longer than checking a file. A plain ``tslint check …`` is therefore
read straight from the settings' table, and ``--version`` answered at once; help, faulty command lines and the other commands
are Typer's (``typed``).
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tslint import __version__, catalogue
from tslint.cli.output import STANDARD_OUTPUT, Usage, let_go, options_of, refuse_place, with_progress, write
from tslint.cli.waiting import child_of
from tslint.settings import OPTIONS, Settings, SettingsError, key_of, load, negative_of
from tslint.source import own_process

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report

INTERRUPTED = 130


def run() -> NoReturn:
    """The program: :func:`main`, then the end of the process.

    Syntax trees are many objects without cycles: looking for some as often as Python does by itself takes a sixth of the time to
    parse. At the end, what has to be written is written, and every child has been waited for; taking the last trees apart one
    object after another would be a tenth of a static check's time.
    """
    gc.disable()
    own_process()
    status = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def main(args: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status: 0, 1, 2 as the design has them, 130 where it was interrupted."""
    arguments = list(sys.argv[1:] if args is None else args) or ["--help"]
    try:
        if arguments == ["--version"]:
            status = say_version()
        elif (plain := read_check(arguments)) is not None:
            status = check(*plain)
        else:
            status = _with_typer(arguments)
        sys.stdout.flush()
        return status
    except (Usage, SettingsError, catalogue.PageError) as error:
        return _say(str(error))
    except BrokenPipeError:
        let_go()
        return 0
    except KeyboardInterrupt:
        print("tslint: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        import traceback

        traceback.print_exc()
        return _say(f"a fault of tslint itself stopped it ({type(error).__name__}); please report the lines above")


def say_version() -> int:
    print(f"tslint {__version__}")
    return 0


def _with_typer(arguments: Sequence[str]) -> int:
    from tslint.cli.typed import with_typer

    return with_typer(list(arguments))


def _say(sentence: str) -> int:
    print(f"tslint: error: {sentence}", file=sys.stderr)
    return 2


def read_check(arguments: Sequence[str]) -> tuple[list[str], dict[str, Any]] | None:
    """The targets and given options of a plain ``check`` command line; None for any other, and for whatever needs a word
    of Typer's. Reads what Typer would read."""
    if arguments[0] != "check":
        return None
    known = {key_of(name): (name, option) for name, option in OPTIONS.items() if option.cli}
    negative = {key: name for name, option in OPTIONS.items() if (key := negative_of(name, option))}
    targets: list[str] = []
    given: dict[str, Any] = {}
    words = iter(arguments[1:])
    for word in words:
        if not word.startswith("-") or word == "-":
            targets.append(word)
            continue
        key, equals, value = word.removeprefix("--").partition("=")
        if word.startswith("--") and word[2:] in negative:
            given[negative[key]] = False
            continue
        if not word.startswith("--") or key not in known:
            return None
        name, option = known[key]
        if option.kind == "flag":
            if equals:
                return None
            given[name] = True
            continue
        if not equals and option.kind != "words":
            value = next(words, "-")
            if value.startswith("-"):
                return None
        if option.several:
            given.setdefault(name, []).append(value)
        else:
            given[name] = value
    return targets, given


def check(targets: list[str], given: Mapping[str, Any]) -> int:
    """Check models: read their source, run them, convert them, and report what goes wrong on which line.

    A single file is imported and run in a process of its own, WITH YOUR RIGHTS: check only what you would run yourself, or say
    --static. Accidents are contained (a crash, a hang, memory), malice is not. Several files and directories are read only,
    unless --run is given. Without targets, the configured models are checked, else the working directory.

    Exit status: 0 no warning or error; 1 at least one; 2 tslint could not do all of its job.
    """
    if given.get("watch"):
        from tslint.cli.watch import watch

        return watch(targets, given)
    if given.get("show_settings") or given.get("show_files"):
        return _show(targets, _decided(load(targets, given.get("config"), given), given))
    return check_once(targets, given)[0]


def check_once(targets: list[str], given: Mapping[str, Any]) -> tuple[int, Report]:
    """The exit status of one check, whose report has been written, and the report."""
    if "-" in targets or given.get("stdin_filename") is not None:
        from tslint.cli.stdin import check_stdin

        return check_stdin(targets, given)
    settings = settings_of(targets, given)
    report = _checked(targets, settings)
    write_report(report, settings)
    return report.exit_status(settings.fail_on, settings.exit_zero), report


def settings_of(targets: list[str], given: Mapping[str, Any]) -> Settings:
    """The settings for TARGETS. Raises Usage for what contradicts each other."""
    settings = _decided(load(targets, given.get("config"), given), given)
    if settings.output_file is not None:
        refuse_place(settings.output_file)
    if settings.static and settings.run:
        raise Usage("--static and --run contradict each other")
    if settings.save and (settings.static or settings.no_convert):
        raise Usage(f"--save and --{'static' if settings.static else 'no-convert'} contradict each other")
    if settings.save and (len(targets) != 1 or Path(targets[0]).is_dir()):
        raise Usage("--save writes one model: name one target")
    if settings.repro and (settings.static or settings.no_convert):
        raise Usage(f"--repro and --{'static' if settings.static else 'no-convert'} contradict each other")
    for name in ("model", "input"):
        if settings.static and getattr(settings, name):
            raise Usage(f"--static and --{name} contradict each other: a model is only built and called in a run")
    if settings.statistics:
        from tslint.report import STATISTICS

        if settings.output_format not in STATISTICS:
            raise Usage(f"--statistics is printed as full, concise or json, not as `{settings.output_format}`")
    if settings.add_ignore is not None or settings.write_baseline:
        from tslint.cli.adoption import refuse

        refuse(settings)
    return settings


def write_report(report: Report, settings: Settings) -> None:
    if settings.diff and report.diff is not None:
        write(report.diff, settings.output_file)
        for sentence in () if settings.quiet else report.said_of_fixes():
            print(f"tslint: note: {sentence}", file=sys.stderr)
        for error in report.errors:
            print(f"tslint: error: {error}", file=sys.stderr)
        return
    from tslint import report as formats

    options = options_of(settings, sys.stdout if settings.output_file in STANDARD_OUTPUT else None)
    write(formats.render(report, settings.output_format, options), settings.output_file)
    say_left_out(report, settings, options)


def say_left_out(report: Report, settings: Settings, options: Options) -> None:
    """What made the exit status 2, to standard error where the format has no place for it."""
    from tslint import report as formats

    for error in formats.left_out(report, settings.output_format, options):
        print(f"tslint: error: {error}", file=sys.stderr)


def _decided(settings: Settings, given: Mapping[str, Any]) -> Settings:
    """SETTINGS without what the file says to the contrary of what was GIVEN."""
    for name, other in (("static", "run"), ("run", "static")):
        if given.get(name) and given.get(other) is None and getattr(settings, other):
            import dataclasses

            values: dict[str, Any] = {other: False}
            return dataclasses.replace(settings, **values)
    return settings


def _show(targets: list[str], settings: Settings) -> int:
    """What --show-settings and --show-files ask for, in the place of a check."""
    from tslint import showing

    shown = (showing.settings if settings.show_settings else showing.files)(targets, settings)
    write(shown.text, settings.output_file)
    for error in shown.errors:
        print(f"tslint: error: {error}", file=sys.stderr)
    return 2 if shown.errors else 0


def _checked(targets: list[str], settings: Settings) -> Report:
    with child_of(targets, settings):
        return _check_with_progress(targets, settings)


def _check_with_progress(targets: list[str], settings: Settings) -> Report:
    from tslint.api import check_paths

    return with_progress(settings, lambda update: check_paths(targets, settings, update))
