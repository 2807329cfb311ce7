"""Whether one line of an example is to blame for what its trace gets wrong.

A value that leaves the graph on a line is held as it was for the example input. If eager then computes for the other
input what the trace computes there, that value, on that line, is what the trace got wrong.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from loading import Example, alike, graph_text, run, second_call_differs, tensors, trace
from rule_pages import Case

Spot = tuple[int, int, int]


class Keeper:
    """Remembers, then repeats, the Python values of chosen expressions."""

    def __init__(self) -> None:
        self.known: dict[Spot, list[Any]] = {}
        self.held: frozenset[Spot] = frozenset()
        self.position: dict[Spot, int] = {}

    def hold(self, spots: Iterable[Spot]) -> None:
        self.held, self.position = frozenset(spots), {}

    def value(self, spot: Spot, value: Any, number: bool = False) -> Any:
        """Of an expression: a tensor is passed on as it is, since it is live in the graph."""
        value = bool(value) if number else value
        if isinstance(value, torch.Tensor):
            return value
        if not self.held:
            self.known.setdefault(spot, []).append(value)
        elif spot in self.held:
            index = self.position.get(spot, 0)
            self.position[spot] = index + 1
            return self.known[spot][index]
        return value

    def data(self, spot: Spot, value: torch.Tensor) -> torch.Tensor:
        """Of ``x.data``, which the tracer takes for a constant."""
        if not self.held:
            self.known.setdefault(spot, []).append(value.clone())
        elif spot in self.held:
            return self.known[spot][0].clone()
        return value

    def rounds(self, spot: Spot, iterable: Any) -> Any:
        """Of a loop: as many rounds as it had, over the new values."""
        if not self.held:
            self.known.setdefault(spot, []).append(len(iterable))
        elif spot in self.held:
            return iterable[: self.known[spot][0]]
        return iterable


class Instrument(ast.NodeTransformer):
    """Hands what can leave the graph on the marked lines (calls, conditions, loops) to the keeper; notes the spots."""

    def __init__(self, lines: Iterable[int]) -> None:
        self.lines = frozenset(lines)
        self.spots: list[Spot] = []

    def _kept(self, node: ast.expr, method: str, **flags: bool) -> ast.expr:
        spot = (node.lineno, node.col_offset, node.end_col_offset or 0)
        self.spots.append(spot)
        return ast.copy_location(
            ast.Call(
                ast.Attribute(ast.Name("__keeper__", ast.Load()), method, ast.Load()),
                [ast.Constant(spot), node],
                [ast.keyword(name, ast.Constant(value)) for name, value in flags.items()],
            ),
            node,
        )

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        return self._kept(node, "value") if node.lineno in self.lines else node

    def visit_List(self, node: ast.List) -> ast.expr:
        self.generic_visit(node)
        loaded = isinstance(node.ctx, ast.Load) and node.lineno in self.lines
        return self._kept(node, "value") if loaded else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        return self._kept(node, "data") if node.lineno in self.lines and node.attr == "data" else node

    def _condition(self, node: Any) -> Any:
        inside = node.test.lineno in self.lines
        if not inside:
            self.generic_visit(node)
            return node
        node.test = self._kept(node.test, "value", number=True)
        for name in ("body", "orelse"):
            part = getattr(node, name)
            setattr(node, name, [self.visit(n) for n in part] if isinstance(part, list) else self.visit(part))
        return node

    visit_If = visit_While = visit_IfExp = _condition

    def _loop(self, node: Any) -> Any:
        if node.iter.lineno in self.lines:
            outer = node.iter
            if (
                isinstance(outer, ast.Call)
                and isinstance(outer.func, ast.Name)
                and outer.func.id in ("enumerate", "zip")
            ):
                outer.args = [self._kept(argument, "rounds") for argument in outer.args]
            else:
                outer = self._kept(outer, "rounds")
            node.iter = ast.Constant(None)
            self.generic_visit(node)
            node.iter = outer
            return node
        self.generic_visit(node)
        return node

    visit_For = visit_comprehension = _loop


def to_blame(case: Case, folder: Path, lines: frozenset[int], by_graph: bool) -> None:
    """Asserts that LINES, each of them and together, explain what the trace gets wrong on ``other_inputs()``.

    ``by_graph``: the two traces are compared, else the outputs.
    """
    plain = Example(case, folder)
    carried = attributes_written(case.text, lines)
    if carried and second_call_differs(plain):
        assert not second_call_differs(plain, forgotten=carried), f"lines {sorted(lines)} do not explain the difference"
        for line in lines if len(lines) > 1 else ():
            rest = attributes_written(case.text, lines - {line})
            assert second_call_differs(plain, forgotten=rest), f"line {line} is not needed to explain it"
        return

    keeper = Keeper()
    instrument = Instrument(lines)
    example = Example(case, folder, instrument, __keeper__=keeper)
    inputs, others = example.inputs(), example.others()

    wanted: list[torch.Tensor] = []
    if not by_graph:
        program = trace(plain.model(), inputs)
        try:
            wanted = run(program, others)
        except RuntimeError as error:
            if example.path.name in str(error):
                for line in lines:
                    assert f"{example.path.name}({line})" in str(error), f"the trace raises elsewhere: {error}"
                return
            by_graph = True  # the interpreter's own errors name no line
    (trace if by_graph else run)(example.model(), inputs)

    def explains(spots: tuple[Spot, ...]) -> bool:
        keeper.hold(spots)
        try:
            if by_graph:
                first = graph_text(trace(example.model(), inputs))
                keeper.hold(spots)
                return first == graph_text(trace(example.model(), others))
            return alike(run(example.model(), others), wanted)
        except (IndexError, RuntimeError, ValueError):
            return False

    def choices(wanted_lines: Iterable[int]) -> Iterator[tuple[Spot, ...]]:
        by_line = [[spot for spot in instrument.spots if spot[0] == line] for line in sorted(wanted_lines)]
        for choice in itertools.product(*[[(spot,) for spot in spots] + [tuple(spots)] for spots in by_line]):
            yield tuple(itertools.chain(*choice))

    assert any(explains(spots) for spots in choices(lines)), f"lines {sorted(lines)} do not explain the difference"
    for line in lines if len(lines) > 1 else ():
        rest = lines - {line}
        assert not any(explains(spots) for spots in choices(rest)), f"line {line} is not needed to explain it"


def attributes_written(text: str, lines: Iterable[int]) -> set[str]:
    """The attributes of ``self`` that statements on these lines assign, or call a method of."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)) and node.lineno in lines:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == "self":
                    found.add(inner.attr)
    return found


class Repaired(ast.NodeTransformer):
    """Makes the outputs of marked ``return`` statements, and of marked functions that return nothing, tensors.

    On marked lines a bool becomes a number, and ``x.data`` what stays in the graph.
    """

    def __init__(self, lines: Iterable[int]) -> None:
        self.lines = frozenset(lines)

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if node.lineno in self.lines and isinstance(node.value, bool):
            node.value = int(node.value)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if node.lineno in self.lines and node.attr == "data":
            return ast.copy_location(ast.Call(ast.Attribute(node.value, "detach", ast.Load()), [], []), node)
        return node

    def visit_Return(self, node: ast.Return) -> ast.Return:
        self.generic_visit(node)
        if node.lineno in self.lines and node.value is not None:
            node.value = ast.copy_location(ast.Call(ast.Name("__tensors__", ast.Load()), [node.value], []), node.value)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        if node.lineno in self.lines:
            node.body.append(ast.copy_location(ast.parse("return __tensors__(self.last)").body[0], node.body[-1]))
        return node


class Registered(ast.NodeTransformer):
    """Registers what is assigned on marked lines to attributes, or put into them; leaves out statements that are calls,
    and decorators.

    On marked lines a bool that is given by position becomes a number.
    """

    def __init__(self, lines: Iterable[int]) -> None:
        self.lines = frozenset(lines)
        self.changed: set[int] = set()

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if node.lineno in self.lines and isinstance(node.value, bool):
            node.value = int(node.value)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        return node  # `requires_grad=True` is meant

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        self.generic_visit(node)
        if node.lineno in self.lines and isinstance(node.targets[0], ast.Attribute):
            self.changed.add(node.lineno)
            node.value = ast.copy_location(
                ast.Call(ast.Name("__registered__", ast.Load()), [node.value], []), node.value
            )
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        marked = [decorator for decorator in node.decorator_list if decorator.lineno in self.lines]
        self.changed |= {decorator.lineno for decorator in marked}
        node.decorator_list = [decorator for decorator in node.decorator_list if decorator not in marked]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        if node.lineno in self.lines:
            self.changed.add(node.lineno)
            return ast.copy_location(ast.Pass(), node)
        return node


def registered(value: Any) -> Any:
    """A tensor as a parameter or buffer would be, modules in a container that knows of them; a module is registered as it is."""
    if isinstance(value, torch.nn.Module):
        return value
    if isinstance(value, torch.Tensor):
        return torch.nn.Parameter(value, requires_grad=value.requires_grad)
    if isinstance(value, dict):
        return torch.nn.ModuleDict(value)
    if all(isinstance(item, torch.Tensor) for item in value):
        return torch.nn.ParameterList(value)
    return torch.nn.ModuleList(value)


def traceable_otherwise(case: Case, folder: Path, error: BaseException) -> None:
    """Asserts that the trace works once the marked outputs are tensors, the marked inputs filled in, the marked
    attributes registered or the marked calls left out; else that the error comes from the marked line."""
    raised = {line for path, line in frames(error) if Path(path).stem == Path(case.written(folder)).stem}
    if case.marks <= raised:
        return
    change = Registered(case.marks)
    other = Example(case, folder, change, __registered__=registered)
    if change.changed:
        assert change.changed == case.marks
        trace(other.model(), other.inputs())
        return
    repaired = Example(
        case,
        folder,
        Repaired(case.marks),
        __tensors__=lambda value: tuple(t for t in tensors(value) if t.dim() or isinstance(value, torch.Tensor)),
    )
    model, inputs = repaired.model(), repaired.inputs()
    fixed = [(i, value) for i, value in enumerate(inputs) if not isinstance(value, torch.Tensor)]
    if not fixed:
        trace(model, inputs)
        return

    class Filled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *given: torch.Tensor) -> Any:
            args: list[Any] = list(given)
            for index, value in fixed:
                args.insert(index, value)
            return self.model(*args)

    trace(Filled().eval(), tuple(value for value in inputs if isinstance(value, torch.Tensor)))


def frames(error: BaseException) -> Iterator[tuple[str, int]]:
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame.f_code.co_filename, step.tb_lineno
        step = step.tb_next
