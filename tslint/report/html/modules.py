"""The tree of a model's modules: which way each goes to Core ML, and what was found in it."""

from __future__ import annotations

from collections.abc import Sequence

from tslint.diagnostic import Basis, Diagnostic, Severity
from tslint.frozen import field, frozen
from tslint.report.content import Report
from tslint.report.html.answer import concerns
from tslint.report.html.findings import name_of, where
from tslint.report.html.markup import EMPTY, Markup, element, said, spaced, together
from tslint.report.run import Module, Route, Run

ROUTES = {"trace": "traced", "script": "scripted", "export": "exported"}
MODE = "mode"
FOLDED = 2
"""Levels that are unfolded where nothing was found."""


@frozen
class Node:
    """A module in the tree. ``found`` are findings in its own code, ``ops`` those of its own that do not convert."""

    name: str
    module: Module | None
    route: str
    found: tuple[Diagnostic, ...] = ()
    ops: tuple[str, ...] = ()
    children: tuple[Node, ...] = field(default_factory=tuple)

    @property
    def clean(self) -> bool:
        own = not self.found and not self.ops
        return own and all(child.clean for child in self.children)

    @property
    def telling(self) -> bool:
        """Whether anything but its mode is to be said of it or of what is in it: a mode is often that of all modules."""
        own = self.ops or any(d.group != MODE for d in self.found)
        return bool(own) or any(child.telling for child in self.children)

    @property
    def kind(self) -> str:
        if self.ops or any(d.severity == Severity.ERROR and d.group != MODE for d in self.found):
            return "bad"
        return "warn" if self.found else "good"

    def alike(self, other: Node) -> bool:
        """Whether the two look the same but for their names."""
        one, two = self.module, other.module
        return (
            (one is None) == (two is None)
            and (one is None or two is None or _look(one) == _look(two))
            and (self.route, self.found, self.ops) == (other.route, other.found, other.ops)
            and len(self.children) == len(other.children)
            and all(a.name == b.name and a.alike(b) for a, b in zip(self.children, other.children, strict=True))
        )


def _look(module: Module) -> tuple[str, bool, bool | None]:
    return module.class_name, module.training, module.scripts


def tree(report: Report, run: Run, name: str) -> Markup:
    """The modules of RUN as nested lists; NAME is the section's, which the filter is named after."""
    roots = nodes(report, run)
    if not roots:
        return EMPTY
    used = sorted({node.route for root in roots for node in _all(root) if node.route})
    legend = element(
        "p",
        *(element("span", route, class_=f"way {route}") for route in used),
        said("✗", "stops the model", "bad"), said("!", "warning", "warn"), said("✓", "nothing found", "good"),
        class_="legend",
    )  # fmt: skip
    several = any(not node.clean for root in roots for node in _all(root))
    box = element("input", type="checkbox", id=f"{name}-only", class_="only")
    choice = element(
        "p", box, " ", element("label", "only modules with findings", for_=f"{name}-only"), class_="choice"
    )
    listed = element("ul", *_items(report, roots, 0), class_="tree")
    return together(legend, choice if several else EMPTY, listed)


def nodes(report: Report, run: Run) -> tuple[Node, ...]:
    """The modules of RUN by their paths; of a function that was traced, those that it uses stand side by side."""
    known = {module.path: module for module in run.modules}
    below: dict[str | None, list[str]] = {}
    for path in known:
        parent: str | None = path.rpartition(".")[0] if path else None
        while parent is not None and parent not in known:
            parent = parent.rpartition(".")[0] if parent else None
        below.setdefault(parent, []).append(path)
    found = _by_module(report, run)
    ops: dict[str, list[str]] = {}
    for op in run.ops:
        for place in op.places if not op.supported else ():
            ops.setdefault(place.module_path, []).append(op.op)

    def node(path: str, parent: str | None) -> Node:
        name = path[len(parent) + 1 if parent else 0 :] if path else run.module
        return Node(
            name,
            known[path],
            _route(path, run),
            tuple(found.get(path, ())),
            tuple(dict.fromkeys(ops.get(path, ()))),
            tuple(node(child, path) for child in below.get(path, ())),
        )

    return tuple(node(path, None) for path in below.get(None, ()))


def _route(path: str, run: Run) -> str:
    """What becomes of the module PATH on the recommended route; in a mixed program, of the nearest part above it."""
    if run.recommended != "mixed":
        return ROUTES.get(run.recommended or "", "")
    mixed = next((route for route in run.routes if route.name == "mixed"), Route("mixed"))
    scripted = {"" if part == run.module else part for part in mixed.parts}
    while True:
        if path in scripted or path in mixed.traced:
            return "scripted" if path in scripted else "traced"
        if not path:
            return "traced"
        path = path.rpartition(".")[0]


def _by_module(report: Report, run: Run) -> dict[str, list[Diagnostic]]:
    """The standing findings of each module: those whose evidence names it, else those in the code of its class."""
    found: dict[str, list[Diagnostic]] = {}
    for diagnostic in report.diagnostics:
        if diagnostic.basis == Basis.REFUTED or diagnostic.severity == Severity.INFO or not concerns(diagnostic, run):
            continue
        named = _named(diagnostic)
        for module in run.modules:
            inside = module.path in named if named else _holds(module, diagnostic)
            if inside:
                found.setdefault(module.path, []).append(diagnostic)
    return found


def _named(diagnostic: Diagnostic) -> set[str]:
    """The paths of modules that the evidence names."""
    named: set[str] = set()
    for proof in diagnostic.evidence:
        modules, sites, path = proof.get("modules"), proof.get("sites"), proof.get("module_path")
        named |= {str(item) for item in modules} if isinstance(modules, list) else set()
        named |= {str(site.get("module_path", "")) for site in sites} if isinstance(sites, list) else set()
        named |= {path} if isinstance(path, str) else set()
    return named


def _holds(module: Module, diagnostic: Diagnostic) -> bool:
    symbol = diagnostic.symbol or ""
    return any(
        diagnostic.path == place.path and place.symbol and (symbol + ".").startswith(place.symbol + ".")
        for place in module.code
    )


def _items(report: Report, siblings: Sequence[Node], depth: int) -> list[Markup]:
    """The items of a list; neighbours that look the same are one."""
    groups: list[list[Node]] = []
    for node in siblings:
        if groups and groups[-1][0].alike(node):
            groups[-1].append(node)
        else:
            groups.append([node])
    return [_item(report, group, depth) for group in groups]


def _item(report: Report, group: Sequence[Node], depth: int) -> Markup:
    node = group[0]
    name = node.name if len(group) == 1 else f"{node.name} … {group[-1].name}"
    times = element("span", f"{len(group)} alike", class_="count") if len(group) > 1 else EMPTY
    label = spaced(
        _state(node),
        element("span", name, class_="name"),
        times,
        element("code", node.module.class_name) if node.module is not None else EMPTY,
        element("span", node.route, class_=f"way {node.route}") if node.route else EMPTY,
        *_marks(report, node, bool(node.children)),
    )
    below = sum(bool(each.found or each.ops) for each in _all(node)[1:])
    inside = element("span", f"{below} with findings inside", class_="chip warn inside") if below else EMPTY
    kind = "clean" if node.clean else None
    links = _links(report, node)
    if not node.children:
        return element("li", element("div", spaced(label, *links), class_="leaf"), class_=kind)
    # What is pressed to unfold may hold no links: they are the first item of what it unfolds.
    first = element("li", element("p", spaced("findings:", *links)), class_="links") if links else EMPTY
    listed = element("ul", first, *_items(report, node.children, depth + 1))
    unfolded = depth < FOLDED or node.telling
    return element(
        "li", element("details", element("summary", spaced(label, inside)), listed, open=unfolded), class_=kind
    )


def _state(node: Node) -> Markup:
    mark, meaning = {"bad": ("✗", "stops the model:"), "warn": ("!", "warning:"), "good": ("✓", "")}[node.kind]
    spoken = element("span", meaning, class_="vh") if meaning else EMPTY
    return element("span", element("span", mark, aria_hidden="true"), spoken, class_=f"state {node.kind}")


def _links(report: Report, node: Node) -> list[Markup]:
    return [element("a", d.rule, href=f"#{name_of(report, d)}", class_=_chip(d)) for d in node.found]


def _chip(diagnostic: Diagnostic) -> str:
    return f"chip {'bad' if diagnostic.severity == Severity.ERROR and diagnostic.group != MODE else 'warn'}"


def _marks(report: Report, node: Node, findings: bool) -> list[Markup]:
    marks = [element("span", d.rule, class_=_chip(d)) for d in node.found] if findings else []
    marks += [element("span", f"{op} does not convert", class_="chip bad") for op in node.ops]
    module = node.module
    if module is not None and module.scripts is False:
        marks.append(element("span", "own code does not script", class_="chip"))
    if module is not None and module.code:
        place = module.code[0]
        marks.append(element("span", where(report, place.path, place.cell, place.span.line), class_="place"))
    return marks


def _all(node: Node) -> list[Node]:
    return [node, *(each for child in node.children for each in _all(child))]
