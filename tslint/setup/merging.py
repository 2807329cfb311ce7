"""Each template, added to the text of a file that may have most of it already. Pure but for reading the templates.

A function takes the file's text and returns the new one, the same where nothing is missing. Raises Refusal.
"""

from __future__ import annotations

import re
from pathlib import Path

from tslint import __version__
from tslint.setup import blocks
from tslint.setup.jsonc import Child, Document
from tslint.setup.refusal import Refusal

FOLDER = Path(__file__).parent / "templates"

HOOK = re.compile(r"""\bid:\s*(["']?)tslint\1\s*(?:$|[,}\]])""", re.MULTILINE)
OURS = re.compile(r"""\brepo:\s*["']?\S*\btslint/tslint(?:\.git)?["']?\s*(?:$|[,}])|\btslint check\b""", re.MULTILINE)
"""The hook's repository, or a hook of the project's own. Another tool's hooks are called `tslint`, too."""

RUNS = re.compile(r"\btslint check\b")


def template(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8").replace("@VERSION@", __version__)


def tasks(text: str) -> str:
    return _json(text, template("tasks.json"), "tasks", "label")


def matcher(text: str) -> str:
    return _json(text, template("matcher.json"), "problemMatcher", "owner")


def pre_commit(text: str) -> str:
    whole = template("pre-commit.yaml")
    lines = blocks.split(text)
    if not any(map(blocks.is_code, lines)):
        return _behind(text, whole)
    try:
        found = blocks.block(lines, "repos", sequence=True)
    except Refusal:
        if _has_hook(blocks.code(text)):
            return text
        raise
    if found and any(_has_hook(blocks.code(item)) for item in blocks.items(lines, found)):
        return text
    return blocks.appended(lines, "repos", found, _item(whole, "repos", sequence=True))


def workflow(text: str) -> str:
    whole = template("workflow.yml")
    lines = blocks.split(text)
    if not any(map(blocks.is_code, lines)):
        return _behind(text, whole)
    if RUNS.search(blocks.code(text)):
        return text
    found = blocks.block(lines, "jobs", sequence=False)
    if found is None:
        raise Refusal("it has no `jobs`")
    if "tslint" in [blocks.name(lines[at]) for at in found.starts]:
        raise Refusal("another job of it is called `tslint`")
    return blocks.appended(lines, "jobs", found, _item(whole, "jobs", sequence=False))


def _json(text: str, whole: str, key: str, identity: str) -> str:
    """TEXT with what it lacks of the template WHOLE, whose array KEY holds objects that are told apart by IDENTITY."""
    if not text.removeprefix("\ufeff").strip():
        return text + whole
    wanted = Document(whole)
    expected = dict(Document(text).value)
    for member in wanted.members:
        assert member.key is not None
        document = Document(text)
        there = document.member(member.key)
        if there is None:
            text = document.appended(document.start, [_text(wanted, member)])
            expected[member.key] = member.value
        elif member.key != key:
            if there.value != member.value:
                raise Refusal(f"its `{member.key}` is not `{member.value}`")
        elif not isinstance(there.value, list):
            raise Refusal(f"its `{key}` is not a list")
        else:
            known = [each.get(identity) for each in there.value if isinstance(each, dict)]
            missing = [each for each in wanted.children(member.value_start) if each.value[identity] not in known]
            if missing:
                text = document.appended(there.value_start, [_text(wanted, each) for each in missing])
                expected[key] = [*there.value, *(each.value for each in missing)]
    if Document(text).value != expected:
        raise Refusal("its layout is not understood")
    return text


def _text(document: Document, child: Child) -> str:
    """The text of CHILD, its first line not indented."""
    line = document.text.rfind("\n", 0, child.start) + 1
    margin = document.text[line : child.start]
    return document.text[child.start : child.end].replace("\n" + margin, "\n")


def _item(whole: str, key: str, sequence: bool) -> str:
    """The one item below KEY in the template WHOLE, not indented."""
    lines = blocks.split(whole)
    found = blocks.block(lines, key, sequence)
    assert found is not None
    (item,) = blocks.items(lines, found)
    return "".join(line[found.indent :] for line in blocks.split(item))


def _behind(text: str, whole: str) -> str:
    """WHOLE behind the comments of TEXT."""
    return text + ("\n" if text.strip("\ufeff") and not text.endswith(("\n", "\r")) else "") + whole


def _has_hook(code: str) -> bool:
    return HOOK.search(code) is not None and OURS.search(code) is not None
