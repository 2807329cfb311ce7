"""What constructors do with modules: fill containers, register buffers and parameters, call their base."""

from __future__ import annotations

import libcst as cst

from tslint.facts.building.attributes import MODULE_METHODS, SAME
from tslint.facts.building.iteration import iterated
from tslint.facts.building.machine import Frame, Machine
from tslint.facts.building.values import (
    NONE,
    UNKNOWN,
    Arguments,
    Built,
    Function,
    Known,
    Layer,
    Mapping,
    ModuleValue,
    Object,
    Sequence,
    TensorValue,
    Value,
)

CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"})


def fill(module: ModuleValue, short: str, arguments: Arguments) -> None:
    """Gives a container what it is constructed with."""
    if short == "Sequential":
        first = arguments.positional[0] if len(arguments.positional) == 1 else None
        if type(first) is Mapping:
            module.members.update({str(key): value for key, value in first.items.items()})
            module.exact = first.exact
            return
        for value in arguments.positional:
            module.add(value)
        module.exact = arguments.exact
        return
    given = arguments.get(0, "modules")
    if type(given) is Mapping:
        module.members.update({str(key): value for key, value in given.items.items()})
        module.exact = given.exact
    elif type(given) is Sequence:
        for value in given.items:
            if short.endswith("Dict") and type(value) is Sequence and len(value.items) == 2:
                key = value.items[0]
                module.add(value.items[1], str(key.value) if type(key) is Known else None)
                module.exact = module.exact and type(key) is Known
            else:
                module.add(value)
        module.exact = module.exact and given.exact
    elif isinstance(given, ModuleValue):
        module.members.update(given.members)
        module.exact = given.exact
    elif given is not None:
        module.exact = False


def call_super(machine: Machine, frame: Frame, node: cst.Call, name: str, arguments: Arguments) -> Value:
    """``super().name(…)``: the method of the next class of the lineage that has it, else the library's."""
    receiver, owner = frame.receiver, frame.owner
    if type(receiver) is not Built or owner is None:
        return UNKNOWN
    lineage = receiver.cls.lineage
    behind = lineage[lineage.index(owner) + 1 :] if owner in lineage else ()
    for base in behind:
        method = base.methods.get(name)
        if method is not None:
            return machine.call_function(Function(method, receiver), arguments, base)
    if name == "__init__":
        machine._library_constructor(receiver, arguments)
        return NONE
    if name in MODULE_METHODS:
        return call_module_method(machine, node, receiver, name, arguments)
    return UNKNOWN


def call_module_method(
    machine: Machine, node: cst.CSTNode | None, owner: Value, name: str, arguments: Arguments
) -> Value:
    if name in SAME:
        return owner
    if not isinstance(owner, ModuleValue):
        return UNKNOWN
    if name in ("register_buffer", "register_parameter"):
        key = arguments.get(0, "name")
        given = arguments.get(1, "tensor" if name == "register_buffer" else "param") or NONE
        role = "buffer" if name == "register_buffer" else "parameter"
        value: Value = given if type(given) is Known and given.value is None else TensorValue(role)
        set_by_name(machine, owner, key, value, node)
        return NONE
    if name in ("add_module", "register_module"):
        key, value = arguments.get(0, "name"), arguments.get(1, "module") or UNKNOWN
        if isinstance(owner, Layer) or _is_container(owner):
            if type(key) is Known and not machine.uncertain:
                owner.add(value, str(key.value))
            else:
                owner.add(value)
                owner.exact = False
        else:
            set_by_name(machine, owner, key, value, node)
        return NONE
    if name in ("append", "insert", "extend"):
        _extend(machine, owner, name, arguments)
        return owner
    if name == "update":
        listed = arguments.get(0, "modules")
        if type(listed) is Mapping:
            owner.members.update({str(key): value for key, value in listed.items.items()})
        owner.exact = owner.exact and type(listed) is Mapping and listed.exact and not machine.uncertain
        return NONE
    if name in ("values", "children", "modules"):
        return Sequence("list", owner.members.values(), owner.exact and name != "modules")
    if name in ("items", "named_children"):
        pairs = [Sequence("tuple", [Known(key), value]) for key, value in owner.members.items()]
        return Sequence("list", pairs, owner.exact)
    if name == "keys":
        return Sequence("list", [Known(key) for key in owner.members], owner.exact)
    if name in ("parameters", "buffers"):
        return Sequence("list", [TensorValue("parameter")], False)
    if name.startswith("register_") and name.endswith("_hook"):
        hook = arguments.get(0, "hook")
        owner.hooked = hook.name if type(hook) is Object else owner.hooked
    return UNKNOWN


def _is_container(owner: Value) -> bool:
    return type(owner) is Built and owner.base is not None and owner.base.short in CONTAINERS


def set_by_name(machine: Machine, owner: Value, key: Value | None, value: Value, node: cst.CSTNode | None) -> None:
    if type(key) is Known and isinstance(key.value, str):
        machine.set_attribute(owner, key.value, value, node)
    elif type(owner) is Built:
        owner.dynamic = True


def _extend(machine: Machine, owner: ModuleValue, name: str, arguments: Arguments) -> None:
    if name == "append":
        owner.add(arguments.get(0, "module") or UNKNOWN)
    elif name == "extend":
        items, exact = iterated(arguments.get(0, "modules") or UNKNOWN)
        for item in items:
            owner.add(item)
        owner.exact = owner.exact and exact
    else:
        owner.add(arguments.get(1, "module") or UNKNOWN)
        owner.exact = False
    if machine.uncertain:
        owner.exact = False
