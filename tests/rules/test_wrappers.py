"""The wrapper that a help prints runs as it stands: pasted beside the model, called with its inputs, traced."""

from __future__ import annotations

import collections
import dataclasses
import enum
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn

from tslint.checks import _wrapper
from tslint.evidence import OutputRefused
from tslint.facts.context import Context
from tslint.probe.subject import Inputs
from tslint.probe.values import describe, flatten, forwarding

pytestmark = pytest.mark.torch
X, Y = torch.rand(2, 3), torch.rand(2, 3)


class Model(nn.Module):
    """Answers with what ``make`` builds of two tensors."""

    def __init__(self, make: Any) -> None:
        super().__init__()
        self.make = make

    def forward(self, x):
        return self.make(x + 1, x * 2)


class Colour(enum.Enum):
    RED = 1


class Pair(NamedTuple):
    one: Any
    two: Any


@dataclasses.dataclass
class Output:
    logits: Any
    hidden: Any


OUTPUTS = {
    "two keys": lambda a, b: {"out": a, "aux": b},
    "one key": lambda a, b: {"out": a},
    "nested": lambda a, b: {"out": a, "aux": {"low": b, "high": (a, {"x": b})}},
    "what is no tensor": lambda a, b: {"out": a, "n": 3, "none": None, "name": "x", "aux": b},
    "keys that hold dots, quotes and signs": lambda a, b: {"layer.0": a, "it's": b, 'say "x"': a, "a\\b\n": b, "é": a},
    "numbers and tuples as keys": lambda a, b: {0: a, (1, "x"): b, 1.5: a, True: b, None: a},
    "many keys": lambda a, b: {f"output_number_{i}": a * i for i in range(12)},
    "a list of dicts": lambda a, b: [{"a": a}, {"a": b}],
    "None among them": lambda a, b: (a, None, b),
    "a number among them": lambda a, b: (a, 3),
    "a dataclass": lambda a, b: Output(a, [b, a]),
    "a named tuple": lambda a, b: {"p": Pair(a, b)},
    "an ordered dict": lambda a, b: collections.OrderedDict(a=a, b=b),
}


def code(model: nn.Module, inputs: Inputs) -> tuple[str, OutputRefused]:
    output = model(*inputs.args, **inputs.kwargs)
    parameters, arguments = forwarding(model, inputs)
    name = type(model).__name__
    evidence = OutputRefused(0, "mapping", "dict", describe(output), "", None, True, name, parameters, arguments)
    return _wrapper.sketch(evidence, Context(lambda path: None)), evidence


def pasted(text: str, model: nn.Module) -> nn.Module:
    namespace: dict[str, Any] = {"torch": torch}
    exec(text, namespace)
    wrapper = namespace[f"{type(model).__name__}Outputs"](model)
    assert isinstance(wrapper, nn.Module)
    return wrapper


def same(one: Any, two: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return isinstance(two, torch.Tensor) and torch.equal(one, two)
    return len(one) == len(two) and all(map(same, one, two))


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_tensor_of_an_output_is_picked_out(name: str) -> None:
    model = Model(OUTPUTS[name])
    text, _ = code(model, Inputs("example", (X,), {}))
    wrapper = pasted(text, model)
    flattened = flatten(model, model(X))
    assert flattened is not None
    assert same(wrapper(X), flattened(X))
    traced = torch.jit.trace(wrapper.eval(), X)
    assert same(traced(Y), flattened(Y))
    assert max(map(len, text.splitlines())) <= 100


def test_a_key_that_no_literal_says_is_not_written() -> None:
    _, evidence = code(Model(lambda a, b: {Colour.RED: {"x": a}, "b": b}), Inputs("example", (X,), {}))
    assert [item.access for item in evidence.items] == ["", '["b"]']
    assert _wrapper.accesses_of(evidence) == []


class Base(nn.Module):
    def answer(self, *values):
        return {"out": sum(values), "n": len(values)}


class Two(Base):
    def forward(self, x, mask):
        return self.answer(x, mask)


class Default(Base):
    def forward(self, x, scale=1.5, mask=None, name="a"):
        return self.answer(x * scale) if mask is None else self.answer(x * scale, mask)


class Keyword(Base):
    def forward(self, x, *, mask, bias=None):
        return self.answer(x, mask) if bias is None else self.answer(x, mask, bias)


class Variadic(Base):
    def forward(self, *inputs, **more):
        return self.answer(*inputs, *more.values())


class Mixed(Base):
    def forward(self, x, y=None, *rest, z=2, **more):
        return self.answer(x, *rest, *more.values(), *([] if y is None else [y]))


class Positional(Base):
    def forward(self, x, y=X, /):
        return self.answer(x, y)


DEFAULT = object()


class Odd(Base):
    def forward(self, x, how=DEFAULT, y=DEFAULT):
        return self.answer(x) if y is DEFAULT else self.answer(x, y)


@pytest.mark.parametrize(
    ("model", "args", "kwargs", "signature"),
    [
        (Two(), (X, Y), {}, "self, x, mask"),
        (Two(), (X,), {"mask": Y}, "self, x, mask"),
        (Two(), (), {"mask": Y, "x": X}, "self, x, mask"),
        (Default(), (X,), {}, "self, x"),
        (Default(), (X,), {"mask": Y}, "self, x, mask=None"),
        (Default(), (X, 2.0, Y), {}, "self, x, scale=1.5, mask=None"),
        (Keyword(), (X,), {"mask": Y}, "self, x, *, mask"),
        (Keyword(), (X,), {"mask": Y, "bias": X}, "self, x, *, mask, bias=None"),
        (Variadic(), (X, Y), {}, "self, *inputs"),
        (Variadic(), (X,), {"b": Y}, "self, *inputs, **more"),
        (Mixed(), (X,), {}, "self, x"),
        (Mixed(), (X, Y, X), {}, "self, x, y=None, *rest"),
        (Mixed(), (X,), {"extra": Y}, "self, x, **more"),
        (Positional(), (X,), {}, "self, x"),
        (Positional(), (X, Y), {}, "self, x, y"),
        (Odd(), (X,), {"y": Y}, "self, x, y"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_the_model_is_called_as_its_inputs_call_it(
    model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], signature: str
) -> None:
    text, _ = code(model, Inputs("example", args, kwargs))
    assert f"def forward({signature}):" in text
    wrapper = pasted(text, model)
    assert same(wrapper(*args, **kwargs), model(*args, **kwargs)["out"])


def test_a_function_in_place_of_a_forward() -> None:
    model = Two()
    model.forward = torch.add  # type: ignore[assignment, method-assign]
    assert forwarding(model, Inputs("example", (X, Y), {})) == ("*args, **kwargs", "*args, **kwargs")


@pytest.mark.parametrize(
    ("signature", "written"),
    [
        ("self, x", "self, x"),
        ("self, x, mask=None", "self, x, mask=None"),
        ("self, x: torch.Tensor, scale: float = 1.5, how='a'", "self, x: torch.Tensor, scale: float = 1.5, how='a'"),
        ("self, x, scale=-1, names=('a', 2)", "self, x, scale=-1, names=('a', 2)"),
        ("self, x, k=K", None),
        ("self, x, *more", None),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_wrapper_that_a_fix_writes_runs(signature: str, written: str | None, end: str, tmp_path: Any) -> None:
    from tslint import fixes, static
    from tslint.source import Source

    text = end.join(
        [
            "import torch", "", "", "class Net(torch.nn.Module):", "    K = 2", "", f"    def forward({signature}):",
            """        return {"out": x * 2, "it's": x}""", "", "", "traced = torch.jit.trace(Net(), torch.ones(2, 3))", "",
        ]
    )  # fmt: skip
    source = Source(tmp_path / "net.py", text.encode())
    found = [
        d.fix for d in static.predicted(static.facts_of(source, str(source.path.parent))) if d.rule == "dict-output"
    ]
    if written is None:
        assert found == [None]
        return
    new, count = fixes.apply(text, [fix for fix in found if fix])
    assert count == 1 and new.count("\n") == new.count(end)
    assert f"    def forward({written}):{end}        outputs = self.model(x" in new
    namespace: dict[str, Any] = {}
    exec(compile(new, "net.py", "exec"), namespace)
    out, own = namespace["traced"](X)
    assert torch.equal(out, X * 2) and torch.equal(own, X)
