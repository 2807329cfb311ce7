"""An in-place write whose effect on what shares its memory is lost in the conversion."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.diagnostic import Finding, Severity
from tslint.facts.facts import Facts
from tslint.facts.views import WRITES


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    for function in dict.fromkeys(facts.enclosing_function(node) for node in _writing(facts)):
        if function is None or facts.reached(function) is None:
            continue
        for lost in facts.lost_writes(function):
            if (
                facts.is_traced_code(lost.written)
                and facts.is_traced_code(lost.read)
                and facts.reaches_output(lost.read)
            ):
                yield Finding(
                    lost.write,
                    {"written": facts.text(lost.written), "name": lost.read.value},
                    severity=Severity.ERROR if lost.sure else Severity.WARNING,
                    labels=(facts.label(lost.read, "read here as if it had not been written to"),),
                    help="assign to the slice (`y[:, 0] = y[:, 0] + 5`), or make a new tensor (`torch.cat`, `torch.where`)",
                )


def _writing(facts: Facts) -> Iterator[cst.CSTNode]:
    """A cheap look: what may write into a tensor in place."""
    yield from facts.nodes(cst.AugAssign)
    yield from (node for node in facts.nodes(cst.Attribute) if node.attr.value in WRITES)
    yield from (node for node in facts.nodes(cst.AssignTarget) if isinstance(node.target, cst.Subscript))
    yield from (node for node in facts.nodes(cst.Arg) if node.keyword is not None and node.keyword.value == "inplace")
