"""The mixed route: what has control flow is scripted, the rest traced, and the whole agrees with eager."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from subjects import subject_of  # noqa: E402
from torch import nn  # noqa: E402

from tslint.probe.agree import call  # noqa: E402
from tslint.probe.plan import mixed as plan  # noqa: E402
from tslint.probe.subject import Inputs, Settled  # noqa: E402
from tslint.probe.values import flatten  # noqa: E402


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
        if torch.jit.is_scripting():
            return x + 1
        return x if bool(x.sum() > 0) else -x


def test_a_plan_is_held_against_eager():
    made = plan.build(
        subject_of(Wrong(), torch.ones(2), others=[(-torch.ones(2),)]), Settled("differs", control_flow=("",))
    )
    assert (made.status, made.message) == ("differs", "differs from eager on example")
    assert made.blocked == plan.Blocked(
        "", "Wrong", "its trace differs from eager on another input", "scripted, it differs from eager"
    )


class Refused(nn.Module):
    def forward(self, x, *rest):
        return x if x.sum() > 0 else -x


def test_what_neither_compiles_nor_traces_is_the_plans_message():
    subject = subject_of(Refused(), torch.ones(2), others=[(-torch.ones(2),)])
    made = plan.build(subject, Settled("differs", control_flow=("",)))
    assert made.status == "refused"
    assert made.message.startswith("Compiled functions can't take variable number of arguments")


# -- the search: nobody says which modules to script -----------------------------------------------------------------


class Clipping(nn.Module):
    def forward(self, x):
        return x / x.abs().max() if bool(x.abs().max() > 1) else x


class Layer(nn.Module):
    """Nothing that a trace would lose; what it takes and returns beside tensors makes it no program of its own."""

    def __init__(self, inner=None):
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.inner = inner or nn.Identity()

    def forward(self, x, mask=None, *, scale: float = 2.0):
        x = self.inner(self.linear(x)) * scale
        return {"x": x if mask is None else x * mask, "n": 3}


class Deep(nn.Module):
    def __init__(self, *inner):
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(4, 4), nn.Identity())
        self.layers = nn.ModuleList([Layer(one) for one in inner])

    def forward(self, x):
        x = self.stem(x)
        for layer in self.layers:
            x = layer(x, scale=0.9)["x"]
        return x


def deep(*inner, given=(1.0, 60.0, 0.01)):
    torch.manual_seed(0)
    values = torch.randn(2, 4)
    return subject_of(Deep(*inner), values * given[0], others=[(values * factor,) for factor in given[1:]])


def searched(subject):
    made = plan.build(subject, Settled("differs"))
    if made.status == "works":
        for inputs in (subject.example, *subject.others):
            assert torch.allclose(call(made.program, inputs), call(subject.module, inputs), atol=1e-5)
    return made


class Amplified(nn.Module):
    """Control flow in the middle of a module, whose condition the values decide."""

    def __init__(self):
        super().__init__()
        self.halving = Halving()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        return x + self.linear(self.halving(x * 40)) / 4


def test_one_module_deep_down_is_all_that_is_scripted():
    made = searched(deep(None, Amplified(), None))
    assert (made.status, made.scripted) == ("works", ("layers.1.inner.halving",))
    assert "prim::Loop" in kinds(made.program)


def test_two_modules_are_scripted_where_two_fail():
    made = searched(deep(Amplified(), None, nn.Sequential(nn.Linear(4, 4), Amplified())))
    assert (made.status, made.scripted) == ("works", ("layers.2.inner.1.halving", "layers.0.inner.halving"))


def test_what_is_not_needed_is_traced_again():
    subject = deep(None, Amplified(), None)
    subject.author_route = None
    made = plan.build(subject, Settled("differs", control_flow=("layers.1.inner.halving", "layers.0.linear", "stem")))
    assert (made.status, made.scripted) == ("works", ("layers.1.inner.halving",))


class Switch(nn.Module):
    """Its own control flow around children of which one cannot be compiled."""

    def __init__(self):
        super().__init__()
        self.first = Predictor()
        self.second = nn.Linear(11, 11)

    def forward(self, tokens):
        scores = self.first(tokens)
        if bool(tokens.sum() > 9):
            scores = self.second(scores)
        return scores


def test_a_module_with_control_flow_is_scripted_around_children_that_are_traced():
    torch.manual_seed(0)
    subject = subject_of(
        nn.Sequential(Switch(), nn.LogSoftmax(-1)),
        torch.tensor([1, 2, 4]),
        others=[(torch.tensor([9, 9, 9]),), (torch.tensor([1, 1]),)],
    )
    made = searched(subject)
    assert (made.status, made.scripted, made.traced) == ("works", ("0",), ("0.first", "0.second"))


class Method(nn.Module):
    """Calls a method of its child: a trace of that has none."""

    def __init__(self):
        super().__init__()
        self.child = Named()
        self.other = Predictor()

    def forward(self, x):
        if bool(x.sum() > 9):
            return self.child.twice(self.other(x))
        return self.child(self.other(x))


class Named(nn.Module):
    def forward(self, x):
        return x + 1

    def twice(self, x):
        return x * 2


def test_a_child_whose_trace_its_parent_cannot_use_is_compiled():
    torch.manual_seed(0)
    made = searched(subject_of(Method(), torch.tensor([1, 2]), others=[(torch.tensor([9, 9]),)]))
    assert (made.status, made.scripted, made.traced) == ("works", ("",), ("other",))


class Rare(nn.Module):
    """Its branch shows on one input in many."""

    def forward(self, x):
        return x * 0 if bool(x.abs().max() > 1e5) else x


def test_what_shows_on_one_input_of_many_is_found():
    subject = deep(None, Rare(), Amplified(), given=(1.0, 3.0, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 1e7, 60.0))
    assert len(subject.others) > plan.FEW
    made = searched(subject)
    assert (made.status, made.scripted) == ("works", ("layers.2.inner.halving", "layers.1.inner"))


class Stubborn(nn.Module):
    """Data decides, and the compiler does not take it."""

    def forward(self, x, *rest):
        return x if bool(x[0, 0] > 0) else x * 2


def test_what_can_be_neither_traced_nor_scripted_is_named():
    made = searched(deep(None, Stubborn(), given=(50.0, -50.0)))
    assert made.status == "refused"
    assert made.blocked is not None
    assert (made.blocked.path, made.blocked.class_name) == ("layers.1.inner", "Stubborn")
    assert made.blocked.traced == "its trace differs from eager on another input"
    assert "variable number of arguments" in made.blocked.scripted
    assert made.message == made.blocked.scripted


class Keyed(nn.Module):
    def __init__(self, before):
        super().__init__()
        self.before = before
        self.halving = Halving()

    def forward(self, x, weight):
        return {"out": self.halving(self.before(x)) * weight, "sum": x + weight}


def keyed(before):
    module = Keyed(before)
    one, two = torch.ones(2), torch.full((2,), 100.0)
    subject = subject_of(module)
    subject.example = Inputs("example", (one,), {"weight": two})
    subject.others = [Inputs("other", (two,), {"weight": one})]
    subject.wrapped = flatten(module, module(one, weight=two))
    return subject


def test_the_wrapper_of_a_mapping_is_traced_around_what_is_scripted():
    made = plan.build(keyed(nn.Hardtanh(-200, 200)), Settled("refused"))
    assert (made.status, made.scripted) == ("works", ("halving",))


def test_a_scripted_part_that_hands_its_input_back_misleads_the_trace_around_it():
    """The tracer takes every later use of that input for the part's output (PyTorch 2.13): verifying is what shows it."""
    made = plan.build(keyed(nn.Identity()), Settled("refused"))
    assert (made.status, made.scripted) == ("works", ("",))


def test_inputs_that_the_conversion_does_not_let_in_need_not_be_served():
    class Sized(nn.Module):
        def forward(self, x):
            return x / x.shape[0] if x.shape[0] > 3 else x

    subject = subject_of(Sized(), torch.ones(2, 4), others=[(torch.ones(3, 4),), (torch.ones(6, 4),)])
    assert searched(subject).scripted == ("",)
    subject.ranges = {(0, 0): (1, 3)}
    assert searched(subject).status == "untried"


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


class Step(nn.Module):
    """Compiles under the tracer alone, whose trace serves one batch."""

    def forward(self, x, *unused):
        return x * 2 if x.shape[0] == 1 else x * 3


class Doubling(nn.Module):
    def __init__(self):
        super().__init__()
        self.step = Step()

    def forward(self, x):
        while bool(x.sum() < 100):
            x = self.step(x)
        return x


def test_a_loop_for_the_examples_batch_where_none_serves_every_batch():
    others = [(torch.ones(2, 3),), (torch.ones(1, 5) * 7,), (torch.ones(1, 3) * 40,)]
    subject = subject_of(Doubling(), torch.ones(1, 3), others=others)
    made = plan.build(subject, Settled("differs", control_flow=("",)))
    assert (made.status, made.one_batch) == ("works", True)
    assert (made.scripted, made.traced) == (("",), ("step",))
    assert made.conditions.endswith("for the example's batch alone")
    for given in (subject.example, *subject.others[1:]):
        assert torch.equal(call(made.program, given), call(subject.module, given))
    assert not torch.equal(call(made.program, subject.others[0]), call(subject.module, subject.others[0]))


def test_a_loop_that_serves_all_that_is_wanted_is_not_narrowed():
    subject = subject_of(Doubling(), torch.ones(1, 3), others=[(torch.ones(1, 5) * 7,), (torch.ones(1, 3) * 40,)])
    made = plan.build(subject, Settled("differs", control_flow=("",)))
    assert (made.status, made.one_batch) == ("works", False)
