"""Formats of strings that TorchScript does not compile, leaves as they are, or stops at when it runs."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.diagnostic import Claim, Finding
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("string-format", "format-refused", "format-ignored")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    if refusal.code == "string-format":
        yield Finding(refusal.node, {"problem": f"compiles no {refusal.values['construct'].removeprefix('a ')}"},
                      claim=Claim.SCRIPT_FAILS)  # fmt: skip
    elif refusal.code == "format-refused":
        yield Finding(refusal.node, {"problem": f"stops at `{refusal.values['text']}` when it runs"},
                      claim=Claim.SCRIPT_DIFFERS)  # fmt: skip
    elif facts.reaches_output(refusal.node):
        yield Finding(refusal.node, {"problem": f"leaves `{refusal.values['text']}` as it is"},
                      claim=Claim.SCRIPT_DIFFERS)  # fmt: skip
