"""The commands as Typer reads them: help, wrong usage, and all but a plain ``check``. The only file that imports Typer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Optional

from tslint import cli
from tslint.cli import commands, completion
from tslint.cli.output import Usage
from tslint.report import listing
from tslint.settings import OPTIONS, Option, key_of, negative_of

if TYPE_CHECKING:
    import inspect

    import typer

PROGRAM, VARIABLE = "tslint", "_TSLINT_COMPLETE"
"""The program's name, and the variable with which a shell asks it for completions, as Typer builds it of that."""


def with_typer(arguments: list[str]) -> int:
    """Runs a command line as Typer reads it. Raises Usage where it cannot."""
    import typer

    if completing := _completing(arguments):
        return _complete_in(*completing)
    # The common base of what is raised for wrong usage; Typer before 0.26 takes it from Click, later ones have their own.
    usage_error: type[Exception] = typer.BadParameter.__mro__[1]
    # Typer has no option whose value may be left out.
    bare = {f"--{key_of(name)}" for name, known in OPTIONS.items() if known.kind == "words"}
    arguments = [f"{word}=" if word in bare else word for word in arguments]
    try:
        status = typer.main.get_command(_app()).main(arguments, prog_name=PROGRAM, standalone_mode=False)
    except usage_error as error:
        message = getattr(error, "format_message", error.__str__)()
        sentence = " ".join(message.split()).rstrip(".")
        raise Usage(sentence[:1].lower() + sentence[1:]) from None
    except typer.Abort:
        raise KeyboardInterrupt from None
    return status if isinstance(status, int) else 0


def _completing(arguments: list[str]) -> tuple[str, str] | None:
    """The option and the shell of ``--show-completion bash``; Typer's own option takes no shell, and asks which one it is in."""
    option, equals, shell = arguments[0].partition("=")
    words = [option, shell, *arguments[1:]] if equals else arguments
    if words[0] not in ("--show-completion", "--install-completion") or len(words) == 1:
        return None
    if words[1] not in completion.SHELLS:
        raise Usage(
            f"`{words[0]}` takes {', '.join(completion.SHELLS[:-1])} or {completion.SHELLS[-1]}, not `{words[1]}`"
        )
    if len(words) > 2:
        raise Usage(f"`{words[0]} {words[1]}` stands alone, without {words[2]}")
    return words[0], words[1]


def _complete_in(option: str, shell: str) -> int:
    """Prints the script with which SHELL completes, or installs it in the user's home."""
    from typer._completion_shared import get_completion_script, install

    if option == "--show-completion":
        print(get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell))
        return 0
    try:
        _, path = install(shell=shell, prog_name=PROGRAM, complete_var=VARIABLE)
    except OSError as error:
        raise Usage(f"`{option} {shell}` failed: {error}") from None
    print(f"{shell} completes tslint from its next start on: {path}")
    return 0


def _app() -> typer.Typer:
    import typer

    from tslint.cli.init import init

    app = typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="Why your PyTorch model will not become a correct TorchScript program and Core ML model, and on which line.",
    )
    version_option = typer.Option("--version", help="Print the version and exit.", is_eager=True)
    rule_argument = typer.Argument(help="The rule's name, such as `math-on-size`.", autocompletion=completion.rules)
    formats = completion.one_of(listing.FORMATS)
    format_option = typer.Option("--output-format", help="full, concise or json.", autocompletion=formats)

    def root(version: bool = False) -> None:
        if version:
            cli.say_version()
            raise typer.Exit

    def explain_command(rule: str) -> int:
        return commands.explain(rule)

    def rules_command(output_format: str = "full") -> int:
        return commands.rules(output_format)

    def doctor_command(python: str | None = None, output_format: str = "full") -> int:
        return commands.doctor(python, output_format)

    def server_command(stdio: bool = True, client: int = 0) -> int:
        return commands.server()

    # The annotations hold objects made above, which the text of an annotation could not name.
    root.__annotations__["version"] = Annotated[bool, version_option]
    # What clients of many editors add, whatever they start; the client's process is named in `initialize`, too.
    server_command.__annotations__ |= {
        "stdio": Annotated[bool, typer.Option("--stdio", hidden=True)],
        "client": Annotated[int, typer.Option("--clientProcessId", hidden=True)],
    }
    explain_command.__annotations__["rule"] = Annotated[str, rule_argument]
    rules_command.__annotations__["output_format"] = Annotated[str, format_option]
    known = OPTIONS["python"]
    python_option = typer.Option("--python", help=known.help, metavar=known.metavar, show_default=False)
    doctor_command.__annotations__["python"] = Annotated[Optional[str], python_option]  # noqa: UP045 -- see _check_command
    doctor_command.__annotations__["output_format"] = Annotated[
        str,
        typer.Option("--output-format", help="full or json.", autocompletion=completion.one_of(("full", "json"))),
    ]
    app.callback(invoke_without_command=True)(root)
    app.command("check", help=cli.check.__doc__)(_check_command())
    app.command("plan", help=commands.plan.__doc__)(_plan_command())
    app.command("explain", help=commands.explain.__doc__)(explain_command)
    app.command("rules", help=commands.rules.__doc__)(rules_command)
    app.command("doctor", help=commands.doctor.__doc__)(doctor_command)
    app.command("server", help=commands.server.__doc__)(server_command)
    app.command("init", help=init.__doc__)(_init_command())
    return app


def _check_command() -> Any:
    """``check`` as a function whose parameters are the options of the settings' table."""
    import inspect

    import typer

    def command(targets: list[str] | None = None, **given: Any) -> int:
        return cli.check(targets or [], given)

    # Typer before 0.16 does not read `list[str] | None` from an annotation on Python 3.10.
    what = typer.Argument(help="Files, directories, `package.module:attribute`, or a TorchScript archive.")
    first = inspect.Parameter(
        "targets",
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[Optional[list[str]], what],  # noqa: UP045 -- see above
    )
    return _signed(command, [first], [name for name, known in OPTIONS.items() if known.cli])


def _plan_command() -> Any:
    """``plan`` as a function whose parameters are its target, ``-o`` and some options of the settings' table."""
    import inspect

    import typer

    def command(target: str, output: str | None = None, **given: Any) -> int:
        return commands.plan(target, output, given)

    what = typer.Argument(help="A file, `package.module:attribute`, or a TorchScript archive.")
    where = typer.Option("-o", "--output", help="The file to write (default: standard output).", metavar="PATH")
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    first = inspect.Parameter("target", kind, annotation=Annotated[str, what])
    second = inspect.Parameter("output", kind, default=None, annotation=Annotated[Optional[str], where])  # noqa: UP045
    return _signed(command, [first, second], commands.PLANNING)


def _init_command() -> Any:
    import typer

    from tslint.cli.init import init
    from tslint.setup import KINDS

    def command(kind: str, yes: bool = False, diff: bool = False) -> int:
        return init(kind, yes, diff)

    kinds = completion.one_of(tuple(KINDS))
    command.__annotations__ = {
        "kind": Annotated[
            str, typer.Argument(help="One of these three.", metavar="|".join(KINDS), autocompletion=kinds)
        ],
        "yes": Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")],
        "diff": Annotated[bool, typer.Option("--diff", "--dry-run", help="Show what is missing, and write nothing.")],
    }
    return command


def _signed(command: Any, first: list[inspect.Parameter], options: Iterable[str]) -> Any:
    """COMMAND with the parameters FIRST and those of OPTIONS, which Typer reads off it."""
    import inspect

    others = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_annotation(name, OPTIONS[name])
        )
        for name in options
    ]
    command.__signature__ = inspect.Signature([*first, *others])
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in (*first, *others)}
    return command


def _annotation(name: str, known: Option) -> Any:
    import typer

    kind: Any = bool if known.kind == "flag" else list[str] if known.several else str
    negative = negative_of(name, known)
    spelled = f"--{key_of(name)}" + (f"/--{negative}" if negative else "")
    given = typer.Option(
        spelled, help=known.help, metavar=known.metavar, show_default=False, autocompletion=completion.of(known)
    )
    return Annotated[Optional[kind], given]  # noqa: UP045 -- see _check_command
