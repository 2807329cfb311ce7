"""Executes constructors: statements, calls within the file, and the attributes that they leave behind."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import libcst as cst

from tslint.facts.building.values import (
    NONE,
    UNKNOWN,
    Arguments,
    Built,
    Class,
    Either,
    Function,
    Known,
    Layer,
    Library,
    Mapping,
    ModuleValue,
    Object,
    Partial,
    Sequence,
    Slot,
    TensorValue,
    Unknown,
    Value,
    join,
    joined_slots,
    joined_variables,
    options,
    signature_of,
)
from tslint.facts.classes import Classes, ModuleClass
from tslint.facts.names import Names
from tslint.facts.tree import Tree

FUEL = 6_000
"""Statements and calls that building one instance may take; what comes after is unknown."""
DEEPEST = 14
"""Calls within calls, and modules within modules."""


class Frame:
    """One call being executed. ``owner`` is the class whose method it is, for ``super()``."""

    __slots__ = ("closure", "dead", "env", "owner", "receiver", "returned", "uncertain")

    def __init__(self, env: dict[str, Value], owner: ModuleClass | None = None, receiver: Value | None = None) -> None:
        self.env = env
        self.closure: dict[str, Value] = {}
        self.owner = owner
        self.receiver = receiver
        self.returned: Value | None = None
        self.dead = False
        self.uncertain = 0


class Machine:
    """Builds the instances of one file."""

    def __init__(self, tree: Tree, names: Names, classes: Classes) -> None:
        # They import this file; looked up here, and not in each of the tens of thousands of calls.
        from tslint.facts.building import expressions, statements

        self._expressions = expressions.TABLE
        self._simple, self._compound = statements.SMALL, statements.COMPOUND
        self.tree = tree
        self.names = names
        self.classes = classes
        self.fuel = FUEL
        self.depth = 0
        self.uncertain = 0
        self.built: dict[ModuleClass, list[Built]] = {}
        self._globals: dict[cst.CSTNode, Value] = {}
        self._twins: dict[Hashable, Built] = {}

    # -- instances ----------------------------------------------------------------------------------------------------

    def default(self, cls: ModuleClass) -> Built:
        """CLS built from outside: required arguments unknown, the others by their defaults."""
        self.fuel = FUEL
        self.depth = 0
        self.uncertain = 0
        return self.instance(cls, Arguments(exact=True), None, outside=True)

    def instance(
        self, cls: ModuleClass, arguments: Arguments, node: cst.CSTNode | None, outside: bool = False
    ) -> Built:
        """CLS(*arguments). OUTSIDE: what is missing among the required arguments is given, and unknown."""
        built = Built(cls, arguments, node)
        self.built.setdefault(cls, []).append(built)
        key = None if outside else self._key(cls, arguments)
        twin = self._twins.get(key) if key is not None else None
        if twin is not None:
            self.fuel -= 1
            built.take_state(twin)
            return built
        self._construct(built, arguments, outside)
        if key is not None and self.fuel > 0:
            self._twins[key] = built
        return built

    def _key(self, cls: ModuleClass, arguments: Arguments) -> Hashable | None:
        """Equal for instances that a constructor makes alike, since it is given the same; None for one like no other."""
        given = signature_of(arguments)
        return None if given is None else (cls, given, self.depth, self.uncertain > 0)

    def _construct(self, built: Built, arguments: Arguments, outside: bool) -> None:
        cls = built.cls
        init = cls.method("__init__")
        if self.depth >= DEEPEST or self.fuel <= 0:
            built.dynamic = True
        elif init is None:
            self._library_constructor(built, arguments)
        else:
            owner = next(one for one in cls.lineage if one.methods.get("__init__") is init)
            self.depth += 1
            self.call_function(Function(init, built), arguments, owner, outside)
            self.depth -= 1

    def _library_constructor(self, built: Built, arguments: Arguments) -> None:
        """The constructor of a base that is not in the file."""
        layer = built.cls.layer
        if layer is None:
            built.dynamic = built.dynamic or built.cls.inherits_library
            return
        short = layer.rpartition(".")[2]
        if not layer.startswith("torch.nn."):
            built.dynamic = True
        from tslint.facts.building.modules import fill

        built.base = Layer(layer, arguments, built.node)
        if short in ("Sequential", "ModuleList", "ModuleDict"):
            fill(built, short, arguments)

    def set_attribute(self, value: Value, name: str, to: Value, node: cst.CSTNode | None) -> None:
        if type(value) is Built or type(value) is Object:
            before = value.attributes.get(name)
            certain = not self.uncertain or (before is not None and before.certain)
            value.attributes[name] = Slot(to, node, certain)
        elif type(value) is Either:
            for option in value.options:
                self.set_attribute(option, name, join(self.attribute(option, name), to), node)

    def attribute(self, value: Value, name: str) -> Value:
        """``value.name``."""
        from tslint.facts.building.attributes import attribute

        if type(value) is Either:
            found: Value | None = None
            for option in value.options:
                if type(option) is Known and option.value is None:
                    continue
                one = self.attribute(option, name)
                found = one if found is None else join(found, one)
            return found or UNKNOWN
        return attribute(self, value, name)

    # -- functions ----------------------------------------------------------------------------------------------------

    def call_function(
        self, function: Function, arguments: Arguments, owner: ModuleClass | None = None, outside: bool = False
    ) -> Value:
        """Executes a function of the file."""
        node = function.node
        if self.fuel <= 0 or self.depth >= 2 * DEEPEST:
            return UNKNOWN
        params = node.params
        env = self._bound(params, arguments, function.owner, outside)
        if owner is None and type(node) is cst.FunctionDef:
            owner = self._owner(node)
        frame = Frame(env, owner, function.owner)
        frame.closure = function.closure or {}
        self.depth += 1
        try:
            if type(node) is cst.Lambda:
                return self.evaluate(frame, node.body)
            assert type(node) is cst.FunctionDef
            if node.asynchronous is not None:
                return UNKNOWN
            self.block(frame, node.body)
        finally:
            self.depth -= 1
        if frame.returned is None:
            return NONE
        return frame.returned if frame.dead else join(frame.returned, NONE)

    def _owner(self, node: cst.FunctionDef) -> ModuleClass | None:
        for around in self.tree.ancestors(node):
            if type(around) is cst.ClassDef:
                return self.classes.by_node.get(around)
            if type(around) is cst.FunctionDef:
                return None
        return None

    def _bound(
        self, params: cst.Parameters, arguments: Arguments, receiver: Value | None, outside: bool
    ) -> dict[str, Value]:
        env: dict[str, Value] = {}
        positional = list(arguments.positional)
        if receiver is not None:
            positional.insert(0, receiver)
        keywords = dict(arguments.keywords)
        listed = [*params.posonly_params, *params.params]
        for index, param in enumerate(listed):
            name = param.name.value
            if index < len(positional):
                env[name] = positional[index]
            elif name in keywords:
                env[name] = keywords.pop(name)
            else:
                env[name] = self._left_out(param, arguments.exact)
        for param in params.kwonly_params:
            name = param.name.value
            env[name] = keywords.pop(name) if name in keywords else self._left_out(param, arguments.exact)
        if type(params.star_arg) is cst.Param:
            env[params.star_arg.name.value] = Sequence(
                "tuple", positional[len(listed) :], arguments.exact and not outside
            )
        if params.star_kwarg is not None:
            env[params.star_kwarg.name.value] = Mapping(dict(keywords), arguments.exact)
        return env

    def _left_out(self, param: cst.Param, exact: bool) -> Value:
        if param.default is not None and exact:
            return self.module_value(param.default)
        return Unknown(_annotated(param))

    # -- statements ---------------------------------------------------------------------------------------------------

    def block(self, frame: Frame, body: cst.BaseSuite) -> None:
        for statement in body.body:
            if frame.dead or self.fuel <= 0:
                return
            self.statement(frame, statement)

    def statement(self, frame: Frame, node: cst.CSTNode) -> None:
        kind = type(node)
        if kind is cst.SimpleStatementLine:
            for small in node.body:  # type: ignore[attr-defined]
                if frame.dead:
                    return
                self.fuel -= 1
                room = self._simple.get(type(small))
                if room is not None:
                    room(self, frame, small)
            return
        self.fuel -= 1
        room = self._compound.get(kind) or self._simple.get(kind)
        if room is not None:
            room(self, frame, node)

    def assign(self, frame: Frame, target: cst.BaseExpression, value: Value) -> None:
        kind = type(target)
        if kind is cst.Name:
            frame.env[target.value] = value  # type: ignore[attr-defined]
        elif kind is cst.Attribute:
            owner = self.evaluate(frame, target.value)  # type: ignore[attr-defined]
            self.set_attribute(owner, target.attr.value, value, target)  # type: ignore[attr-defined]
        elif kind is cst.Tuple or kind is cst.List:
            self._unpack(frame, list(target.elements), value)  # type: ignore[attr-defined]
        elif kind is cst.Subscript:
            self._assign_item(frame, target, value)  # type: ignore[arg-type]

    def _unpack(self, frame: Frame, elements: list[Any], value: Value) -> None:
        items = value.items if type(value) is Sequence and value.exact else None
        starred = any(type(e) is cst.StarredElement for e in elements)
        if items is not None and len(items) == len(elements) and not starred:
            for element, item in zip(elements, items, strict=True):
                self.assign(frame, element.value, item)
            return
        part = TensorValue() if type(value) is TensorValue else UNKNOWN
        for element in elements:
            self.assign(
                frame, element.value, Sequence("list", (), False) if type(element) is cst.StarredElement else part
            )

    def _assign_item(self, frame: Frame, target: cst.Subscript, value: Value) -> None:
        owner = self.evaluate(frame, target.value)
        first = target.slice[0].slice if target.slice else None
        key = self.evaluate(frame, first.value) if type(first) is cst.Index else UNKNOWN
        if type(owner) is Mapping:
            if type(key) is Known and not self.uncertain:
                owner.items[key.value] = value
            else:
                owner.exact = False
        elif type(owner) is Sequence:
            if type(key) is Known and isinstance(key.value, int) and -len(owner.items) <= key.value < len(owner.items):
                owner.items[key.value] = value
            else:
                owner.exact = False
        elif isinstance(owner, ModuleValue):
            if type(key) is Known:
                owner.add(value, str(key.value))
            else:
                owner.exact = False

    def branches(self, frame: Frame, *bodies: Callable[[], None]) -> None:
        """Runs each of BODIES from the same state, as what may happen, and goes on with what they have in common."""
        before = dict(frame.env)
        receiver = frame.receiver
        watched = receiver.attributes if type(receiver) is Built else None
        attributes = dict(watched) if watched is not None else {}
        after: list[dict[str, Value]] = []
        ends: list[dict[str, Slot]] = []
        returned = frame.returned
        self.uncertain += 1
        for body in bodies:
            frame.env = dict(before)
            frame.dead = False
            if watched is not None:
                watched.clear()
                watched.update(attributes)
            body()
            if not frame.dead:
                after.append(frame.env)
                ends.append(dict(watched) if watched is not None else {})
            elif frame.returned is not returned:
                ends.append(dict(watched) if watched is not None else {})
        self.uncertain -= 1
        frame.dead = not after
        if after:
            frame.env = after[0]
            for other in after[1:]:
                frame.env = joined_variables(frame.env, other)
        if watched is not None and ends:
            merged = ends[0]
            for end in ends[1:]:
                merged = joined_slots(merged, end)
            watched.clear()
            watched.update(merged)
            if not self.uncertain:
                for name, slot in watched.items():
                    if slot.node is not None and all(name in end and end[name].node is not None for end in ends):
                        before_slot = attributes.get(name)
                        set_everywhere = all(end[name] is not before_slot for end in ends)
                        if set_everywhere and not slot.certain and len(ends) == len(bodies):
                            watched[name] = Slot(slot.value, slot.node, True)

    # -- expressions --------------------------------------------------------------------------------------------------

    def evaluate(self, frame: Frame, node: cst.BaseExpression) -> Value:
        room = self._expressions.get(type(node))
        if room is None or self.fuel <= 0:
            return UNKNOWN
        return room(self, frame, node)

    def module_value(self, node: cst.BaseExpression) -> Value:
        """The value of an expression as at module level."""
        found = self._globals.get(node)
        if found is None:
            self._globals[node] = UNKNOWN
            found = self._globals[node] = self.evaluate(Frame({}), node)
        return found

    def global_name(self, node: cst.Name) -> Value:
        """What a name that is no local variable stands for."""
        qualified = self.names.qualified(node)
        if qualified is not None:
            return Library(qualified)
        binding = self.names.definition(node)
        if binding is None:
            return UNKNOWN
        if type(binding.node) is cst.ClassDef:
            return Class(binding.node)
        if type(binding.node) is cst.FunctionDef:
            return Function(binding.node)
        if binding.value is None or self.names.scope(binding.node) is not self.tree.module:
            return UNKNOWN
        if len(self.names.bindings(self.tree.module, node.value)) > 1:
            return UNKNOWN
        return self.module_value(binding.value)

    def call(self, frame: Frame, node: cst.Call | None, function: Value, arguments: Arguments) -> Value:
        """The value of calling FUNCTION."""
        from tslint.facts.building.library import call_library

        kind = type(function)
        self.fuel -= 1
        if kind is Either:
            found: Value | None = None
            for option in options(function):
                if type(option) is Known:
                    continue
                one = self.call(frame, node, option, arguments)
                found = one if found is None else join(found, one)
            return found or UNKNOWN
        if kind is Partial:
            assert type(function) is Partial
            inner = function.arguments
            joined = Arguments(
                [*inner.positional, *arguments.positional],
                {**inner.keywords, **arguments.keywords},
                inner.exact and arguments.exact,
            )
            return self.call(frame, node, function.function, joined)
        if kind is Class:
            assert type(function) is Class
            return self.construct(function.node, arguments, node)
        if kind is Function:
            assert type(function) is Function
            return self.call_function(function, arguments)
        if kind is Library:
            assert type(function) is Library
            return call_library(self, frame, node, function, arguments)
        if kind is Layer or kind is Built or kind is TensorValue:
            return TensorValue() if any(type(a) is TensorValue for a in arguments.positional) else UNKNOWN
        return UNKNOWN

    def construct(self, node: cst.ClassDef, arguments: Arguments, call: cst.CSTNode | None) -> Value:
        cls = self.classes.by_node.get(node)
        if cls is not None:
            return self.instance(cls, arguments, call)
        return Object(node.name.value, node, arguments)


def _annotated(param: cst.Param) -> str | None:
    annotation = param.annotation.annotation if param.annotation is not None else None
    if type(annotation) is cst.Name and annotation.value in ("int", "float", "bool", "str"):
        return annotation.value
    return None
