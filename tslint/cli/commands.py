"""The commands beside ``check``: what they ask for, what they print, their exit status."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tslint import __version__, catalogue
from tslint.cli.output import Usage, options_of, with_progress, write
from tslint.cli.waiting import child_of
from tslint.settings import Settings, load, nearest

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
    with child_of([target], settings):
        from tslint import planning

        path = Path(output) if output is not None else None
        planned = with_progress(settings, lambda update: planning.plan(target, path, settings, update))
    for note in () if settings.quiet else planned.notes:
        print(f"tslint: note: {note}", file=sys.stderr)
    for sentence in (*planned.problems, *planned.errors):
        print(f"tslint: error: {sentence}", file=sys.stderr)
    if planned.script is not None:
        write(planned.script, output, "-o")
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

    write(page.render(known[rule], options_of(Settings(), sys.stdout)), None)
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
    write(json.dumps(data, indent=2) + "\n" if output_format == "json" else render(examined, __version__), None)
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

    write(listing.render(catalogue.rules().values(), output_format, options_of(Settings(), sys.stdout).width), None)
    return 0
