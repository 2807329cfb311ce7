"""A method whose decorator puts it into another file: scripting looks for its names there."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("decorated-name")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    function = facts.enclosing_function(refusal.node)
    yield Finding(
        refusal.node,
        {"name": refusal.values["name"], "function": function.name.value if function else "the function"},
        help="use the context manager inside the function (`with torch.no_grad():`)",
    )
