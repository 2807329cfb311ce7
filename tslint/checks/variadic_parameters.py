"""Parameters that make the number of arguments variable: TorchScript compiles functions of a fixed number."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.diagnostic import Edit, Finding, Fix, Span
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("variadic")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    function, name = refusal.values["function"], refusal.values["parameter"]
    params = facts.enclosing_function(refusal.node)
    star = "**" if params is not None and params.params.star_kwarg is not None else ""
    if not star and params is not None and isinstance(params.params.star_arg, cst.Param):
        star = "*"
    what = f"takes `{star}{name}`" if star else f"takes `{name}` by name alone, with a default"
    yield Finding(
        refusal.node,
        {"function": function, "what": what},
        fix=_by_position(params, facts) if not star else None,
        help="name the parameters that are used",
    )


def _by_position(function: cst.FunctionDef | None, facts: Facts) -> Fix | None:
    """``(x, *, scale=1.0)`` becomes ``(x, scale=1.0)``: whoever names the argument still can."""
    params = function.params if function is not None else None
    if params is None or not isinstance(params.star_arg, cst.ParamStar) or not facts.is_own(params):
        return None
    needs_default = False
    for param in (*params.posonly_params, *params.params, *params.kwonly_params):
        if needs_default and param.default is None:
            return None
        needs_default = param.default is not None
    last = (*params.posonly_params, *params.params)[-1:]
    if not last or not params.kwonly_params:
        return None
    end = last[0].default or (last[0].annotation.annotation if last[0].annotation is not None else last[0].name)
    before, after = facts.span(end), facts.span(params.kwonly_params[0])
    between = Span(before.end_line, before.end_column, after.line, after.column)
    text = facts.source.slice(between)
    if text.count("*") != 1 or "#" in text or "/" in text:
        return None
    return rewrite.safe("Leave `*` out", Edit(between, text[: text.index("*")]))
