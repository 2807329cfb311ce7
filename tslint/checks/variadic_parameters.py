"""Parameters that make the number of arguments variable: TorchScript compiles functions of a fixed number."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.diagnostic import Finding
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
    yield Finding(refusal.node, {"function": function, "what": what}, help="name the parameters that are used")
