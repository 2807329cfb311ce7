"""A method whose decorator puts it into another file: scripting looks for its names there."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.diagnostic import Edit, Finding, Fix, Span
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal

CONTEXTS = ("torch.no_grad", "torch.inference_mode", "torch.enable_grad")


@on("decorated-name")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    function = facts.enclosing_function(refusal.node)
    yield Finding(
        refusal.node,
        {"name": refusal.values["name"], "function": function.name.value if function else "the function"},
        fix=_as_context(function, facts) if function is not None else None,
        help="use the context manager inside the function (`with torch.no_grad():`)",
    )


def _as_context(function: cst.FunctionDef, facts: Facts) -> Fix | None:
    """``@torch.no_grad()`` becomes ``with torch.no_grad():`` around the body, behind the docstring."""
    decorator = function.decorators[0].decorator if len(function.decorators) == 1 else None
    body = function.body
    if not isinstance(decorator, cst.Call) or not isinstance(body, cst.IndentedBlock) or not facts.is_own(function):
        return None
    if (
        facts.qualified(decorator.func) not in CONTEXTS
        or function.decorators[0].trailing_whitespace.comment is not None
    ):
        return None
    statements = [s for i, s in enumerate(body.body) if i or not _is_docstring(s)]
    if not statements or any(_spans_lines(node, facts) for node in facts.tree.inside(body, cst.SimpleString)):
        return None
    if any(_spans_lines(node, facts) for node in facts.tree.inside(body, cst.FormattedString)):
        return None
    first, last, at = facts.span(statements[0]), facts.span(statements[-1]), facts.span(decorator)
    indent = facts.source.line(first.line)[: (first.column or 1) - 1]
    if indent.strip():
        return None
    step = "\t" if "\t" in indent else "    "
    lines = [line for line in range(first.line, last.end_line + 1) if facts.source.line(line).strip()]
    return rewrite.safe(
        f"Write `with {facts.text(decorator)}:`",
        Edit(Span(at.line, 1, at.end_line + 1, 1), ""),
        Edit(Span(first.line, 1, first.line, 1), f"{indent}with {rewrite.source(decorator, facts)}:\n{step}"),
        *(Edit(Span(line, 1, line, 1), step) for line in lines if line != first.line),
    )


def _is_docstring(statement: cst.BaseStatement) -> bool:
    part = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    return isinstance(part, cst.Expr) and isinstance(part.value, (cst.SimpleString, cst.ConcatenatedString))


def _spans_lines(node: cst.CSTNode, facts: Facts) -> bool:
    span = facts.span(node)
    return span.line != span.end_line
