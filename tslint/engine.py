"""Sources, facts and checks become findings, findings become diagnostics. Pure: reads no file, starts no process."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeGuard

import libcst as cst

from tslint import catalogue
from tslint.checks import Check, checks
from tslint.diagnostic import Basis, Claim, Diagnostic, Finding, Label, Place, Severity, Span, order, to_json
from tslint.evidence import EntryChosen, Evidence, ModelFailed, ModeWrong, ProbeDied, RouteEnded
from tslint.facts.context import Context
from tslint.facts.facts import Facts
from tslint.facts.tree import is_node_type

SCRIPT_CLAIMS = {Claim.SCRIPT_FAILS, Claim.SCRIPT_DIFFERS}
"""Claims about the script route: ``info`` in a class that nothing scripts and that can be traced."""

TRACE_CLAIMS = {Claim.TRACE_FAILS, Claim.TRACE_DIFFERS, Claim.TRACE_SPECIALISES}
"""Claims about the trace route: ``info`` in a class that the file scripts or exports and nowhere traces."""

CONVERT_CLAIMS = {Claim.CONVERT_FAILS, Claim.CONVERT_DIFFERS}

OWN_ROUTES = {
    "torch.jit.trace": ("trace",),
    "torch.jit.trace_module": ("trace",),
    "torch.jit.script": ("script", "mixed"),
    "torch.export.export": ("export",),
}
"""Function → the routes that a file which calls it takes."""

CONTROL_FLOW = {"data-dependent-branch", "unrolled-loop"}
"""Rules whose finding means that its class cannot be traced and must be scripted."""


def predict(facts: Facts) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Everything that the checks of source predict for one file, sorted, and what crashed on the way."""
    found: list[Diagnostic] = []
    crashes = Crashes(str(facts.source.path))
    table = checks()

    def own(finding: Finding) -> Facts | None:
        return facts

    def run(subject: Any, wanted: Iterable[Check]) -> None:
        found.extend(_run(wanted, subject, facts, own, Basis.PREDICTED, crashes))

    for kind, wanted in table.items():
        if kind is Facts:
            run(facts, wanted)
        elif isinstance(kind, type) and is_node_type(kind):
            anywhere = [check for check in wanted if not (check.traced or check.calls or check.named)]
            in_traced_code = [check for check in wanted if check.traced]
            nodes: Iterable[Any] = facts.nodes(kind)
            for node in nodes if anywhere or in_traced_code else ():
                if anywhere:
                    run(node, anywhere)
                if in_traced_code and _is_traced(node, in_traced_code, facts, crashes):
                    run(node, in_traced_code)
            for check in wanted:
                for node in _nodes_for(check, facts, crashes):
                    run(node, (check,))
    try:
        refusals = facts.refusals
    except Exception as error:  # the other checks do not ask for them
        crashes.add("the compiler that the script rules ask", error)
        refusals = ()
    for refusal in refusals:
        run(refusal, table.get(refusal.code, ()))
    return sorted(_unique(found), key=order), crashes.diagnostics()


def _is_traced(node: cst.CSTNode, wanted: Iterable[Check], facts: Facts, crashes: Crashes) -> bool:
    """Whether NODE is for the checks of traced code; where that crashes, each of them has."""
    try:
        return facts.is_traced_code(node)
    except Exception as error:
        for check in wanted:
            crashes.add(f"`{check.rule}`", error, _span_of(node, facts))
        return False


def _nodes_for(check: Check, facts: Facts, crashes: Crashes) -> Sequence[cst.CSTNode]:
    """The calls of some functions, or the attributes of some names, that CHECK wants."""
    try:
        return [*facts.calls_to(*check.calls), *facts.tree.attributes(*check.named)]
    except Exception as error:
        crashes.add(f"`{check.rule}`", error)
        return ()


class Crashes:
    """What crashed on one file, or on the evidence of a run where ``path`` is None."""

    def __init__(self, path: str | None) -> None:
        self.path = path
        self._found: dict[str, tuple[dict[str, None], Span | None]] = {}

    def add(self, what: str, error: Exception, span: Span | None = None) -> None:
        """ERROR stopped WHAT, a few words for a sentence, at SPAN."""
        text = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")
        self._found.setdefault(text, ({}, span))[0][what] = None

    def diagnostics(self) -> list[Diagnostic]:
        """One for each error: what all checks ask for crashes in each of them."""
        rule = catalogue.rules()["check-crashed"]
        place = None if self.path is None else Span(1, 1, 1, 1)
        return [
            Diagnostic(
                rule=rule.name,
                group=rule.group,
                claim=Claim.UNCHECKABLE,
                severity=Severity.ERROR,
                basis=Basis.OBSERVED,
                message=rule.message.format(what=_listed(list(names)), error=error),
                path=self.path,
                span=place and (span or place),
                url=rule.url,
            )
            for error, (names, span) in self._found.items()
        ]


def _listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and 3 more``."""
    if len(names) < 3:
        return " and ".join(names)
    return f"{', '.join(names[:2])} and {len(names) - 2} more"


def observe(evidence: Iterable[Evidence], context: Context) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """What the checks of evidence make of a run, and what crashed on the way."""
    found: list[Diagnostic] = []
    crashes = Crashes(None)

    def of_place(finding: Finding) -> Facts | None:
        return context.facts(finding.at) if isinstance(finding.at, Place) else None

    entries: dict[int, EntryChosen] = {}
    for item in evidence:
        if isinstance(item, EntryChosen):
            entries[item.entry] = item
        for diagnostic in _run(checks().get(type(item), ()), item, context, of_place, Basis.OBSERVED, crashes):
            proof = {"kind": type(item).__name__, **to_json(item)}
            placed = _at_entry(diagnostic, item, entries) if diagnostic.path is None else diagnostic
            found.append(dataclasses.replace(placed, evidence=(proof,)))
    return found, crashes.diagnostics()


def _at_entry(diagnostic: Diagnostic, item: Evidence, entries: Mapping[int, EntryChosen]) -> Diagnostic:
    """What concerns a model as a whole stands at its class, its mode where the model was handed over.

    What ended the process, or is wrong with the installation, stands nowhere.
    """
    entry = entries.get(getattr(item, "entry", -1))
    if entry is None or isinstance(item, (ModelFailed, ProbeDied)):
        return diagnostic
    choices = [entry.place, entry.class_place]
    place = next((place for place in (choices if isinstance(item, ModeWrong) else choices[::-1]) if place), None)
    if place is None:
        return diagnostic
    return dataclasses.replace(diagnostic, path=place.path, span=place.span, symbol=place.symbol)


def _run(
    wanted: Iterable[Check],
    subject: Any,
    asked: Any,
    facts_of: Callable[[Finding], Facts | None],
    basis: Basis,
    crashes: Crashes,
) -> list[Diagnostic]:
    """What the checks WANTED make of one subject; a crash of one stops nothing else."""
    found: list[Diagnostic] = []
    for check in wanted:
        try:
            for finding in check.function(subject, asked):
                if isinstance(asked, Facts) and isinstance(finding.at, cst.CSTNode) and not asked.is_own(finding.at):
                    continue  # that file's own check says it
                found.append(_diagnostic(check.rule, finding, basis, facts_of(finding)))
        except Exception as error:  # a check is our own code: whatever it raises must not lose the others' results
            crashes.add(f"`{check.rule}`", error, _span_of(subject, asked))
    return found


def _span_of(subject: Any, asked: Any) -> Span | None:
    """Where a check crashed, as far as that can still be told."""
    if isinstance(asked, Facts) and is_node_type(type(subject)):
        with contextlib.suppress(Exception):
            return asked.span(subject)
    return None


def _diagnostic(name: str, finding: Finding, basis: Basis, facts: Facts | None) -> Diagnostic:
    rule = catalogue.rules()[name]
    claim = finding.claim
    if claim is None:
        if len(rule.claims) != 1:
            raise ValueError(f"{name} can make several claims: its finding must say which")
        claim = rule.claims[0]
    path, span, symbol = _place(finding, facts)
    return Diagnostic(
        rule=name,
        group=rule.group,
        claim=claim,
        severity=finding.severity,
        basis=basis,
        message=rule.message.format_map(finding.values),
        path=path,
        span=span,
        symbol=symbol,
        labels=finding.labels,
        caption=finding.caption,
        help=finding.help,
        fix=finding.fix,
        url=rule.url,
    )


def _place(finding: Finding, facts: Facts | None) -> tuple[str | None, Span | None, str | None]:
    at = finding.at
    if at is None:
        return None, None, finding.symbol
    if isinstance(at, Place):
        return at.path, at.span, finding.symbol or at.symbol
    assert facts is not None
    if isinstance(at, Span):
        return str(facts.source.path), at, finding.symbol
    return str(facts.source.path), facts.span(at), finding.symbol or facts.symbol(at)


def _unique(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """One of each: the same code may be reached from several places."""
    return list({(d.rule, d.claim, d.path, d.span): d for d in diagnostics}.values())


def weigh(diagnostics: Iterable[Diagnostic], facts: Facts | None, routes: Iterable[str]) -> list[Diagnostic]:
    """The diagnostics of one file with severities that follow the routes taken: what is true on a route nobody takes is info.

    Script hazards are, in a class that nothing scripts and that no control flow forces to be scripted; trace hazards are,
    in a class that the file scripts or exports and does not trace. ROUTES are those asked for by name: they are taken, and
    of trace and script the one that is not asked for is not. FACTS are None for a file that was not checked itself (a
    library's).
    """
    found, asked = list(diagnostics), set(routes)
    classes = facts.module_classes if facts else []
    scripted = {cls.name for cls in classes if facts and facts.is_scripted(cls)}
    traced = {cls.name for cls in classes if facts and facts.is_traced(cls)}
    open_ = [d for d in found if d.basis != Basis.REFUTED and d.severity != Severity.INFO]
    exported = {cls.name for cls in classes if facts and facts.is_exported(cls)}
    forced = {_owner(d) for d in open_ if d.rule in CONTROL_FLOW} - (exported - traced)
    by_trace, by_script = asked & {"trace", "mixed", "all"}, asked & {"script", "mixed", "all"}
    result = []
    for diagnostic in found:
        owner = _owner(diagnostic)
        if diagnostic.claim in SCRIPT_CLAIMS:
            quiet = not asked & {"script", "all"} and owner not in scripted | (
                forced if by_script or not asked else set()
            )
        elif diagnostic.claim in TRACE_CLAIMS:
            quiet = (not by_trace) if asked else owner in (scripted | exported) - traced
        else:
            quiet = False
        result.append(dataclasses.replace(diagnostic, severity=Severity.INFO) if quiet else diagnostic)
    return result


def weigh_conversions(
    diagnostics: Iterable[Diagnostic], evidence: Iterable[Evidence], facts: Facts | None
) -> list[Diagnostic]:
    """What stops the conversion of a program that is not needed is info: another route works, and the file takes no other.

    FACTS are those of the file that was run. A file takes the routes that its own calls name, else that of tracing.
    """
    own = {route for name, routes in OWN_ROUTES.items() if facts and facts.calls_to(name) for route in routes}
    taken = {item.entry: {item.route} | (own or {"trace"}) for item in evidence if _recommends(item)}
    result = []
    for diagnostic in diagnostics:
        routes = [(proof["entry"], proof["route"]) for proof in diagnostic.evidence if "route" in proof]
        quiet = (
            diagnostic.claim in CONVERT_CLAIMS
            and bool(routes)
            and all(entry in taken and route not in taken[entry] for entry, route in routes)
        )
        result.append(dataclasses.replace(diagnostic, severity=Severity.INFO) if quiet else diagnostic)
    return result


def _recommends(item: Evidence) -> TypeGuard[RouteEnded]:
    return isinstance(item, RouteEnded) and item.recommended


def _owner(diagnostic: Diagnostic) -> str:
    """The class that a diagnostic concerns."""
    return (diagnostic.symbol or "").split(".")[0]


def label(place: Place, message: str) -> Label:
    """A label at a place that the run reported."""
    return Label(place.path, place.span, message)
