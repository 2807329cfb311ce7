"""Every refusal of TorchScript's type checker has a rule, and every rule of scripting asks for one that there is."""

from __future__ import annotations

import ast
from pathlib import Path

from tslint import checks

PACKAGE = Path(checks.__file__).parent.parent / "facts" / "torchscript"


def refused() -> set[str]:
    """The codes that the type checker passes to ``refuse`` and ``stop``."""
    found: set[str] = set()
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            if isinstance(node, ast.Call) and called in ("refuse", "stop") and len(node.args) > 1:
                found |= {str(part.value) for part in ast.walk(node.args[1]) if isinstance(part, ast.Constant)}
    return found - {"List"}


def spoken() -> set[str]:
    """Every string that stands in the type checker's source."""
    return {
        node.value
        for path in PACKAGE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_refusal_has_a_rule() -> None:
    assert refused() - {kind for kind in checks.checks() if isinstance(kind, str)} == set()


def test_rules_ask_for_refusals_that_there_are() -> None:
    assert {kind for kind in checks.checks() if isinstance(kind, str)} - spoken() == set()
