"""What a loop goes over while a constructor is executed."""

from __future__ import annotations

from tslint.facts.building.values import Known, Layer, Mapping, ModuleValue, Sequence, TensorValue, Value

MOST_ROUNDS = 40
"""Of a loop over something known; the rest of its rounds are taken to be like these."""


def iterated(value: Value) -> tuple[list[Value], bool]:
    """The items of a loop over VALUE, and whether these are all."""
    if type(value) is Sequence:
        return list(value.items), value.exact
    if type(value) is Mapping:
        return [Known(key) for key in value.items], value.exact
    if type(value) is Known and isinstance(value.value, str):
        return [Known(letter) for letter in value.value[:MOST_ROUNDS]], len(value.value) <= MOST_ROUNDS
    if isinstance(value, ModuleValue):
        short = value.short if type(value) is Layer else ""
        if short == "ModuleDict":
            return [Known(name) for name in value.members], value.exact
        return list(value.members.values()), value.exact
    if type(value) is TensorValue:
        return [TensorValue()], False
    return [], False
