"""Edits for checks to offer. Reads facts, changes nothing; whoever applies the edits is :mod:`tslint.fixes`."""

from __future__ import annotations

import keyword
from collections.abc import Sequence

import libcst as cst

from tslint.diagnostic import Applicability, Edit, Fix, Span
from tslint.facts.facts import Facts
from tslint.facts.kinds import Tensor

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


def square_root(call: cst.Call, facts: Facts) -> Fix:
    """``f(n)`` becomes ``n ** 0.5``, in parentheses where what stands around it would take it apart."""
    number = atom(call.args[0].value, facts)
    text = f"{number} ** 0.5"
    if _needs_parentheses(call, facts):
        text = f"({text})"
    return safe(f"Write `{number} ** 0.5`", replace(call, text, facts))


def _needs_parentheses(call: cst.Call, facts: Facts) -> bool:
    """Whether ``a ** b`` in the place of CALL would be read otherwise: as the base of a power, or before ``.``, ``[``, ``(``."""
    if call.lpar:
        return False
    parent = facts.parent(call)
    if isinstance(parent, cst.BinaryOperation):
        return isinstance(parent.operator, cst.Power) and parent.left is call
    return isinstance(parent, (cst.Attribute, cst.Subscript, cst.Call, cst.Await))


def product(node: cst.BaseExpression, text: str, facts: Facts) -> str:
    """TEXT, a product or quotient, as it can stand in the place of NODE: in parentheses where it would be taken apart."""
    parent = facts.parent(node)
    if node.lpar or (isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, (cst.Add, cst.Subtract))):
        return text
    tight = (cst.BinaryOperation, cst.UnaryOperation, cst.Attribute, cst.Await)
    holds = (isinstance(parent, cst.Subscript) and parent.value is node) or isinstance(parent, cst.Call)
    return f"({text})" if isinstance(parent, tight) or holds else text


def annotation(target: cst.AssignTarget, type_: str, facts: Facts) -> Edit:
    """``name = …`` becomes ``name: type = …``."""
    return after(target.target, f": {type_}", facts)


def subscript(key: str) -> str:
    """The code that picks KEY out of a mapping: ``["key"]``."""
    return f'["{key}"]' if repr(key) == f"'{key}'" and '"' not in key else f"[{key!r}]"


def wrapper_class(
    name: str, base: str, parameters: str, arguments: str, accesses: Sequence[str], method: str = ""
) -> str:
    """A class that holds a model and answers with parts of what it returns: one, or a tuple.

    PARAMETERS is the text of forward's parameters behind ``self``, ARGUMENTS that of the model's arguments, BASE how
    ``torch.nn.Module`` is spelled; ACCESSES pick the parts out: ``["out"]``. METHOD
    (``.encode``) is called in place of the model.
    """
    call = f"self.model{method}({arguments})"
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
    text = wrapper_class(name, base, parameters, ", ".join(names), [subscript(key) for key in keys])
    return after(cls, f"\n\n\n{text}", facts)


def without_argument(call: cst.Call, argument: cst.Arg, facts: Facts) -> Edit | None:
    """Leaves ARGUMENT out of CALL, with the comma that parts it from the next one or the last; None where a comment would go."""
    index = next(i for i, each in enumerate(call.args) if each is argument)
    here = facts.span(argument)
    if index:
        before = facts.span(call.args[index - 1].value)
        span = Span(before.end_line, before.end_column, here.end_line, here.end_column)
        if call.args[index - 1].value.lpar:
            return None
    elif len(call.args) > 1:
        following = facts.span(call.args[1])
        span = Span(here.line, here.column, following.line, following.column)
    else:
        span = here
    return None if "#" in facts.source.slice(span) else Edit(span, "")


def without_statement(node: cst.BaseSmallStatement, facts: Facts) -> Edit:
    """Takes a statement away, with its line where nothing else is on it; ``pass`` stands in for it where its block needs one."""
    line = facts.parent(node)
    block = facts.parent(line) if line is not None else None
    alone = isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1
    if isinstance(line, cst.SimpleStatementLine) and alone and isinstance(block, (cst.IndentedBlock, cst.Module)):
        commented = line.trailing_whitespace.comment is not None
        span = facts.span(node)
        ends = span.end_line < len(facts.source.lines)
        if (isinstance(block, cst.Module) or len(block.body) > 1) and ends and not commented:
            return Edit(Span(span.line, 1, span.end_line + 1, 1), "")
    return replace(node, "pass", facts)


def spelled(qualified: str, facts: Facts) -> str | None:
    """How the file names a module at its top level: ``nn`` or ``torch.nn``; None where it imports neither."""
    for called, bindings in facts.names.scopes.get(facts.module, {}).items():
        if all(binding.imported == qualified for binding in bindings):
            return called
    head, _, rest = qualified.rpartition(".")
    outer = spelled(head, facts) if head else None
    return f"{outer}.{rest}" if outer else None


def fresh(name: str, node: cst.CSTNode, facts: Facts) -> str:
    """NAME, or NAME with a number, such that nothing in the function around NODE is called so."""
    function = facts.enclosing_function(node)
    names = facts.names_in(function) if function is not None else facts.nodes(cst.Name)
    attributes = {parent.attr for n in names if isinstance(parent := facts.parent(n), cst.Attribute)}
    taken = {n.value for n in names if n not in attributes} | set(keyword.kwlist)
    candidates = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
    return next(candidate for candidate in candidates if candidate not in taken)


def tensor_parameter(function: cst.FunctionDef | None, facts: Facts) -> str | None:
    """The first parameter of FUNCTION that is a tensor whenever it is called, and always the one that was handed in."""
    if function is None:
        return None
    for parameter, kind in facts.parameters(function):
        name = parameter.name.value
        if isinstance(kind, Tensor) and parameter.default is None and len(facts.names.bindings(function, name)) == 1:
            return name
    return None
