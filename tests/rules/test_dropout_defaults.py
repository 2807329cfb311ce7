"""The tables of functions that drop values, held against the installed PyTorch's own signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from tslint.checks.functional_dropout import FUNCTIONS, LAYERS, Dropout

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def found(name: str) -> Callable[..., Any]:
    value: Any = torch
    for part in name.split(".")[1:]:
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("name", sorted(name for name in FUNCTIONS if name.startswith("torch.nn.functional.")))
def test_functions_have_the_parameters_and_defaults_of_the_table(name: str) -> None:
    function = FUNCTIONS[name]
    if name.endswith("scaled_dot_product_attention"):  # written in C++: its signature is the first line of its text
        signature = found(name).__doc__.strip().partition(")")[0].partition("(")[2]
        names = [part.partition("=")[0].strip() for part in signature.replace("*,", "").split(",")]
        assert names[function.index] == function.probability and "dropout_p=0.0" in signature
        return
    parameters = list(inspect.signature(found(name)).parameters.values())
    assert (parameters[function.index].name, parameters[function.index].default) == (
        function.probability,
        function.default,
    )
    assert function.switch is not None
    index, switch = function.switch
    assert (parameters[index].name, parameters[index].default) == (switch, function.live)


@pytest.mark.parametrize("name", sorted(name for name in FUNCTIONS if name.count(".") == 1))
def test_operators_take_their_mode_third_and_have_no_default(name: str) -> None:
    function: Dropout = FUNCTIONS[name]
    x = torch.ones(1, 4, 4, 4)
    assert function.switch == (2, "train")
    assert torch.equal(found(name)(x, function.default, False), x)
    assert not torch.equal(found(name)(x, **{function.probability: function.default, "train": True}), x)
    with pytest.raises(TypeError):
        found(name)(x, function.default)


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_layers_drop_half_by_default(name: str) -> None:
    (first, *_) = inspect.signature(found(name)).parameters.values()
    assert (first.name, first.default) == ("p", 0.5)
