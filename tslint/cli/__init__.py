"""The command line: options in, the report out, the exit status. It checks nothing itself.

Typer builds a validator for every option, which takes longer than checking a file. A plain ``tslint check …`` is therefore
read straight from the settings' table, and ``--version`` answered at once; help, faulty command lines and the other commands
are Typer's (``typed``).
"""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, TypeVar

from tslint import __version__, catalogue
from tslint.settings import OPTIONS, Settings, SettingsError, key_of, load, nearest, negative_of
from tslint.source import own_process

if TYPE_CHECKING:
    from tslint.evidence import Evidence
    from tslint.report import Options
    from tslint.report.content import Report
    from tslint.runs import OnEvidence

T = TypeVar("T")

PIPE_WIDTH = 110
PYTORCH = b"torch"
"""A file without this word in it has nothing to run."""

INTERRUPTED = 130


class Usage(Exception):
    """The command line asks for what cannot be done; the message is one sentence."""


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
        _let_go()
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
        _write(report.diff, settings.output_file)
        for sentence in () if settings.quiet else report.said_of_fixes():
            print(f"tslint: note: {sentence}", file=sys.stderr)
        for error in report.errors:
            print(f"tslint: error: {error}", file=sys.stderr)
        return
    from tslint import report as formats

    options = _options(settings, sys.stdout if settings.output_file is None else None)
    _write(formats.render(report, settings.output_format, options), settings.output_file)
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
    _write(shown.text, settings.output_file)
    for error in shown.errors:
        print(f"tslint: error: {error}", file=sys.stderr)
    return 2 if shown.errors else 0


def _checked(targets: list[str], settings: Settings) -> Report:
    with _child_of(targets, settings):
        return _check_with_progress(targets, settings)


def _child_of(targets: list[str], settings: Settings) -> AbstractContextManager[None]:
    """A child that imports PyTorch while the source is read, where the one target is a file that may have something to run.

    What it is asked, and whether it is asked at all, is known only then: so far it has seen nothing of the user's.
    """
    if settings.static or len(targets) != 1 or not _names_pytorch(Path(targets[0])):
        return contextlib.nullcontext()
    from tslint import child

    return child.waiting(settings.python, show_output=settings.show_output)


def _names_pytorch(path: Path) -> bool:
    """Whether PATH is a file with the word in it. A pipe is not: it can be read only once."""
    try:
        return path.is_file() and PYTORCH in path.read_bytes()
    except OSError:
        return False


def _check_with_progress(targets: list[str], settings: Settings) -> Report:
    from tslint.api import check_paths

    return _with_progress(settings, lambda update: check_paths(targets, settings, update))


def _with_progress(settings: Settings, work: Callable[[OnEvidence | None], T]) -> T:
    """What WORK answers, which is given what shows its progress where somebody sees it."""
    if settings.static or settings.quiet or settings.show_output or not _is_terminal(sys.stderr):
        return work(None)
    progress: Any = None

    def update(evidence: Evidence) -> None:
        nonlocal progress
        if progress is None:  # Rich is worth its import once something runs
            from tslint.report.progress import Progress

            progress = Progress(sys.stderr)
        progress.update(evidence)

    try:
        return work(update)
    finally:
        if progress is not None:
            progress.close()


def _options(settings: Settings, stream: TextIO | None) -> Options:
    from tslint.report import Options

    terminal = stream is not None and _is_terminal(stream)
    return Options(
        show_info=settings.show_info or settings.fail_on == "info",
        show_refuted=settings.show_refuted,
        statistics=settings.statistics,
        quiet=settings.quiet,
        fix_unsafe=settings.unsafe_fixes,
        color=terminal and not os.environ.get("NO_COLOR"),
        width=max(shutil.get_terminal_size((80, 24)).columns, 40) if terminal else PIPE_WIDTH,
        fail_on=settings.fail_on,
        project=os.environ.get("CI_PROJECT_DIR"),
    )


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


PLANNING = ("model", "input", "run", "python", "config", "quiet", "show_output", "timeout", "memory")
"""The options of the settings' table that `plan` has, too."""


def plan(target: str, output: str | None, given: Mapping[str, Any]) -> int:
    """Write the script that takes a model to Core ML: what is scripted and what is traced, wrappers, the conversion.

    The way is found by trying, in a process of its own, and the script is run before it is printed: its Core ML program must
    agree with the model. The file is imported and run WITH YOUR RIGHTS. A file that -o names is replaced where an earlier
    plan wrote it, and refused where not.

    Exit status: 0 a script; 1 the model has no way that works, or fails by itself; 2 tslint could not do its job.
    """
    settings = load([target], given.get("config"), given)
    with _child_of([target], settings):
        from tslint import planning

        path = Path(output) if output is not None else None
        planned = _with_progress(settings, lambda update: planning.plan(target, path, settings, update))
    for note in () if settings.quiet else planned.notes:
        print(f"tslint: note: {note}", file=sys.stderr)
    for sentence in (*planned.problems, *planned.errors):
        print(f"tslint: error: {sentence}", file=sys.stderr)
    if planned.script is not None:
        _write(planned.script, output, "-o")
        if not settings.quiet:
            print(f"tslint: {planned.said}", file=sys.stderr)
    return planned.exit_status


def explain(rule: str) -> int:
    """Print the page of a rule: what it finds, why it matters, what to do."""
    known = catalogue.rules()
    if rule not in known:
        group = f", which is a group of rules: {', '.join(r.name for r in known.values() if r.group == rule)}"
        raise Usage(f"no rule is called `{rule}`{group if rule in catalogue.GROUPS else nearest(rule, known)}")
    from tslint.report import page

    _write(page.render(known[rule], _options(Settings(), sys.stdout)), None)
    return 0


def doctor(python: str | None, output_format: str) -> int:
    """Say which versions are installed where models are run, which of them do not work together, and a pin that does.

    Exit status: 0 nothing is known to fail; 1 something is; 2 the interpreter could not be asked.
    """
    if output_format not in ("full", "json"):
        raise Usage(f"`--output-format` must be full or json, not `{output_format}`")
    import dataclasses
    import json

    from tslint.doctor import DoctorError, examine, render
    from tslint.interpreter import InterpreterError

    try:
        examined = examine(python)
    except (DoctorError, InterpreterError) as error:
        raise Usage(str(error)) from None
    data = {"tslint": __version__, **dataclasses.asdict(examined)}
    _write(json.dumps(data, indent=2) + "\n" if output_format == "json" else render(examined, __version__), None)
    return examined.exit_status


def server() -> int:
    """Serve an editor: diagnostics while typing, fixes, rule pages, and runs on demand (the Language Server Protocol).

    An editor starts it, and speaks with it on standard input and output. It reads what is open; a model is imported and run,
    in a process of its own and WITH YOUR RIGHTS, only when you ask for it.
    """
    from tslint import server as served

    if not served.installed():
        raise Usage(served.MISSING)
    return served.serve()


def rules(output_format: str) -> int:
    """List every rule with its group, its fix and what it finds."""
    from tslint.report import listing

    if output_format not in listing.FORMATS:
        raise Usage(f"`--output-format` must be full, concise or json, not `{output_format}`")

    _write(listing.render(catalogue.rules().values(), output_format, _options(Settings(), sys.stdout).width), None)
    return 0


def _write(text: str, path: str | None, option: str = "--output-file") -> None:
    """TEXT to PATH or standard output. A terminal that cannot show a character gets one that looks like it, or a `?`."""
    if path is not None:
        _write_file(Path(path), text.encode("utf-8", "backslashreplace"), option)
        return
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = text if encoding.lower().replace("-", "") == "utf8" else text.translate(PLAIN)
        text = plain.encode(encoding, "backslashreplace").decode(encoding)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go()


def _write_file(path: Path, content: bytes, option: str) -> None:
    from tslint import fixes

    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)  # a device or a pipe: nothing that could be replaced
        else:
            path.touch()  # with the mode that the user's mask gives, which is then kept
            fixes.write(path, content)
    except OSError as error:
        raise Usage(f"`{option} {path}` cannot be written: {error.strerror}") from None


def _let_go() -> None:
    """Whoever read the output has gone: what is left of it would raise again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


PLAIN = str.maketrans({"│": "|", "╰": "`", "╯": "'", "─": "-", "✓": "+", "✗": "x", "←": "<-", "⋮": ":", "…": "..."})
