"""Code that torch.jit.script refuses, where no other rule explains it."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._observed import is_empty_list, labels, one_line
from tslint.diagnostic import Finding
from tslint.evidence import ScriptRefused
from tslint.facts.context import Context


@on(ScriptRefused)
def observe(evidence: ScriptRefused, context: Context) -> Iterator[Finding]:
    if not is_empty_list(evidence):
        name = (evidence.place.symbol if evidence.place else None) or evidence.class_name
        yield Finding(
            evidence.place,
            {"name": name, "message": one_line(evidence.message)},
            labels=labels(evidence.chain, evidence.place),
            caption=f"in `{evidence.module_path}`" if evidence.module_path else None,
        )
