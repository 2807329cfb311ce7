"""Compiles the methods of one module as `torch.jit.script` does, and notes what is refused.

The compiler of PyTorch stops at the first error. This one notes it, takes what could not be compiled for unknown, and goes on,
so that the next independent error is found too and nothing that follows from the first is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from tslint.facts.building.machine import Machine
from tslint.facts.building.values import Built, ModuleValue
from tslint.facts.torchscript import syntax, types
from tslint.facts.torchscript.annotations import Annotations, NoType
from tslint.facts.torchscript.schemas import Argument, Schema
from tslint.facts.torchscript.types import Type
from tslint.facts.torchscript.values import OPEN_VALUE, ModuleS, Simple, Sugared
from tslint.frozen import frozen

MOST_METHODS = 60
"""Functions compiled for one module; more are left unknown."""


@frozen
class Refusal:
    """Something that TorchScript refuses. ``code`` says what kind, ``values`` name what is involved.

    ``use`` is where the code comes to be refused, where ``node`` is what leads there.
    """

    node: cst.CSTNode
    code: str
    values: dict[str, str]
    use: cst.CSTNode | None = None


class Stop(Exception):
    """The rest of an expression cannot be compiled."""


@dataclass
class Compiled:
    """A function: its signature, once compiled; ``busy`` while it is."""

    schema: Schema | None = None
    busy: bool = True


class Scope:
    """The variables of one block; ``parent`` is the block around it. ``gone``: names that not every path defined."""

    __slots__ = ("exits", "gone", "names", "parent")

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.names: dict[str, Sugared] = {}
        self.gone: dict[str, tuple[str, dict[str, str], cst.CSTNode | None]] = parent.gone if parent is not None else {}
        self.exits = False

    def find(self, name: str) -> Sugared | None:
        scope: Scope | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def outer(self, name: str) -> Sugared | None:
        return self.parent.find(name) if self.parent is not None else None


@dataclass
class Definition:
    """One function while it is being compiled."""

    node: cst.FunctionDef
    owner: Built | None
    scope: Scope
    names: dict[str, Sugared] | None = None
    """What global names mean where a decorator has put the function into another module; None: what the file says."""
    lost: bool = False
    """Whether one of them was not found there."""
    declared: Type | None = None
    returned: Type | None = None
    misdeclared: bool = False
    """Whether a return statement contradicts ``declared``: what a call answers with is then anybody's guess."""
    loops: list[str] = field(default_factory=list)


class Compiler:
    """Compiles instances and what they need, each method once; ``refusals`` are in the order of finding.

    ``shared`` are the file's free functions.
    """

    def __init__(
        self,
        machine: Machine,
        annotations: Annotations,
        shared: dict[cst.FunctionDef, Compiled],
        syntax: syntax.RefusedSyntax,
    ) -> None:
        from tslint.facts.torchscript import expressions  # which imports this file

        self._expressions = expressions.TABLE
        self.machine = machine
        self.syntax = syntax
        self.names = machine.names
        self.annotations = annotations
        self.shared = shared
        self.refusals: list[Refusal] = []
        self.methods: dict[tuple[int, cst.FunctionDef], Compiled] = {}
        self.untyped: set[cst.CSTNode] = set()
        self._twins: dict[int, Built] = {}
        self._states: dict[Hashable, Built] = {}
        self.depth = 0
        self.left = MOST_METHODS

    # -- what is refused ----------------------------------------------------------------------------------------------

    def refuse(self, node: cst.CSTNode, code: str, **values: str) -> None:
        self.refusals.append(Refusal(node, code, values))

    def stop(self, node: cst.CSTNode, code: str, **values: str) -> Stop:
        """Notes a refusal and gives the exception that leaves the expression."""
        self.refuse(node, code, **values)
        return Stop()

    def refuse_untyped(self, made: object, wanted: Type) -> bool:
        """Notes that the empty list or dict MADE has no type and a WANTED is needed; False where that is not the matter."""
        wanted = types.unwrapped(wanted)
        if wanted.kind not in ("List", "Dict") or not isinstance(made, cst.CSTNode):
            return False
        self.refuse(made, "empty-list" if wanted.kind == "List" else "empty-dict", wanted=types.written(wanted))
        self.untyped.add(made)
        return True

    # -- functions ----------------------------------------------------------------------------------------------------

    def module(self, built: Built) -> None:
        """The methods of a module that are compiled from the start: forward, and those marked for export."""
        from tslint.facts.torchscript.attributes import exported, hooks

        if is_replaced(built):
            return
        self.left = MOST_METHODS
        hooks(self, built)
        for method in exported(built.cls):
            self.method(built, method)

    def method(self, owner: Built, node: cst.FunctionDef) -> Compiled:
        owner = self._twin(owner)
        key = (id(owner), node)
        found = self.methods.get(key)
        if found is None:
            found = self.methods[key] = Compiled()
            if self.left > 0 and not is_replaced(owner):
                self.left -= 1
                self._compile(found, node, owner)
            found.busy = False
        return found

    def _twin(self, owner: Built) -> Built:
        """The first instance with the same parts: what it compiles to, OWNER does."""
        twin = self._twins.get(id(owner))
        if twin is None:
            twin = self._twins[id(owner)] = self._states.setdefault(owner.state(), owner)
        return twin

    def function(self, node: cst.FunctionDef) -> Compiled:
        found = self.shared.get(node)
        if found is None:
            found = self.shared[node] = Compiled()
            self._compile(found, node, None)
            found.busy = False
        return found

    def _compile(self, compiled: Compiled, node: cst.FunctionDef, owner: Built | None) -> None:
        if self.depth > 30:
            return
        faulty = False
        star = syntax.variadic(node.params)
        if star is not None:
            self.refuse(star, "variadic", function=node.name.value, parameter=star.value)
            faulty = True
        for place, construct in self.syntax.of(node):
            if star is not None and syntax.hands_on(place, star):
                continue
            formats = type(place) is cst.FormattedStringExpression
            self.refuse(place, "string-format" if formats else "syntax", construct=construct)
            faulty = True
        if faulty:
            return
        from tslint.facts.torchscript.attributes import surroundings

        definition = Definition(node, owner, Scope(), surroundings(self, node))
        arguments = self._parameters(definition)
        if arguments is None:
            return
        if node.returns is not None:
            definition.declared = self.annotation(node.returns.annotation)
        comment = self._type_comment(node)
        if comment is not None:
            arguments, definition.declared = self._commented(definition, arguments, comment)
        if definition.declared is not None:
            compiled.schema = Schema(tuple(arguments), definition.declared)
        self.depth += 1
        try:
            run_block(self, definition, node.body.body)
        except RecursionError:
            return
        finally:
            self.depth -= 1
        result = definition.declared
        if not definition.scope.exits:
            if result is not None and result not in (types.NONE, types.UNKNOWN) and result.kind != "Optional":
                if types.is_known(result) and result is not types.ANY:
                    self.refuse(node.name, "no-return", type=types.written(result))
            elif result is None:
                self.returns(definition, node, types.NONE)
        if definition.misdeclared:
            result = types.UNKNOWN
        elif result is None:
            result = definition.returned or types.NONE
        compiled.schema = Schema(tuple(arguments), result)

    def _parameters(self, definition: Definition) -> list[Argument] | None:
        """The parameters of a function, bound in its scope; without an annotation they are tensors."""
        node = definition.node
        params = node.params
        listed = [(p, False) for p in (*params.posonly_params, *params.params)]
        listed += [(p, True) for p in params.kwonly_params]
        arguments: list[Argument] = []
        for index, (param, keyword_only) in enumerate(listed):
            name = param.name.value
            if index == 0 and definition.owner is not None:
                definition.scope.names[name] = ModuleS(definition.owner)
                continue
            kind = types.INFERRED
            if param.annotation is not None:
                kind = self.annotation(param.annotation.annotation)
            if param.default is not None:
                self._default(param, kind)
            definition.scope.names[name] = Simple(kind)
            text = "" if param.default is None else "None" if _is_none(param.default) else "…"
            arguments.append(Argument(name, kind, param.default is not None, keyword_only, 0, text))
        if definition.owner is not None and not listed:
            return None
        return arguments

    def _default(self, param: cst.Param, kind: Type) -> None:
        """A default value has to be of the parameter's type; None stands for an undefined tensor."""
        from tslint.facts.torchscript.attributes import type_of

        assert param.default is not None
        if kind is types.UNKNOWN or kind is types.ANY:
            return
        found = type_of(self.machine.module_value(param.default))
        if found is None or found is types.UNKNOWN or (found is types.NONE and kind.kind in ("Tensor", "Optional")):
            return
        if found is types.INT and kind is types.FLOAT:
            return
        if kind.kind == "List" and found.kind in ("Tuple", "List"):
            return
        if not types.is_subtype(found, kind):
            code = "default" if kind is types.INFERRED else "default-type"
            self.refuse(param.name, code, name=param.name.value, type=types.written(found), wanted=types.written(kind))

    def annotation(self, node: cst.BaseExpression) -> Type:
        try:
            return self.annotations.read(node)
        except NoType as error:
            self.refuse(node, "annotation", type=error.name)
            return types.UNKNOWN

    def _type_comment(self, node: cst.FunctionDef) -> str | None:
        """``# type: (Tensor) -> Tensor`` in the first lines of the body."""
        if type(node.body) is not cst.IndentedBlock:
            return None
        lines = [node.body.header.comment]
        for statement in node.body.body[:1]:
            lines += [line.comment for line in getattr(statement, "leading_lines", ())]
        for comment in lines:
            if comment is not None and comment.value.replace(" ", "").startswith("#type:(") and "->" in comment.value:
                return comment.value.partition("type:")[2].strip()
        return None

    def _commented(
        self, definition: Definition, arguments: list[Argument], comment: str
    ) -> tuple[list[Argument], Type | None]:
        left, _, right = comment.partition("->")
        try:
            handed = self.annotations.read_text(f"Tuple[{left.strip()[1:-1]}]") if left.strip() != "()" else None
            returned = self.annotations.read_text(right.strip())
        except (cst.ParserSyntaxError, NoType):
            handed, returned = None, types.UNKNOWN
        if handed is None or len(handed.args) != len(arguments):
            kinds: Sequence[Type] = [types.UNKNOWN] * len(arguments)
        else:
            kinds = handed.args
        changed = [argument._replace(type=kind) for argument, kind in zip(arguments, kinds, strict=True)]
        for argument in changed:
            definition.scope.names[argument.name] = Simple(argument.type)
        return changed, returned

    def returns(self, definition: Definition, node: cst.CSTNode, kind: Type) -> None:
        """Joins the type of one more return statement with those before."""
        if definition.declared is not None:
            return
        before = definition.returned
        if before is None:
            definition.returned = kind
            return
        joined = types.unify(before, kind)
        if joined is None:
            self.refuse(node, "return-type", before=types.written(before), now=types.written(kind))
            joined = types.UNKNOWN
        definition.returned = joined

    # -- expressions --------------------------------------------------------------------------------------------------

    def sugared(self, definition: Definition, node: cst.BaseExpression, hint: Type | None = None) -> Sugared:
        """What NODE stands for. Raises Stop where it is refused."""
        room = self._expressions.get(type(node))
        if room is None:
            return OPEN_VALUE
        return room(self, definition, node, hint)

    def value(self, definition: Definition, node: cst.BaseExpression, hint: Type | None = None) -> Simple:
        """NODE as a first-class value. Raises Stop where it is none."""
        return self.as_value(node, self.sugared(definition, node, hint))

    def as_value(self, node: cst.CSTNode, found: Sugared) -> Simple:
        if type(found) is Simple:
            return found
        from tslint.facts.torchscript.first_class import as_value

        return as_value(self, node, found)

    def owner_of(self, built: ModuleValue) -> Built | None:
        return built if type(built) is Built else None


def is_replaced(built: Built) -> bool:
    """Whether ``torch.jit.script`` compiles another module in its place (``torch/jit/_script.py``)."""
    return built.cls.method("__prepare_scriptable__") is not None


def _is_none(node: cst.BaseExpression) -> bool:
    return type(node) is cst.Name and node.value == "None"


Room = Callable[[Compiler, Definition, Any], None]


def run_block(compiler: Compiler, definition: Definition, body: Sequence[cst.CSTNode]) -> None:
    """The statements of a block, up to one that leaves it."""
    from tslint.facts.torchscript.statements import SMALL, TABLE

    for statement in body:
        if type(statement) is cst.SimpleStatementLine:
            for small in statement.body:
                room = SMALL.get(type(small))
                if room is not None:
                    try:
                        room(compiler, definition, small)
                    except Stop:
                        recover(compiler, definition, small)
                if definition.scope.exits:
                    return
            continue
        room = TABLE.get(type(statement)) or SMALL.get(type(statement))
        if room is not None:
            try:
                room(compiler, definition, statement)
            except Stop:
                recover(compiler, definition, statement)
        if definition.scope.exits:
            return


def recover(compiler: Compiler, definition: Definition, node: cst.CSTNode) -> None:
    """After a refused statement nothing is known of what it would have set."""
    from tslint.facts.torchscript.statements import targets_of

    for name in targets_of(node):
        definition.scope.names[name] = OPEN_VALUE
    if type(node) is cst.Return:
        definition.scope.exits = True
        if definition.declared is None:
            definition.returned = types.UNKNOWN
