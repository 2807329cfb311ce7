"""The methods of tensors, lists, dicts and strings that constructors call."""

from __future__ import annotations

from tslint.facts.building.iteration import iterated
from tslint.facts.building.machine import Machine
from tslint.facts.building.operations import computed, plain
from tslint.facts.building.values import (
    NONE,
    UNKNOWN,
    Arguments,
    Known,
    Mapping,
    Sequence,
    TensorValue,
    Unknown,
    Value,
)


def call_method(machine: Machine, owner: Value, name: str, arguments: Arguments) -> Value:
    if type(owner) is TensorValue:
        if name in ("size", "numel", "dim", "item", "tolist"):
            return Unknown("int") if name != "tolist" else Sequence("list", (), False)
        return TensorValue(owner.role) if name in ("to", "cuda", "float", "detach_", "data") else TensorValue()
    if type(owner) is Sequence:
        return _list_method(machine, owner, name, arguments)
    if type(owner) is Mapping:
        return _dict_method(owner, name, arguments)
    if type(owner) is Known:
        values = [plain(a) for a in arguments.positional]
        if isinstance(owner.value, str) and all(v is not None for v in values) and not arguments.keywords:
            flat = [v[0] for v in values if v is not None]
            return computed(lambda text, *rest: getattr(text, name)(*rest), owner.value, *flat)
        return Unknown("str") if name in ("format", "join", "lower", "upper", "strip", "replace") else UNKNOWN
    return UNKNOWN


def _list_method(machine: Machine, owner: Sequence, name: str, arguments: Arguments) -> Value:
    if name in ("append", "add"):
        owner.items.append(arguments.get(0, "object") or UNKNOWN)
        owner.exact = owner.exact and not machine.uncertain
        return NONE
    if name in ("extend", "update"):
        items, exact = iterated(arguments.get(0, "iterable") or UNKNOWN)
        owner.items += items
        owner.exact = owner.exact and exact and not machine.uncertain
        return NONE
    if name == "insert":
        index = arguments.get(0, "index")
        if type(index) is Known and isinstance(index.value, int):
            owner.items.insert(index.value, arguments.get(1, "object") or UNKNOWN)
        owner.exact = owner.exact and type(index) is Known and not machine.uncertain
        return NONE
    if name == "pop":
        if owner.exact and owner.items and not arguments.positional and not machine.uncertain:
            return owner.items.pop()
        owner.exact = False
        return UNKNOWN
    if name in ("reverse", "sort", "remove", "clear"):
        if name == "reverse":
            owner.items.reverse()
        elif name == "clear":
            owner.items.clear()
        else:
            owner.exact = owner.exact and name == "sort" and False
        return NONE
    if name == "copy":
        return Sequence(owner.kind, owner.items, owner.exact)
    return Unknown("int") if name in ("index", "count") else UNKNOWN


def _dict_method(owner: Mapping, name: str, arguments: Arguments) -> Value:
    if name in ("get", "pop", "setdefault"):
        key = arguments.get(0, "key")
        if type(key) is Known:
            found: Value | None = owner.items.get(key.value)
            if found is not None:
                return found
            if owner.exact:
                return arguments.get(1, "default") or NONE
            return UNKNOWN
        return UNKNOWN
    if name == "keys":
        return Sequence("list", [Known(key) for key in owner.items], owner.exact)
    if name == "values":
        return Sequence("list", owner.items.values(), owner.exact)
    if name == "items":
        return Sequence("list", [Sequence("tuple", [Known(k), v]) for k, v in owner.items.items()], owner.exact)
    if name == "update":
        given = arguments.get(0, "other")
        if type(given) is Mapping:
            owner.items.update(given.items)
            owner.exact = owner.exact and given.exact
        elif given is not None:
            owner.exact = False
        owner.items.update(arguments.keywords)
        return NONE
    if name == "copy":
        return Mapping(owner.items, owner.exact, owner.kind)
    return UNKNOWN
