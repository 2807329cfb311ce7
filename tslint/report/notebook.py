"""The full report as HTML, for notebooks: the same lines, escaped, in colours that stand on a light and on a dark page."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from tslint.report.full import lines_of

if TYPE_CHECKING:
    from tslint.report import Options
    from tslint.report.content import Report

PAGE = (
    '<pre class="tslint" style="font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.9em; '
    "line-height: 1.35; white-space: pre; overflow-x: auto; margin: 0.5em 0; padding: 0.8em 1em; "
    'border-left: 3px solid {border}; background: rgba(128, 128, 128, 0.08); color: inherit">{text}</pre>\n'
)
STYLES = {
    "bold": "font-weight: 600",
    "dim": "opacity: 0.6",
    "underline": "text-decoration: underline",
    "red": "color: #d1372f",
    "yellow": "color: #a97000",
    "green": "color: #2a8a3e",
    "cyan": "color: #1583a3",
}
"""Rich's words for styles in CSS."""


def render(report: Report, options: Options) -> str:
    text = "".join("".join(map(_segment, line)).rstrip() + "\n" for line in lines_of(report, options))
    border = STYLES["red" if report.exit_status() else "green"].partition(" ")[2]
    return PAGE.format(border=border, text=text)


def _segment(segment: tuple[str, str]) -> str:
    text, style = html.escape(segment[0]), "; ".join(STYLES[word] for word in segment[1].split())
    return f'<span style="{style}">{text}</span>' if style and text.strip() else text
