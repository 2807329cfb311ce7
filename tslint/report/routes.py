"""The end of a run's report: the table of routes, and what the trace generalises over. No rich."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from tslint import catalogue
from tslint.diagnostic import Claim
from tslint.evidence import InputSpec
from tslint.frozen import frozen
from tslint.report.content import one_line
from tslint.report.layout import Line, cells, width_of, wrap
from tslint.report.places import shown
from tslint.report.run import Dimension, Route, Run

INDENT = 10
GAP = 5
MESSAGE = 120
MOST_PLACES = 6
ONE_LINE = 10_000
IMAGES = {4: ("batch", "channels", "height", "width"), 5: ("batch", "channels", "depth", "height", "width")}
SEQUENCES = {1: ("length",), 2: ("batch", "length")}
RECOMMENDED = "   ← recommended"
CONVERTING = {Claim.CONVERT_FAILS, Claim.CONVERT_DIFFERS}
STYLES = {"✓": "green", "✗": "red"}


@frozen
class Cell:
    """One route in the table; ``mark`` is ✓, ✗ or nothing."""

    name: str
    mark: str
    text: str
    recommended: bool = False


def route_table(run: Run, title: str, width: int) -> list[Line]:
    """The routes in two columns, or in one where they do not fit; nothing where the run came to none."""
    found = _cells(run)
    if not found:
        return []
    pairs = [found[0::2], found[1::2]]
    lines = _columns(pairs)
    if any(width_of(line) + INDENT > width for line in lines):
        lines = _columns([found])
    result: list[Line] = []
    if cells(title) >= INDENT:
        result.append([(title, "bold")])
        title = ""
    for index, line in enumerate(lines):
        result += _fitted([(f"{'' if index else title:<{INDENT}}", "bold"), *line], width)
    return result


def generalisation(run: Run, width: int) -> list[str]:
    """``generalises over batch; not over height and width (math-on-size)``, wrapped; nothing where nothing is known."""
    refused: dict[tuple[str, ...], list[Dimension]] = {}
    for item in run.generalises:
        if item.verdict is False:
            refused.setdefault(item.stopped_by, []).append(item)
    example = named(run)
    alone = [(item.input, item.dimension) for item in run.generalises if item.verdict]
    sets = dict.fromkeys(item.together for item in run.generalises if item.verdict is None and item.together)
    served = [_names(alone, example)] if alone else []
    served += [f"{_names(together, example)} together" for together in sets]
    stopped = [
        _names([(item.input, item.dimension) for item in items], example) + (f" ({', '.join(rules)})" if rules else "")
        for rules, items in refused.items()
    ]
    # What is known is known of the trace; where another program is recommended, that has to be said.
    whose = "the trace " if run.recommended == "export" else ""
    if served:
        text = f"{whose}generalises over {', over '.join(served)}"
        text += "".join(f"; not over {item}" for item in stopped)
    elif stopped:
        text = f"{whose}does not generalise over " + ", nor over ".join(stopped)
    else:
        return []
    return wrap(text, width, width)


def verdict(run: Run) -> str:
    """``trace ✓ · script ✗ module-list-index · generalises over batch``: the run on one line, without what was not tried."""
    tried = [cell for cell in _cells(run) if cell.mark]
    parts = [" ".join(filter(None, (cell.name, cell.mark, cell.text))) for cell in tried]
    if not parts:
        stopped = next((step for step in run.steps if step.status not in ("ok", "skipped")), None)
        parts = [] if stopped is None else [f"{stopped.name} ✗ {_short(stopped.message) or stopped.status}"]
    return " · ".join([*parts, *generalisation(run, ONE_LINE)])


def served(run: Run) -> str:
    """``batch, height and width``: the dimensions of which the trace serves other sizes; nothing where none is known."""
    alone = [(item.input, item.dimension) for item in run.generalises if item.verdict]
    return _names(alone, named(run)) if alone else ""


def harmless_warnings(run: Run, directory: str, width: int) -> list[str]:
    """Where PyTorch's tracer warns of a value that cannot go wrong, wrapped; not of a place that is harmful elsewhere."""
    warned: dict[str, set[str]] = {}
    for escape in run.escapes:
        if escape.warned and escape.place is not None:
            place = escape.place
            path = shown(place.path, directory)
            where = "" if path == shown(run.target, directory) else f"{path}:"
            where += "" if place.cell is None else f"cell {place.cell}:"
            warned.setdefault(f"{where}{place.span.line}", set()).add(escape.verdict)
    places = [place for place, verdicts in warned.items() if verdicts == {"harmless"}]
    if not places:
        return []
    listed = joined(places[:MOST_PLACES] + ([f"{len(places) - MOST_PLACES} more"] if len(places) > MOST_PLACES else []))
    what = "" if places[0].startswith("cell ") else f"line{'s' * (len(places) > 1)} "
    return wrap(f"harmless though PyTorch's tracer warns of it: {what}{listed}", width, width)


def joined(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def named(run: Run) -> dict[str, tuple[str, ...]]:
    """What the dimensions of each input are called: as an image's only where eager takes one number of channels alone."""
    free = {
        item.input for item in run.generalises if item.dimension == 1 and (item.verdict is not None or item.together)
    }
    images = {spec.name for spec in run.example if len(spec.shape) in IMAGES}
    return {spec.name: ("batch",) if spec.name in free & images else names_of(spec) for spec in run.example}


def _names(dimensions: Iterable[tuple[str, int]], example: Mapping[str, tuple[str, ...]]) -> str:
    by_input: dict[str, list[str]] = {}
    for name, dimension in dimensions:
        words = example.get(name, ("batch",))
        known = dimension < len(words)
        by_input.setdefault(name, []).append(words[dimension] if known else f"dimension {dimension}")
    if len(example) <= 1:
        return joined([name for names in by_input.values() for name in names])
    return _listed([f"{joined(names)} of `{name}`" for name, names in by_input.items()])


def _listed(parts: Sequence[str]) -> str:
    """``a of x and b of y``; with commas where a part has an ``and`` of its own."""
    return joined(parts) if not any(" and " in part for part in parts) else ", ".join(parts)


def names_of(spec: InputSpec) -> tuple[str, ...]:
    """What the dimensions of an input are called: an image's, those of a sequence of integers, or the first one alone."""
    rank = len(spec.shape)
    if rank in SEQUENCES and (rank == 1 or "int" in spec.dtype):
        return SEQUENCES[rank]
    return IMAGES.get(rank, ("batch",))


def _cells(run: Run) -> list[Cell]:
    found: list[Cell] = []
    untried: dict[str, list[str]] = {}
    known = {rule for item in run.generalises if item.verdict is False for rule in item.stopped_by}
    for route in run.routes:
        recommended = route.name == run.recommended
        if route.status == "untried":
            untried.setdefault(route.message or "not needed", []).append(route.name)
            continue
        found.append(_cell(route, route.name, recommended and route.wrapped is None, known))
        if route.wrapped is not None:
            found.append(_cell(route.wrapped, f"wrapped {route.name}", recommended, known))
    found += [Cell(", ".join(names), "", f"untried: {reason}") for reason, names in untried.items()]
    every = [each for route in run.routes for each in (route, route.wrapped) if each is not None]
    if run.recommended is None and any(each.converts not in ("untried", "works") for each in every):
        return [dataclasses.replace(cell, text=cell.text or "not converted") for cell in found]
    return found


def _cell(route: Route, name: str, recommended: bool, known: set[str]) -> Cell:
    """KNOWN are the rules that stop it from generalising, as the line below the table says: not to be said twice."""
    built, converted = _built(route), _converted(route)
    works = route.status == "works" and route.converts in ("works", "untried")
    if recommended and route.status == "differs" and route.converts == "works":
        works = True
        more = ", ".join(rule for rule in route.stopped_by if rule not in known)
        how = route.message if route.message and not route.message.startswith("differs from eager") else ""
        built, converted = converted, _colon(how or "differs on other inputs", more) if more or not known else ""
    return Cell(name, "✓" if works else "✗", "; ".join(filter(None, (built, converted))), recommended and works)


def _built(route: Route) -> str:
    """What to say of the program itself: nothing where it works."""
    if route.status == "works":
        return ""
    late = _of_conversion(route)
    claims = ", ".join(rule for rule in route.stopped_by if rule not in late) or _short(route.message)
    if route.status == "differs":
        return _colon("differs from eager", claims)
    return claims or {"died": "ended the process"}.get(route.status, route.status)


def _converted(route: Route) -> str:
    """What to say of its conversion: nothing where that was not tried."""
    if route.converts == "untried" or route.status in ("refused", "died"):
        return ""
    works = route.status == "works"
    why = ", ".join(route.stopped_by if works else _of_conversion(route)) or (_short(route.message) if works else "")
    composed = f" with composites for {', '.join(route.composed)}" if route.composed else ""
    if route.decomposed:
        composed += f" with {', '.join(route.decomposed)} taken apart"
    if route.dropped:
        composed += f" without the pass {', '.join(route.dropped)}"
    difference = f" (max difference {number(route.difference)})" if route.difference is not None else ""
    if route.converts == "works":
        return f"converts{composed}, {'verified' if route.verified else 'not verified'}{difference}"
    if route.converts == "differs":
        return _colon(f"converts{composed}, but differs from eager{difference}", why)
    return _colon("conversion ended the process" if route.converts == "died" else "does not convert", why)


def _of_conversion(route: Route) -> list[str]:
    """The rules that stop the conversion of a program which is wrong already, and do not make it so."""
    if route.status != "differs" or route.converts not in ("refused", "died"):
        return []
    known = catalogue.rules()
    late = {name for name in route.stopped_by if name in known and set(known[name].claims) <= CONVERTING}
    return [name for name in route.stopped_by if name in late]


def _short(message: str) -> str:
    """As much of a message as a table bears."""
    text = one_line(message)
    return text if len(text) <= MESSAGE else text[:MESSAGE].rsplit(" ", 1)[0] + " …"


def _colon(text: str, why: str) -> str:
    return f"{text}: {why}" if text and why else text or why


def number(value: float) -> str:
    """``3e-4``: one digit says enough of a difference."""
    if value == 0:
        return "0"
    if 0.01 <= abs(value) < 1000:
        return f"{value:.2g}"
    mantissa, _, exponent = f"{value:.0e}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def _columns(columns: Sequence[Sequence[Cell]]) -> list[Line]:
    rendered = [_column(column) for column in columns]
    widths = [max((width_of(line) for line in column), default=0) for column in rendered]
    lines: list[Line] = []
    for index in range(max(map(len, rendered))):
        row: Line = []
        for number, column in enumerate(rendered):
            if index < len(column):
                last = number == len(rendered) - 1 or index >= len(rendered[number + 1])
                padding = "" if last else " " * (widths[number] - width_of(column[index]) + GAP)
                row += [*column[index], (padding, "")]
        lines.append([segment for segment in row if segment[0]])
    return lines


def _column(column: Sequence[Cell]) -> list[Line]:
    names = max((cells(cell.name) for cell in column), default=0)
    gap = "  " if any(not cell.mark for cell in column) else " "
    lines = []
    for cell in column:
        line: Line = [(f"{cell.name:<{names}}{gap}", "")]
        line += [(cell.mark, STYLES[cell.mark]), (" " if cell.text else "", "")] if cell.mark else []
        line.append((cell.text, "" if cell.mark else "dim"))
        lines.append([*line, (RECOMMENDED, "bold")] if cell.recommended else line)
    return lines


def _fitted(line: Line, width: int) -> list[Line]:
    """LINE, or where it is too long its rows, the text behind the mark wrapped below itself."""
    if width_of(line) <= width:
        return [line]
    head = next((index for index, (text, _) in enumerate(line) if text in STYLES), 1) + 1
    start = line[:head]
    said = "".join(text for text, _ in line[head:]).removesuffix(RECOMMENDED)
    indent = min(width_of(start) + 1, width // 2)
    rows = wrap(said, width - width_of(start) - 1, width - indent)
    if line[-1][0] == RECOMMENDED:
        rows.append(RECOMMENDED.strip())
    return [[*start, (f" {rows[0]}", "")], *([(" " * indent, ""), (row, "")] for row in rows[1:])]
