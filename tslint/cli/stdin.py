"""``-`` and ``--stdin-filename``: source from standard input. With ``--fix`` the fixed source is what is printed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tslint import cli
from tslint.cli.adoption import refuse_with_stdin
from tslint.cli.output import options_of, write

if TYPE_CHECKING:
    from tslint.report.content import Report


def check_stdin(targets: list[str], given: Mapping[str, Any]) -> tuple[int, Report]:
    """The exit status and the report; the configuration is that of the file which the source is said to be."""
    path = Path(given.get("stdin_filename") or "-")
    folder = next(parent for parent in path.absolute().parents if parent.is_dir())
    settings = cli.settings_of([str(folder)], given)
    refuse_with_stdin(settings, targets)
    from tslint.piped import check_source

    report, data = check_source(path, sys.stdin.buffer.read(), settings)
    if not settings.fix or settings.diff:
        cli.write_report(report, settings)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        from tslint import report as formats

        stream = sys.stderr if settings.output_file is None else None
        options = options_of(settings, stream)
        text = formats.render(report, settings.output_format, options)
        if settings.output_file is not None:
            write(text, settings.output_file)
        else:
            print(text, end="", file=sys.stderr)
        cli.say_left_out(report, settings, options)
    return report.exit_status(settings.fail_on, settings.exit_zero), report
