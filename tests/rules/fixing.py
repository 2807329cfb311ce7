"""The fixes of one rule, made on a snippet as ``--fix --unsafe-fixes`` makes them: in rounds, until nothing is left."""

from __future__ import annotations

from pathlib import Path

from tslint import engine, fixes
from tslint.diagnostic import Fix
from tslint.facts.facts import Facts
from tslint.source import Source

HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"


def offered(text: str, *rules: str, path: str = "/net.py") -> list[Fix]:
    source = Source(Path(path), text.encode())
    found, crashes = engine.predict(Facts(source, source.parse()))
    assert not crashes
    return [diagnostic.fix for diagnostic in found if diagnostic.fix and diagnostic.rule in rules]


def fixed(text: str, *rules: str, path: str = "/net.py") -> str:
    """TEXT after the fixes of RULES; made again, they change nothing, and with other ends of lines they do the same."""
    new, _ = _rounds(text, rules, path)
    assert _rounds(new, rules, path) == (new, 0)
    windows = text.replace("\n", "\r\n")
    assert _rounds(windows, rules, path)[0] == new.replace("\n", "\r\n")
    return new


def _rounds(text: str, rules: tuple[str, ...], path: str) -> tuple[str, int]:
    return fixes.rounds(text, offered(text, *rules, path=path), lambda new: offered(new, *rules, path=path))
