"""An ML program saved under a name that only a neural network can have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._conversion import saves
from tslint.diagnostic import Finding, Fix
from tslint.facts.facts import Facts
from tslint.facts.kinds import Str, options

SUFFIX = ".mlpackage"
PATHS = ("os.path.join", "os.fspath", "builtins.str", "pathlib.Path")
"""What answers with a path that ends as its last argument does."""


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    for call, models in saves(facts):
        path = facts.argument(call, 0, "save_path")
        suffix = _suffix(path, facts) if path is not None else ""
        if path is not None and suffix not in ("", SUFFIX) and all(model.format == "mlprogram" for model in models):
            yield Finding(
                path,
                {"path": facts.text(path), "suffix": suffix},
                fix=_renamed(path, facts),
                help=f'an ML program is a package: save it as `{SUFFIX}`, or convert with `convert_to="neuralnetwork"`',
            )


def _suffix(path: cst.BaseExpression, facts: Facts) -> str:
    """The suffix that a path ends in, as far as the source tells it: "" where it has none, and where nobody knows."""
    if isinstance(path, cst.FormattedString):
        last = path.parts[-1] if path.parts else None
        return _suffix_behind(last.value) if isinstance(last, cst.FormattedStringText) else ""
    if isinstance(path, cst.BinaryOperation) and isinstance(path.operator, cst.Add):
        return _suffix_behind(_text(path.right, facts))
    if isinstance(path, cst.BinaryOperation) and isinstance(path.operator, cst.Divide):
        return _suffix(path.right, facts)
    if isinstance(path, cst.Call) and path.args and facts.qualified(path.func) in PATHS:
        return _suffix(path.args[-1].value, facts)
    return PurePath(_text(path, facts)).suffix


def _text(node: cst.BaseExpression, facts: Facts) -> str:
    """The string that NODE is on every path, else ""."""
    found = {kind.value if isinstance(kind, Str) else None for kind in options(facts.calling_kind(node))}
    return (found.pop() or "") if len(found) == 1 else ""


def _suffix_behind(text: str) -> str:
    """The suffix of a name that ends in TEXT."""
    return PurePath(f"name{text}").suffix


def _renamed(path: cst.BaseExpression, facts: Facts) -> Fix | None:
    """The right suffix in a literal."""
    if not isinstance(path, cst.SimpleString) or path.raw_value[-8:] != ".mlmodel":
        return None
    text = f"{path.prefix}{path.quote}{path.raw_value[:-8]}{SUFFIX}{path.quote}"
    return rewrite.safe(f"Save as `{SUFFIX}`", rewrite.replace(path, text, facts))
