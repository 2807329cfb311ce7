"""Python's own functions, as constructors use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tslint.facts.building.iteration import iterated
from tslint.facts.building.machine import Frame, Machine
from tslint.facts.building.modules import set_by_name
from tslint.facts.building.operations import as_value, computed, plain
from tslint.facts.building.values import (
    NONE,
    UNKNOWN,
    Arguments,
    Built,
    Class,
    Either,
    Known,
    Layer,
    Library,
    Mapping,
    ModuleValue,
    Object,
    Sequence,
    TensorValue,
    Unknown,
    Value,
    plain_type,
    truth,
)


def _range(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    numbers = [a.value for a in arguments.positional if type(a) is Known and isinstance(a.value, int)]
    if len(numbers) == len(arguments.positional) and 0 < len(numbers) <= 3:
        try:
            found = range(*numbers)
        except ValueError:
            return UNKNOWN
        if len(found) <= 512:
            return Sequence("range", map(Known, found))
    return Sequence("range", [Unknown("int")], False)


def _len(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    given = arguments.get(0, "obj") or UNKNOWN
    if type(given) is Known:
        return computed(len, given.value)
    if type(given) in (Sequence, Mapping) or isinstance(given, ModuleValue):
        items, exact = iterated(given)
        return Known(len(items)) if exact else Unknown("int")
    return Unknown("int")


def _listed(kind: str) -> Callable[[Machine, Frame, Arguments], Value]:
    def make(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
        if not arguments.positional:
            return Sequence(kind, (), arguments.exact)
        items, exact = iterated(arguments.positional[0])
        return Sequence(kind, items, exact)

    return make


def _dict(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    result = Mapping({}, arguments.exact)
    if arguments.positional:
        given = arguments.positional[0]
        if type(given) is Mapping:
            result = Mapping(given.items, given.exact and arguments.exact)
        elif type(given) is Sequence:
            for item in given.items:
                key = item.items[0] if type(item) is Sequence and len(item.items) == 2 else UNKNOWN
                if type(key) is Known and type(item) is Sequence:
                    result.items[key.value] = item.items[1]
                else:
                    result.exact = False
            result.exact = result.exact and given.exact
        else:
            result.exact = False
    result.items.update(arguments.keywords)
    return result


def _enumerate(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    items, exact = iterated(arguments.get(0, "iterable") or UNKNOWN)
    start = arguments.get(1, "start")
    first = start.value if type(start) is Known and isinstance(start.value, int) else 0
    pairs = [Sequence("tuple", [Known(first + i), item]) for i, item in enumerate(items)]
    return Sequence("list", pairs or ([] if exact else [Sequence("tuple", [Unknown("int"), UNKNOWN])]), exact)


def _zip(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    columns = [iterated(a) for a in arguments.positional]
    exact = all(e for _, e in columns) and arguments.exact
    if any(not e and not items for items, e in columns):
        return Sequence("list", [Sequence("tuple", [UNKNOWN] * len(columns))], False)
    rows = zip(*(items for items, _ in columns), strict=False)
    return Sequence("list", [Sequence("tuple", row) for row in rows], exact)


def _extreme(function: Callable[..., Any]) -> Callable[[Machine, Frame, Arguments], Value]:
    def make(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
        values = [plain(a) for a in arguments.positional]
        if not arguments.keywords and values and all(v is not None for v in values):
            return computed(function, *(v[0] for v in values if v is not None))
        types = {plain_type(a) for a in arguments.positional}
        return Unknown(types.pop() if len(types) == 1 else None)

    return make


def _sorted(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    items, exact = iterated(arguments.get(0, "iterable") or UNKNOWN)
    values = [plain(item) for item in items]
    if exact and not arguments.keywords and all(v is not None for v in values):
        found = computed(lambda: sorted(v[0] for v in values if v is not None))
        if type(found) is Sequence:
            return found
    return Sequence("list", items, False)


def _reversed(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    items, exact = iterated(arguments.get(0, "sequence") or UNKNOWN)
    return Sequence("list", items[::-1], exact)


def _sum(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    items, exact = iterated(arguments.get(0, "iterable") or UNKNOWN)
    values = [plain(item) for item in items]
    if exact and all(v is not None for v in values):
        return computed(lambda: sum(v[0] for v in values if v is not None))
    return Unknown("number")


def _isinstance(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    value, wanted = arguments.get(0, "obj") or UNKNOWN, arguments.get(1, "cls") or UNKNOWN
    classes = wanted.items if type(wanted) is Sequence else [wanted]
    answers = [_is_instance(machine, value, cls) for cls in classes]
    if True in answers:
        return Known(True)
    return Unknown("bool") if None in answers else Known(False)


def _is_instance(machine: Machine, value: Value, cls: Value) -> bool | None:
    if type(value) is Either:
        answers = {_is_instance(machine, option, cls) for option in value.options}
        return answers.pop() if len(answers) == 1 else None
    if type(value) is Unknown and value.type is None:
        return None
    if type(cls) is Class:
        if type(value) is Built:
            return any(base.node is cls.node for base in value.cls.lineage)
        return value.node is cls.node if type(value) is Object and value.node is not None else False
    name = cls.name if type(cls) is Library else ""
    if name.startswith("builtins."):
        short = name.partition(".")[2]
        if type(value) is Sequence:
            return short in (value.kind, "object")
        if type(value) is Mapping:
            return short in ("dict", "object")
        own = plain_type(value)
        if own is None or own == "number":
            return False if own is None else None
        return short in (own, "object") or (short == "int" and own == "bool")
    if name == "torch.nn.Module":
        return isinstance(value, ModuleValue)
    if name.startswith("torch.nn."):
        if type(value) is Layer:
            return value.name == name
        if type(value) is Built:
            return None if value.base is not None else False
        return False
    if name in ("torch.Tensor", "torch.nn.Parameter"):
        return type(value) is TensorValue
    if name.startswith(("collections.", "typing.")):
        return type(value) in (Sequence, Mapping) if name.endswith(("Iterable", "Sequence", "Mapping")) else None
    return None


def _getattr(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    owner, name = arguments.get(0, "obj") or UNKNOWN, arguments.get(1, "name")
    if type(name) is Known and isinstance(name.value, str):
        if type(owner) is Library:
            return Library(f"{owner.name}.{name.value}")
        found = machine.attribute(owner, name.value)
        default = arguments.get(2, "default")
        if type(found) is Unknown and default is not None and type(owner) is Built and not owner.dynamic:
            return default
        return found
    return UNKNOWN


def _setattr(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    owner = arguments.get(0, "obj") or UNKNOWN
    set_by_name(machine, owner, arguments.get(1, "name"), arguments.get(2, "value") or UNKNOWN, None)
    return NONE


def _hasattr(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    owner, name = arguments.get(0, "obj"), arguments.get(1, "name")
    if type(owner) is Built and type(name) is Known and not owner.dynamic:
        slot = owner.attributes.get(str(name.value))
        if slot is not None:
            return Known(True) if slot.certain else Unknown("bool")
        if owner.cls.method(str(name.value)) is None and owner.cls.constant(str(name.value)) is None:
            return Known(False) if owner.base is None else Unknown("bool")
        return Known(True)
    return Unknown("bool")


def _type(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    value = arguments.get(0, "obj") or UNKNOWN
    if type(value) is Built:
        return Class(value.cls.node)
    if type(value) is Known and value.value is not None:
        return Library(f"builtins.{type(value.value).__name__}")
    if type(value) is Sequence:
        return Library(f"builtins.{value.kind}")
    return Library("builtins.dict") if type(value) is Mapping else UNKNOWN


def _decided(function: Callable[..., bool]) -> Callable[[Machine, Frame, Arguments], Value]:
    def make(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
        items, exact = iterated(arguments.get(0, "iterable") or UNKNOWN)
        answers = [truth(item) for item in items]
        return Known(function(answers)) if exact and None not in answers else Unknown("bool")

    return make


def _map(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    if len(arguments.positional) != 2:
        return Sequence("list", (), False)
    items, exact = iterated(arguments.positional[1])
    function = arguments.positional[0]
    return Sequence("list", [machine.call(frame, None, function, Arguments([i])) for i in items[:64]], exact)


def _super(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    return UNKNOWN


def _ordered(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    found = _dict(machine, frame, arguments)
    if type(found) is Mapping:
        found.kind = "OrderedDict"
    return found


BUILTINS: dict[str, Callable[[Machine, Frame, Arguments], Value]] = {
    "builtins.range": _range,
    "builtins.len": _len,
    "builtins.list": _listed("list"),
    "builtins.tuple": _listed("tuple"),
    "builtins.set": _listed("set"),
    "builtins.frozenset": _listed("set"),
    "builtins.dict": _dict,
    "collections.OrderedDict": _ordered,
    "collections.defaultdict": lambda machine, frame, arguments: Mapping({}, False),
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.max": _extreme(max),
    "builtins.min": _extreme(min),
    "builtins.sorted": _sorted,
    "builtins.reversed": _reversed,
    "builtins.sum": _sum,
    "builtins.isinstance": _isinstance,
    "builtins.getattr": _getattr,
    "builtins.setattr": _setattr,
    "builtins.hasattr": _hasattr,
    "builtins.type": _type,
    "builtins.any": _decided(any),
    "builtins.all": _decided(all),
    "builtins.map": _map,
    "builtins.super": _super,
    "builtins.print": lambda machine, frame, arguments: NONE,
    "numpy.prod": lambda machine, frame, arguments: Unknown("int"),
    "builtins.id": lambda machine, frame, arguments: as_value(0),
}
