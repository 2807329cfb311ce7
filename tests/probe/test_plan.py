"""The mixed route: what has control flow is scripted, the rest traced, and the whole agrees with eager."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from subjects import subject_of  # noqa: E402
from torch import nn  # noqa: E402

from tslint.probe import plan  # noqa: E402
from tslint.probe.agree import call  # noqa: E402
from tslint.probe.subject import Settled  # noqa: E402


class Predictor(nn.Module):
    """Compiles under the tracer alone."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.head = nn.Linear(8, 11)

    def forward(self, tokens, *unused):
        scores = self.head(self.embedding(tokens).cumsum(0))
        return scores * tokens.size(0)


class Completer(nn.Module):
    def __init__(self, most=9):
        super().__init__()
        self.predictor = Predictor()
        self.most = most
        self.register_buffer("end", torch.tensor([3]))

    def forward(self, sentence):
        token = sentence[:1] * 0
        while token != self.end and sentence.size(0) < self.most:
            scores = self.predictor(sentence)
            token = torch.argmax(scores[-1], dim=0, keepdim=True)
            sentence = torch.cat((sentence, token))
        return sentence


def completer():
    torch.manual_seed(0)
    return subject_of(
        Completer(), torch.tensor([1, 2, 4]), others=[(torch.tensor([5]),), (torch.tensor([7, 8, 9, 1]),)]
    )


def kinds(program) -> set[str]:
    graph = program.forward.graph.copy()
    torch._C._jit_pass_inline(graph)
    return {node.kind() for node in graph.nodes()}


def test_a_loop_around_a_predictor_that_only_traces():
    subject = completer()
    made = plan.build(subject, Settled("differs", control_flow=("",)))
    assert (made.status, made.scripted, made.traced) == ("works", ("",), ("predictor",))
    assert made.constants == ("most",)
    assert "prim::Loop" in kinds(made.program)
    for inputs in (subject.example, *subject.others):
        assert torch.equal(call(made.program, inputs), call(subject.module, inputs))


def test_the_module_is_as_it_was():
    subject = completer()
    parts = dict(subject.module.named_modules())
    plan.build(subject, Settled("differs", control_flow=("",)))
    assert dict(subject.module.named_modules()) == parts
    assert not any(isinstance(part, torch.jit.ScriptModule) for part in parts.values())
    assert all("__constants__" not in vars(part) for part in parts.values())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in parts.values())


class Halving(nn.Module):
    """Control flow below the top: scripted inside a trace of the rest."""

    def forward(self, x):
        while bool(x.abs().max() > 1):
            x = x / 2
        return x


class Holder(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(4, 4), Halving(), nn.Linear(4, 4)])

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


def test_control_flow_below_the_top_is_scripted_inside_a_trace():
    torch.manual_seed(0)
    subject = subject_of(Holder(), torch.randn(2, 4), others=[(torch.randn(2, 4) * 50,), (torch.randn(2, 4) * 1000,)])
    made = plan.build(subject, Settled("differs", control_flow=("blocks.1",)))
    assert (made.status, made.scripted) == ("works", ("blocks.1",))
    assert isinstance(made.program, torch.jit.TopLevelTracedModule)
    assert "prim::Loop" in kinds(made.program)


class Wrong(nn.Module):
    """Scripted, it answers otherwise."""

    def forward(self, x):
        return x + 1 if torch.jit.is_scripting() else x


def test_a_plan_is_held_against_eager():
    made = plan.build(subject_of(Wrong(), torch.zeros(2)), Settled("differs", control_flow=("",)))
    assert (made.status, made.message) == ("differs", "differs from eager on example")


class Refused(nn.Module):
    def forward(self, x, *rest):
        return x if x.sum() > 0 else -x


def test_what_neither_compiles_nor_traces_is_the_plans_message():
    made = plan.build(subject_of(Refused(), torch.zeros(2)), Settled("differs", control_flow=("",)))
    assert made.status == "refused"
    assert made.message.startswith("Compiled functions can't take variable number of arguments")


def test_nothing_to_script_is_no_plan():
    made = plan.build(subject_of(nn.Linear(2, 2), torch.zeros(1, 2)), Settled("works"))
    assert (made.status, made.program) == ("untried", None)


def test_what_the_author_traced_stays_traced():
    subject = completer()
    subject.author_route, subject.author_traced = "script", ("predictor",)
    subject.module.predictor = torch.jit.trace(subject.module.predictor, torch.tensor([1, 2]), check_trace=False)
    made = plan.build(subject, Settled("differs"))
    assert (made.status, made.scripted) == ("works", ("",))
    assert isinstance(subject.module.predictor, torch.jit.ScriptModule)


class Counting(nn.Module):
    """A number that forward assigns cannot be made a constant."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        if bool(x.sum() > 0):
            x = x * 2
        self.calls = self.calls + 1
        return x


def test_an_attribute_that_forward_assigns_stays_one():
    made = plan.build(
        subject_of(Counting(), torch.ones(2), others=[(-torch.ones(2),)]), Settled("differs", control_flow=("",))
    )
    assert (made.status, made.constants) == ("works", ())
