"""The command line: options in, the report out, the exit status. The only file that imports Typer; it checks nothing itself."""

from __future__ import annotations

import inspect
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, TextIO

import typer

from tslint import __version__, catalogue
from tslint.settings import OPTIONS, OUTPUT_FORMATS, Option, Settings, SettingsError, check_rules, key_of, load, nearest

if TYPE_CHECKING:
    from tslint.evidence import Evidence
    from tslint.report import Options
    from tslint.report.content import Report

PIPE_WIDTH = 110
INTERRUPTED = 130

# The common base of what Typer raises for wrong usage; Typer before 0.26 takes it from Click, later ones have their own.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="tslint",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Why your PyTorch model will not become a correct TorchScript program and Core ML model, and on which line.",
)


class Usage(Exception):
    """The command line asks for what cannot be done; the message is one sentence."""


def main(args: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status: 0, 1, 2 as the design has them, 130 where it was interrupted."""
    arguments = list(sys.argv[1:] if args is None else args) or ["--help"]
    command = typer.main.get_command(app)
    try:
        status = command.main(arguments, prog_name="tslint", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except (Usage, SettingsError, catalogue.PageError) as error:
        return _say(str(error))
    except UsageError as error:
        message = getattr(error, "format_message", error.__str__)()
        sentence = " ".join(message.split()).rstrip(".")
        return _say(sentence[:1].lower() + sentence[1:])
    except BrokenPipeError:
        _let_go()
        return 0
    except (KeyboardInterrupt, typer.Abort):
        print("tslint: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        import traceback

        traceback.print_exc()
        return _say(f"a fault of tslint itself stopped it ({type(error).__name__}); please report the lines above")


def _say(sentence: str) -> int:
    print(f"tslint: error: {sentence}", file=sys.stderr)
    return 2


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    if version:
        print(f"tslint {__version__}")
        raise typer.Exit


def _from_table(function: Callable[..., int]) -> Callable[..., int]:
    """FUNCTION(targets, given) as a command whose options are those of the settings' table."""

    def command(targets: list[str] | None = None, **given: Any) -> int:
        return function(targets or [], given)

    parameters = [
        inspect.Parameter("targets", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=TARGETS)
    ]
    for name, known in OPTIONS.items():
        if known.cli:
            parameters.append(
                inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_annotation(name, known)
                )
            )
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = function.__doc__
    command.__name__ = function.__name__
    return command


TARGETS = Annotated[
    Optional[list[str]],  # noqa: UP045 -- Typer before 0.16 does not read `list[str] | None` from Annotated on Python 3.10
    typer.Argument(
        help="Files, directories, `package.module:attribute`, or a TorchScript archive.", show_default=False
    ),
]


def _annotation(name: str, known: Option) -> Any:
    kind: Any = {"flag": bool, "texts": list[str]}.get(known.kind, str)
    given = typer.Option(f"--{key_of(name)}", help=known.help, metavar=known.metavar, show_default=False)
    return Annotated[Optional[kind], given]  # noqa: UP045 -- as above


@app.command()
@_from_table
def check(targets: list[str], given: Mapping[str, Any]) -> int:
    """Check models: read their source, run them, convert them, and report what goes wrong on which line.

    A single file is imported and run in a process of its own, WITH YOUR RIGHTS: check only what you would run yourself, or say
    --static. Accidents are contained (a crash, a hang, memory), malice is not. Several files and directories are read only,
    unless --run is given. Without targets, the configured models are checked, else the working directory.

    Exit status: 0 no warning or error; 1 at least one; 2 tslint could not do all of its job.
    """
    settings = load(targets, given.get("config"), given)
    if settings.select or settings.ignore:
        rules = catalogue.rules()
        check_rules(settings, [*rules, *catalogue.GROUPS])
    if settings.static and settings.run:
        raise Usage("--static and --run contradict each other")
    report = _checked(targets, settings)
    if settings.diff and report.diff is not None:
        _write(report.diff, settings.output_file)
        for error in report.errors:
            print(f"tslint: error: {error}", file=sys.stderr)
    else:
        from tslint import report as formats

        options = _options(settings, sys.stdout if settings.output_file is None else None)
        _write(formats.render(report, settings.output_format, options), settings.output_file)
    return report.exit_status(settings.fail_on, settings.exit_zero)


def _checked(targets: list[str], settings: Settings) -> Report:
    from tslint import api

    if settings.static or settings.quiet or settings.show_output or not _is_terminal(sys.stderr):
        return api.check_paths(targets, settings)
    progress: Any = None

    def update(evidence: Evidence) -> None:
        nonlocal progress
        if progress is None:  # Rich is worth its import once something runs
            from tslint.report.progress import Progress

            progress = Progress(sys.stderr)
        progress.update(evidence)

    try:
        return api.check_paths(targets, settings, update)
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
    )


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


@app.command()
def explain(rule: Annotated[str, typer.Argument(help="The rule's name, such as `math-on-size`.")]) -> int:
    """Print the page of a rule: what it finds, why it matters, what to do."""
    known = catalogue.rules()
    if rule not in known:
        raise Usage(f"no rule is called `{rule}`{nearest(rule, known)}")
    from tslint.report import page

    _write(page.render(known[rule], _options(Settings(), sys.stdout)), None)
    return 0


@app.command()
def rules(
    output_format: Annotated[str, typer.Option("--output-format", help="full, concise or json.")] = "full",
) -> int:
    """List every rule with its group, its fix and what it finds."""
    if output_format not in OUTPUT_FORMATS:
        raise Usage(f"`--output-format` must be full, concise or json, not `{output_format}`")
    from tslint.report import listing

    _write(listing.render(catalogue.rules().values(), output_format, _options(Settings(), sys.stdout).width), None)
    return 0


def _write(text: str, path: str | None) -> None:
    """TEXT to PATH or standard output. A terminal that cannot show a character gets one that looks like it, or a `?`."""
    if path is not None:
        from tslint import fixes

        try:
            fixes.write(Path(path), text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise Usage(f"`--output-file {path}` cannot be written: {error.strerror}") from None
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


def _let_go() -> None:
    """Whoever read the output has gone: what is left of it would raise again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


PLAIN = str.maketrans({"│": "|", "╰": "`", "╯": "'", "─": "-", "✓": "+", "✗": "x", "←": "<-", "⋮": ":", "…": "..."})
