"""The examples of the rule pages, as the page tests use them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tslint import catalogue
from tslint.catalogue import Rule

MARK = re.compile(r"[ ]{2}# (error|observed)$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One example of a page: ``kind`` is bad, good or fixed, ``text`` has no marks, ``marks`` are the marked lines.

    ``fixed`` is the text that the fix of a bad example makes, or None where it is offered none.
    """

    rule: Rule
    kind: str
    number: int
    text: str
    marks: frozenset[int]
    observed: bool
    fixed: str | None = None

    def __str__(self) -> str:
        return f"{self.rule.name}-{self.kind}{self.number}"

    def written(self, folder: Path) -> Path:
        """The example as a file that can be imported under its stem."""
        path = folder / f"{self.rule.name.replace('-', '_')}_{self.kind}{self.number}.py"
        path.write_text(self.text, encoding="utf-8")
        return path


def cases(*kinds: str) -> list[Case]:
    """Every example of these kinds, in the order of the pages."""
    return [case for rule in catalogue.rules().values() for case in _of(rule) if case.kind in kinds]


def phrases(rule: Rule) -> list[str]:
    """What PyTorch or coremltools say, as the page quotes them."""
    return [text.strip() for text in rule.tagged("text raises")]


def proof(rule: Rule) -> str | None:
    """The assertions that hold after ``main()`` of a bad example, on what it returned (``result``)."""
    return "\n".join(rule.tagged("python proof")) or None


def _of(rule: Rule) -> list[Case]:
    found: list[Case] = []
    numbers: dict[str, int] = {}
    for example in rule.examples:
        language, _, kind = example.info.partition(" ")
        if language != "python" or kind not in ("bad", "good", "fixed"):
            continue
        numbers[kind] = numbers.get(kind, 0) + 1
        text = MARK.sub("", example.text)
        if kind == "fixed":
            index, bad = [(i, case) for i, case in enumerate(found) if case.kind == "bad"][-1]
            assert bad.fixed is None, f"{rule.name}: two fixed examples for one bad one"
            found[index] = Case(rule, "bad", bad.number, bad.text, bad.marks, bad.observed, text)
        lines = example.text.splitlines()
        marks = {number: match[1] for number, line in enumerate(lines, 1) if (match := MARK.search(line))}
        found.append(Case(rule, kind, numbers[kind], text, frozenset(marks), "observed" in marks.values()))
    return found
