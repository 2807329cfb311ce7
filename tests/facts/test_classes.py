"""Which classes are modules, what they set, and which are inner."""

from __future__ import annotations

import pytest
from support import facts_of


def names(code: str) -> list[str]:
    return [c.name for c in facts_of(code).module_classes]


def test_bases_are_followed_through_the_file() -> None:
    code = """
    from torch import nn as layers
    from torch.nn import Module as M
    import pytorch_lightning as pl
    from transformers import PreTrainedModel
    class A(nn.Module): ...
    class B(A): ...
    class C(layers.Sequential): ...
    class D(M): ...
    class E(pl.LightningModule): ...
    class F_(PreTrainedModel): ...
    class G(B, object): ...
    class H: ...
    class I(torch.autograd.Function): ...
    class J(dict): ...
    class K(H): ...
    """
    assert names(code) == ["A", "B", "C", "D", "E", "F_", "G"]


def test_a_class_with_a_base_from_elsewhere_is_one_if_it_has_a_forward() -> None:
    code = """
    from project import Base
    class A(Base):
        def forward(self, x):
            return x
    class B(Base):
        def run(self):
            return 1
    """
    assert names(code) == ["A"]


def test_a_module_of_another_name_is_none() -> None:
    assert names("class Module: ...\nclass A(Module): ...") == []


def test_attributes_of_the_constructor() -> None:
    facts = facts_of("""
    class Net(nn.Module):
        def __init__(self, dim, names):
            super().__init__()
            self.dim = dim
            self.conv = nn.Conv2d(3, dim, 1)
            self.plain = torch.zeros(3)
            self.weight = nn.Parameter(torch.zeros(3))
            self.register_buffer("steps", torch.arange(3))
            self.blocks = [nn.Linear(1, 1), nn.Linear(1, 1)]
            self.build()
        def build(self):
            self.late = nn.ReLU()
    """)
    net = facts.module_classes[0]
    found = {a.name: (a.kind.word, a.registered, a.method) for a in net.attributes.values()}
    assert found == {
        "dim": ("constant", False, "__init__"),
        "conv": ("module", True, "__init__"),
        "plain": ("tensor", False, "__init__"),
        "weight": ("tensor", True, "__init__"),
        "steps": ("tensor", True, "__init__"),
        "blocks": ("list", False, "__init__"),
        "late": ("module", True, "build"),
    }


@pytest.mark.parametrize(
    "use",
    ["self.a = A()", "self.a = nn.Sequential(A(), nn.ReLU())", "self.a = nn.ModuleList([A() for _ in range(2)])",
     "self.a = make(A)"],
)  # fmt: skip
def test_a_class_that_another_one_builds_is_inner(use: str) -> None:
    facts = facts_of(f"""
    class A(nn.Module): ...
    class B(nn.Module):
        def __init__(self):
            super().__init__()
            {use}
    """)
    inner = {c.name: (c.is_inner, c.builds) for c in facts.module_classes}
    assert inner == {"A": (True, ()), "B": (False, ("A",))}


def test_a_class_that_another_one_chooses_from_a_dict_is_inner() -> None:
    facts = facts_of("""
    class A(nn.Module): ...
    class B(nn.Module): ...
    class C(nn.Module): ...
    KINDS = {"a": A, "b": B}
    class Net(nn.Module):
        def __init__(self, kind):
            super().__init__()
            self.body = KINDS[kind]()
    """)
    inner = {c.name: (c.is_inner, c.builds) for c in facts.module_classes}
    assert inner == {"A": (True, ()), "B": (True, ()), "C": (False, ()), "Net": (False, ("A", "B"))}


@pytest.mark.parametrize(
    "use",
    ["class B(A): ...", "class B(A):\n    def __init__(self):\n        super(A, self).__init__()", "def f(x: A): ...",
     "class B(nn.Module):\n    def forward(self, x):\n        return isinstance(x, A)"],
)  # fmt: skip
def test_a_base_or_an_annotation_makes_no_inner_class(use: str) -> None:
    facts = facts_of("class A(nn.Module): ...\n" + use)
    assert [c.is_inner for c in facts.module_classes if c.name == "A"] == [False]


def test_what_the_file_scripts_and_traces() -> None:
    facts = facts_of("""
    class Inner(nn.Module): ...
    class Loop(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = Inner()
    class Other(nn.Module): ...
    class Body(nn.Module): ...
    model = Loop()
    scripted = torch.jit.script(model.eval())
    traced = torch.jit.trace(Body(), torch.ones(1))
    """)
    scripted = {c.name for c in facts.module_classes if facts.is_scripted(c)}
    traced = {c.name for c in facts.module_classes if facts.is_traced(c)}
    assert (scripted, traced) == ({"Loop", "Inner"}, {"Body"})


def test_state_changed_in_forward() -> None:
    facts = facts_of("""
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.count = 0
        def forward(self, x):
            self.count += 1
            self.last = x
            y = x
            return y
    """)
    net = facts.module_classes[0]
    assert [a.name for a in facts.state_changes(net)] == ["count", "last"]
