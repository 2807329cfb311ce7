"""The tables of one run: routes, dimensions, differences, inputs, steps, and values that left the graph."""

from __future__ import annotations

from typing import Any

from tslint.report.content import Report
from tslint.report.html.answer import concerns
from tslint.report.html.findings import name_of, where
from tslint.report.html.markup import EMPTY, Markup, element, hidden, row, said, table, together, words
from tslint.report.routes import named, names_of, number
from tslint.report.run import Dimension, Route, Run

DASH = "\N{EN DASH}"
STATUS = {
    "works": ("✓", "works", "good"),
    "refused": ("✗", "refused", "bad"),
    "differs": ("✗", "differs", "bad"),
    "died": ("✗", "ended the process", "bad"),
    "untried": (DASH, "untried", "none"),
}
SETTLED = {"harmful": ("✗", "bad"), "harmless": ("✓", "good"), "not exercised": (DASH, "none")}
STEPS = {"ok": ("✓", "good"), "skipped": (DASH, "none")}
SHORT = 200


def status(name: str) -> Markup:
    mark, word, kind = STATUS.get(name, (DASH, name, "none"))
    return said(mark, word, kind)


def routes(run: Run) -> Markup:
    """A row for each way to Core ML."""
    rows = []
    for route in run.routes:
        inside = run.recommended == route.name
        rows.append(_route(route, route.name, inside and route.wrapped is None))
        if route.wrapped is not None:
            rows.append(_route(route.wrapped, f"wrapped {route.name}", inside))
    head = ["Route", "As a program", "As Core ML", "Held against the model", "Largest difference", "What to know"]
    return table("Ways to Core ML", head, rows, "routes") if rows else EMPTY


def _route(route: Route, name: str, recommended: bool) -> Markup:
    held = said(DASH, "not evaluated", "none")
    if route.verified is not None:
        held = said("✓", "agrees", "good") if route.verified else said("✗", "differs", "bad")
    title = together(name, " ", element("span", "recommended", class_="badge")) if recommended else together(name)
    gap = element("code", number(route.difference)) if route.difference is not None else hidden("none known")
    cells = (status(route.status), status(route.converts), held, gap, _remarks(route))
    return row(title, *cells, kind="recommended" if recommended else "")


def _remarks(route: Route) -> Markup:
    said_of = [", ".join(f"`{rule}`" for rule in route.stopped_by)] if route.stopped_by else []
    for label, names in (
        ("returns", route.keys),
        ("scripts", route.parts),
        ("with composites for", route.composed),
        ("taken apart:", route.decomposed),
        ("without the pass", route.dropped),
    ):
        if names:
            said_of.append(f"{label} {', '.join(f'`{name}`' for name in names)}")
    if route.message and not route.stopped_by:
        text = " ".join(route.message.split())
        said_of.append(text if len(text) <= SHORT else f"{text[:SHORT].rsplit(' ', 1)[0]} …")
    return words("; ".join(said_of)) if said_of else hidden("nothing")


def dimensions(run: Run) -> Markup:
    """A row for each input, a column for each dimension: whether the trace serves other sizes of it."""
    if not run.generalises:
        return EMPTY
    names = list(dict.fromkeys([*(spec.name for spec in run.example), *(item.input for item in run.generalises)]))
    shapes = {spec.name: spec.shape for spec in run.example}
    found = {(item.input, item.dimension): item for item in run.generalises}
    width = max([len(shape) for shape in shapes.values()] + [item.dimension + 1 for item in run.generalises])
    titles = named(run)
    rows = []
    for name in names:
        shape = shapes.get(name, ())
        cells = []
        for index in range(width):
            item = found.get((name, index))
            size = str(shape[index]) if index < len(shape) else "?"
            title = titles[name][index] if index < len(titles.get(name, ())) else ""
            cells.append(_dimension(item, size, title, run) if item or index < len(shape) else Markup(""))
        rows.append(row(element("code", name), *cells))
    head = ["Input", *(f"dimension {index}" for index in range(width))]
    return together(
        table("Sizes that the trace serves besides the example's", head, rows, "dimensions"),
        element(
            "p", said("✓", "serves other sizes", "good"), said("✗", "is wrong or fails on other sizes", "bad"),
            said(DASH, "no other size was seen alone", "none"), class_="legend",
        ),
    )  # fmt: skip


def _dimension(item: Dimension | None, size: str, title: str, run: Run) -> Markup:
    top = element("span", size, class_="size")
    name = element("span", title, class_="name") if title else EMPTY
    if item is None or (item.verdict is None and not item.together):
        return together(top, said(DASH, "not seen", "none"), name)
    if item.verdict is None:
        example = {spec.name: names_of(spec) for spec in run.example}
        others = [(one, index) for one, index in item.together if (one, index) != (item.input, item.dimension)]
        with_ = ", ".join(
            f"{example[one][index] if index < len(example.get(one, ())) else index} of {one}" for one, index in others
        )
        return together(top, said("✓", "together", "good"), name, element("span", f"with {with_}", class_="name"))
    if item.verdict:
        return together(top, said("✓", "serves", "good"), name)
    rules = element("span", ", ".join(item.stopped_by), class_="stop") if item.stopped_by else EMPTY
    return together(top, said("✗", "does not", "bad"), name, rules)


def differences(report: Report, run: Run) -> Markup:
    """The largest differences from eager that were found, the worst first."""
    found: list[tuple[float, Markup]] = []
    for route in run.routes:
        for item, name in ((route, route.name), (route.wrapped, f"wrapped {route.name}")):
            if item is not None and item.difference is not None:
                kind = "works" if item.verified else item.converts
                cells = (Markup("the converted program"), Markup("example"), element("code", number(item.difference)))
                verdict = said("✓", "within tolerance", "good") if kind == "works" else status(kind)
                found.append((item.difference, row(name, *cells, verdict)))
    for diagnostic in report.diagnostics:
        for proof in diagnostic.evidence if concerns(diagnostic, run) else ():
            gap = proof.get("max_difference")
            if isinstance(gap, (int, float)) and not isinstance(gap, bool):
                found.append((float(gap), _observed(report, diagnostic, proof, float(gap))))
    found.sort(key=lambda pair: -pair[0])
    if not found:
        return EMPTY
    head = ["Where", "What", "Input", "Largest difference", "Verdict"]
    note = "Numbers that agree within a relative 1e-3 and an absolute 1e-4 count as equal."
    return together(
        table("Largest differences from the model itself", head, [item for _, item in found]), element("p", note)
    )


def _observed(report: Report, diagnostic: Any, proof: dict[str, Any], gap: float) -> Markup:
    link = element("a", diagnostic.rule, href=f"#{name_of(report, diagnostic)}")
    what = {"trace": "the trace", "script": "the script", "convert": "the converted program"}.get(
        diagnostic.claim.value.partition("-")[0], "the program"
    )
    output = f", output {proof['output']}" if proof.get("output") else ""
    tried = str(proof.get("tried") or "example")
    return row(link, f"{what}{output}", tried, element("code", number(gap)), said("✗", "differs", "bad"))


def escapes(report: Report, run: Run) -> Markup:
    """The values that became plain Python values while the model was traced."""
    rows = []
    for item in run.escapes:
        mark, kind = SETTLED.get(item.verdict, (DASH, "none"))
        at = item.place
        place = where(report, at.path, at.cell, at.span.line) if at is not None else "unknown"
        values = ", ".join(dict.fromkeys(str(value) for value in item.values.values()))
        warned = "warns" if item.warned else "is silent"
        via = item.operator or item.via
        rows.append(
            row(
                place,
                element("code", via),
                item.origin,
                values[:SHORT],
                said(mark, item.verdict, kind),
                warned,
                item.note,
            )
        )
    head = ["Place", "Through", "Reads", "Values", "Verdict", "PyTorch", "Note"]
    return _folded(
        "Values that left the graph", len(rows), table("Values that left the graph", head, rows) if rows else EMPTY
    )


def inputs(run: Run) -> Markup:
    rows = [
        row(
            item.name,
            element("code", item.shapes) if item.shapes else hidden("unknown"),
            said("✓", "accepted", "good") if item.accepted else said("✗", "refused", "none"),
            words(item.error or ""),
        )
        for item in run.inputs
    ]
    head = ["Input", "Shapes", "The model itself", "Its error"]
    return _folded("Inputs that were tried", len(rows), table("Inputs that were tried", head, rows) if rows else EMPTY)


def steps(run: Run) -> Markup:
    rows = []
    for step in run.steps:
        mark, kind = STEPS.get(step.status, ("✗", "bad"))
        rows.append(
            row(step.name, said(mark, step.status, kind), f"{step.seconds:.1f} s", words(step.message or step.detail))
        )
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items() if version)
    head = ["Step", "Ended", "Took", "Said"]
    inner = table("Steps of the run", head, rows) if rows else EMPTY
    said_of = element("p", "With ", versions, ".", class_="aside") if versions else EMPTY
    return _folded("Steps and versions", len(rows), together(inner, said_of))


def _folded(title: str, count: int, inner: Markup) -> Markup:
    if not inner:
        return EMPTY
    return element("details", element("summary", title, " ", element("span", str(count), class_="count")), inner)
