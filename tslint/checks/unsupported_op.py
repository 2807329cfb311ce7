"""An op that coremltools has no converter for."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._places import branches
from tslint.composites import NOTHING, paste
from tslint.diagnostic import Finding, Label, Severity
from tslint.evidence import OpSite, OpUnsupported
from tslint.facts.context import Context
from tslint.facts.coreml import table
from tslint.facts.coreml.threads import thread
from tslint.facts.coreml.uses import Unconvertible
from tslint.facts.facts import Facts

CONVERTS = "it converts as a composite of other ops that agrees with eager on the model's own inputs"

FORWARD_CONVERTS = "what its `forward` did is in the trace, and converts with a converter that looks there"

LONGEST = 45
"""Lines of code that a report may hold of one composite."""


@on(Facts)
def predict(facts: Facts, _: Facts) -> Iterator[Finding]:
    for use in facts.unconvertible:
        if use.row.missing:
            yield predicted(use, {"op": use.row.op, "count": f" {table.version()}"}, facts)


def predicted(use: Unconvertible, values: dict[str, str], facts: Facts, help: str | None = None) -> Finding:
    """At the call, with a label where the layer is made; only a warning in a branch that tracing may pass by."""
    labels = []
    if use.maker is not None and facts.span(use.maker).line != facts.span(use.node).line:
        labels.append(facts.label(use.maker, "the layer is made here"))
    severity = Severity.WARNING if branches(use.node, facts) else Severity.ERROR
    return Finding(use.node, values, severity=severity, labels=tuple(labels), help=help)


@on(OpUnsupported)
def observe(evidence: OpUnsupported, context: Context) -> Iterator[Finding]:
    if evidence.missing:
        times = "" if evidence.count == 1 else f", and is used {evidence.count} times"
        yield finding(evidence, {"op": evidence.op, "count": times})


def finding(evidence: OpUnsupported, values: dict[str, str]) -> Finding:
    """At the first place that uses the op; the others, and the library's lines below them, are labels."""
    sites = sorted(evidence.sites, key=lambda site: site.place is None)
    first = sites[0] if sites else OpSite(None)
    labels = [label for site in sites[:1] for label in _library(site)]
    for site in sites[1:]:
        if site.place is not None:
            labels.append(Label(site.place.path, site.place.span, f"also here{_times(site)}{_module(site)}"))
    return Finding(
        first.place or first.library,
        values,
        labels=tuple(labels),
        caption=_caption(first),
        help=_help(evidence),
    )


def _help(evidence: OpUnsupported) -> str:
    """The deployment target that has it; else the composite, where it is short enough to be read; else that there is none."""
    if evidence.target:
        target = f"`minimum_deployment_target=ct.target.{evidence.target}`"
        other = "" if evidence.composite is None else "; for older ones `tslint plan` writes a composite of other ops"
        return f"with {target} it converts (`--target {evidence.target}`){other}"
    if evidence.decomposed:
        apart = ", ".join(f"`torch.ops.{name}`" for name in evidence.decomposed)
        return (
            "it converts once PyTorch has taken it apart: instead of `{}` hand the entries of "
            f"`torch.export.default_decompositions()` for {apart} to `run_decompositions`, as `tslint plan` writes it"
        )
    if evidence.composite is None:
        url = thread(evidence.op, evidence.message)
        return NOTHING + (f"; see {url}" if url else "")
    code = paste(evidence.composite)
    lines = code.count("\n")
    how = CONVERTS if evidence.composite.functions else FORWARD_CONVERTS
    if lines > LONGEST:
        return f"{how}: {lines} lines, which `tslint plan` writes, and `--output-format json` has them"
    return f"{how}; `tslint plan` writes it, or put it above `ct.convert`:\n\n{code}"


def _library(site: OpSite) -> list[Label]:
    if site.library is None or site.place is None:
        return []
    return [Label(site.library.path, site.library.span, "the op is called here")]


def _caption(site: OpSite) -> str | None:
    text = f"{_times(site)}{_module(site)}".strip(" ,")
    return text or None


def _times(site: OpSite) -> str:
    return f" {site.count} times" if site.count > 1 else ""


def _module(site: OpSite) -> str:
    return f" in `{site.module_path}`" if site.module_path else ""
