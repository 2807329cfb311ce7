"""What is put back before every call, and what is not."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from tslint.probe.state import remember, restore  # noqa: E402

pytestmark = pytest.mark.torch


class Caching(torch.nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)
        self.seen: list[int] = []

    def forward(self, x):  # type: ignore[no-untyped-def]
        self.seen.append(len(x))
        self.length = len(x)
        self.extra = torch.nn.ReLU()
        return self.layer(x)


def test_what_a_call_leaves_behind_goes() -> None:
    model = Caching()
    remember(model)
    model(torch.rand(3, 2))
    assert (model.seen, model.length) == ([3], 3)
    restore(model)
    assert model.seen == []
    assert not hasattr(model, "length")
    assert [name for name, _ in model.named_children()] == ["layer"]


def test_hooks_registered_since_stay() -> None:
    model = Caching()
    remember(model)
    calls = []
    model.layer.register_forward_hook(lambda *_: calls.append("layer"))
    restore(model)
    model(torch.rand(3, 2))
    assert calls == ["layer"]


def test_what_a_plan_put_in_the_place_of_a_submodule_stays() -> None:
    model = Caching()
    remember(model)
    part = torch.jit.script(model.layer)
    model._modules["layer"] = part
    restore(model)
    assert model.layer is part
