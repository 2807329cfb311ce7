"""What a model is made of: each module once, its class, its mode as it came, and which of them compile alone."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from running import observe  # noqa: E402
from subjects import Report, subject_of  # noqa: E402
from torch import nn  # noqa: E402

from tslint.evidence import ModuleSeen, ModulesScripted, ModulesSeen, decode, encode  # noqa: E402
from tslint.probe.script.script import run_script  # noqa: E402
from tslint.probe.subject import Outcome  # noqa: E402


class Base(nn.Module):
    def forward(self, x):
        return self.inner(x)


class Net(Base):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.again = self.inner


class Variadic(nn.Module):
    def forward(self, x, *rest):
        return x


class Holder(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([Variadic(), Variadic(), nn.Linear(4, 4)])

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return x


def modules(module: nn.Module) -> tuple[ModuleSeen, ...]:
    evidence = observe(module, torch.rand(2, 4)).one(ModulesSeen)
    assert decode(encode(evidence)) == evidence
    return evidence.modules


def test_each_module_is_named_once_parents_first() -> None:
    found = [(module.path, module.class_name) for module in modules(Net().eval())]
    assert found == [("", "Net"), ("inner", "Sequential"), ("inner.0", "Linear"), ("inner.1", "ReLU")]


def test_the_code_is_that_of_the_class_and_of_those_it_inherits_from_without_torchs_own() -> None:
    whole, *others = modules(Net().eval())
    assert [(place.symbol, place.path) for place in whole.code] == [("Net", __file__), ("Base", __file__)]
    assert [module.code for module in others] == [(), (), ()]


def test_the_mode_is_the_one_that_each_module_came_in() -> None:
    net = Net().eval()
    net.inner[1].train()
    assert [module.path for module in modules(net) if module.training] == ["inner.1"]
    assert not net.inner[1].training


def test_a_program_keeps_the_names_of_what_it_was_made_from() -> None:
    program = torch.jit.script(nn.Sequential(nn.Linear(4, 4)).eval())
    assert [module.class_name for module in modules(program)] == ["Sequential", "Linear"]


def test_all_modules_whose_own_code_is_refused_are_named_though_one_is_reported() -> None:
    report, outcome = Report(), Outcome()
    run_script(subject_of(Holder(), torch.rand(2, 4)), report, outcome)
    (evidence,) = report.of(ModulesScripted)
    assert (evidence.refused, evidence.unknown) == (("parts.0", "parts.1"), ())


def test_nothing_is_compiled_alone_where_the_whole_compiles() -> None:
    report, outcome = Report(), Outcome()
    assert run_script(subject_of(nn.Linear(4, 4), torch.rand(2, 4)), report, outcome).status == "works"
    assert report.of(ModulesScripted) == []
