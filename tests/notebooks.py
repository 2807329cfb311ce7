"""Notebooks for tests: the file that Jupyter would write of some cells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PYTHON = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def cell(text: str, kind: str = "code", **more: Any) -> dict[str, Any]:
    """A cell as Jupyter has it: its source is a list of lines."""
    outputs = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, **outputs, "metadata": {}, "source": text.splitlines(keepends=True), **more}


def markdown(text: str) -> dict[str, Any]:
    return cell(text, "markdown")


def notebook(*cells: str | dict[str, Any], **more: Any) -> dict[str, Any]:
    made = [cell(each) if isinstance(each, str) else each for each in cells]
    return {"cells": made, "metadata": PYTHON, "nbformat": 4, "nbformat_minor": 5, **more}


def write(path: Path, *cells: str | dict[str, Any], **more: Any) -> Path:
    """The notebook PATH of these cells, a text for a code cell, with MORE at its top level."""
    path.write_text(json.dumps(notebook(*cells, **more), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def sources(path: Path) -> list[str]:
    """What the cells of a notebook hold, as Python's own parser of JSON reads it."""
    return ["".join(each["source"]) for each in json.loads(path.read_text(encoding="utf-8-sig"))["cells"]]
