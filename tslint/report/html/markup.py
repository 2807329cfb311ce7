"""HTML that is escaped where it is made: text becomes markup through these functions alone."""

from __future__ import annotations

import html
import re

from tslint.report.content import clean, one_line


class Markup(str):
    """What is HTML already. Any other string is text."""

    __slots__ = ()


EMPTY = Markup("")
NO_TEXT = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
"""What no page may hold: surrogates and noncharacters."""

VOID = frozenset({"meta", "input", "br"})


def escaped(text: str) -> Markup:
    """TEXT as HTML, in an element or in an attribute; markup stays as it is. Nothing in it acts on whoever shows it."""
    if isinstance(text, Markup):
        return text
    lines = map(clean, text.replace("\t", "    ").split("\n"))
    return Markup(html.escape(NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", "\n".join(lines))))


def together(*parts: str) -> Markup:
    return Markup("".join(map(escaped, parts)))


def spaced(*parts: str) -> Markup:
    """What there is of PARTS, with spaces between."""
    return Markup(" ".join(escaped(part) for part in parts if part))


def element(name: str, /, *children: str, **attributes: str | bool | None) -> Markup:
    """An element with CHILDREN; ``class_="x"`` and ``aria_label="x"`` are attributes, what is None or False is left out."""
    written = ""
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        written += f" {key.rstrip('_').replace('_', '-')}"
        if value is not True:
            written += f'="{escaped(value)}"'
    if name in VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{together(*children)}</{name}>")


def words(text: str) -> Markup:
    """TEXT in one line, with what stands in backticks as code."""
    return together(
        *(
            element("code", part[1:-1]) if part.startswith("`") and len(part) > 1 else part
            for part in re.split(r"(`[^`]+`)", one_line(text))
        )
    )


def prose(text: str) -> Markup:
    """The first line of TEXT as a paragraph; what follows it is code."""
    first, _, rest = text.strip("\n").partition("\n")
    return together(element("p", words(first)), scrolled("code to add", rest.strip("\n")) if rest.strip() else "")


def scrolled(label: str, *code: str) -> Markup:
    """CODE, which scrolls where it is wider than the page; LABEL tells what it is to those who come to it by the keyboard."""
    return element("pre", element("code", *code), tabindex="0", role="group", aria_label=label)


def hidden(text: str) -> Markup:
    """What is said to those who listen and not shown to those who look."""
    return element("span", text, class_="vh")


def said(mark: str, text: str, kind: str) -> Markup:
    """A mark such as ✓ beside its meaning in words, which colours repeat."""
    return element("span", element("span", mark, aria_hidden="true", class_="mark"), " ", text, class_=f"said {kind}")


def table(caption: str, head: list[str], rows: list[Markup], kind: str = "") -> Markup:
    """A table whose columns are headed HEAD; where it is wider than the page it scrolls, by the keyboard, too."""
    row = element("tr", *(element("th", cell, scope="col") for cell in head))
    inner = element(
        "table", element("caption", caption), element("thead", row), element("tbody", *rows), class_=kind or None
    )
    return element("div", inner, class_="wide", role="group", aria_label=caption, tabindex="0")


def row(first: str, *cells: str, kind: str = "") -> Markup:
    """A row of a table; FIRST is its header."""
    return element(
        "tr", element("th", first, scope="row"), *(element("td", cell) for cell in cells), class_=kind or None
    )


def more(summary: str, *children: str, open: bool = False, kind: str = "") -> Markup:
    """What can be folded up."""
    return element("details", element("summary", summary), *children, open=open, class_=kind or None)


def command(text: str) -> Markup:
    """A command line; the script of the page puts a button beside it that copies it."""
    return element("pre", element("code", one_line(text)), class_="command", tabindex="0")
