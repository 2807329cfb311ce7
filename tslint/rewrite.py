"""Edits for checks to offer. Reads facts, changes nothing; whoever applies the edits is :mod:`tslint.fixes`."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from tslint.diagnostic import Applicability, Edit, Fix, Span
from tslint.facts.facts import Facts

ATOMS = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.Integer, cst.Float)
"""Expressions that bind tighter than any operator."""


LONGEST = 80
"""Of a line of the wrapper, without its indentation."""


def safe(title: str, *edits: Edit) -> Fix:
    """A fix that leaves what the program does as it is, but for the problem."""
    return Fix(title, Applicability.SAFE, edits)


def unsafe(title: str, *edits: Edit) -> Fix:
    """A fix that can change what the program does elsewhere."""
    return Fix(title, Applicability.UNSAFE, edits)


def source(node: cst.CSTNode, facts: Facts) -> str:
    """The text of NODE as it stands in the file, its own parentheses left out."""
    return facts.source.slice(facts.span(node))


def replace(node: cst.CSTNode, text: str, facts: Facts) -> Edit:
    return Edit(facts.span(node), text)


def before(node: cst.CSTNode, text: str, facts: Facts) -> Edit:
    """Inserts TEXT right in front of NODE."""
    span = facts.span(node)
    return Edit(Span(span.line, span.column, span.line, span.column), text)


def after(node: cst.CSTNode, text: str, facts: Facts) -> Edit:
    """Inserts TEXT right behind NODE."""
    span = facts.span(node)
    return Edit(Span(span.end_line, span.end_column, span.end_line, span.end_column), text)


def atom(node: cst.BaseExpression, facts: Facts) -> str:
    """The text of NODE, in parentheses unless it binds tighter than any operator."""
    text = source(node, facts)
    return text if isinstance(node, ATOMS) and not node.lpar else f"({text})"


def square_root(call: cst.Call, facts: Facts) -> tuple[Edit, str]:
    """``f(n)`` becomes ``n ** 0.5``, in parentheses where what stands around it would take it apart; and the text of the n."""
    number = atom(call.args[0].value, facts)
    text = f"{number} ** 0.5"
    if _needs_parentheses(call, facts):
        text = f"({text})"
    return replace(call, text, facts), number


def _needs_parentheses(call: cst.Call, facts: Facts) -> bool:
    """Whether ``a ** b`` in the place of CALL would be read otherwise: as the base of a power, or before ``.``, ``[``, ``(``."""
    if call.lpar:
        return False
    parent = facts.parent(call)
    if isinstance(parent, cst.BinaryOperation):
        return isinstance(parent.operator, cst.Power) and parent.left is call
    return isinstance(parent, (cst.Attribute, cst.Subscript, cst.Call, cst.Await))


def annotation(target: cst.AssignTarget, type_: str, facts: Facts) -> Edit:
    """``name = …`` becomes ``name: type = …``."""
    return after(target.target, f": {type_}", facts)


def subscript(key: str) -> str:
    """The code that picks KEY out of a mapping: ``["key"]``."""
    return f'["{key}"]' if repr(key) == f"'{key}'" and '"' not in key else f"[{key!r}]"


def wrapper_class(name: str, base: str, parameters: str, arguments: str, accesses: Sequence[str]) -> str:
    """A class that holds a model and answers with parts of what it returns: one, or a tuple.

    PARAMETERS is the text of forward's parameters behind ``self``, ARGUMENTS that of the model's arguments, BASE how
    ``torch.nn.Module`` is spelled; ACCESSES pick the parts out: ``["out"]``.
    """
    call = f"self.model({arguments})"
    if len(accesses) == 1:
        body = [f"return {call}{accesses[0]}"]
    else:
        parts = [f"outputs{access}" for access in accesses]
        line = f"return {', '.join(parts)}"
        body = [f"outputs = {call}", *([line] if len(line) <= LONGEST else ["return (", *_indented(parts), ")"])]
    lines = [
        f"class {name}({base}):",
        "    def __init__(self, model):",
        "        super().__init__()",
        "        self.model = model",
        "",
        f"    def forward(self, {parameters}):" if parameters else "    def forward(self):",
        *(f"        {line}" for line in body),
    ]
    return "\n".join(lines)


def _indented(parts: Sequence[str]) -> list[str]:
    return [f"    {part}," for part in parts]


def wrapper(
    cls: cst.ClassDef, name: str, base: str, parameters: str, names: Sequence[str], keys: Sequence[str], facts: Facts
) -> Edit:
    """The class of :func:`wrapper_class` behind CLS."""
    end = facts.span(cls)
    place = Span(end.end_line, end.end_column, end.end_line, end.end_column)
    return Edit(
        place, "\n\n\n" + wrapper_class(name, base, parameters, ", ".join(names), [subscript(key) for key in keys])
    )
