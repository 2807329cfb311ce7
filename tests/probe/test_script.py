"""The script step: every failing submodule in one run, each on its line, and nothing that only follows from another."""

from __future__ import annotations

import functools

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from subjects import Report, line_of, subject_of  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from tslint.evidence import CodeRan, ScriptDiffered, ScriptRefused  # noqa: E402
from tslint.probe.agree import call, quiet  # noqa: E402
from tslint.probe.script.script import run_script  # noqa: E402
from tslint.probe.subject import Outcome, Subject  # noqa: E402

line = functools.partial(line_of, __file__)


def script(subject: Subject) -> tuple[str, Report, Outcome]:
    report, outcome = Report(), Outcome()
    return run_script(subject, report, outcome).status, report, outcome


def places(report: Report) -> list[tuple[str, str, int]]:
    return [(e.module_path, e.class_name, e.place.span.line) for e in report.of(ScriptRefused)]


class Variadic(nn.Module):
    def forward(self, x, *rest):  # variadic
        return x


class UntypedList(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Variadic()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        counts = []
        for index in range(3):
            counts.append(index)  # noqa: PERF402 (what is tested)  # untyped list
        return self.linear(self.inner(x)) + len(counts)


class Chained(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = UntypedList()

    def forward(self, x):
        return self.helper(self.inner(x))  # chain, outer

    def helper(self, x):
        return self.deeper(x)  # chain, inner

    def deeper(self, x):
        return x.no_such_method()  # chained


class OnlyHolds(nn.Module):
    """Fails for no reason of its own."""

    def __init__(self):
        super().__init__()
        self.part = Chained()

    def forward(self, x):
        return self.part(x)


class Forgiving(Chained):
    """Eager never meets the failing line."""

    def deeper(self, x):
        return x if not self.training else x.no_such_method()  # forgiving


class Network(nn.Module):
    def __init__(self, part):
        super().__init__()
        self.parts = nn.ModuleList([part(), part()])

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return x


def test_every_failing_submodule_is_reported_once_children_first():
    class Holder(OnlyHolds):
        def __init__(self):
            super().__init__()
            self.part = Forgiving()

    network = Network(Holder)
    status, report, outcome = script(subject_of(network, torch.randn(1, 4)))
    assert status == "refused"
    assert places(report) == [
        ("parts.0.part.inner.inner", "Variadic", line("variadic")),
        ("parts.0.part.inner", "UntypedList", line("untyped list")),
        ("parts.0.part", "Forgiving", line("forgiving")),
    ]
    assert (outcome.status, outcome.detail) == ("failed", "3 modules")
    assert all(isinstance(module, Holder) for module in network.parts)
    assert not any(isinstance(module, torch.jit.ScriptModule) for module in network.modules())


def test_the_message_is_the_compilers_own():
    _, report, _ = script(subject_of(UntypedList(), torch.randn(1, 4)))
    variadic, untyped = report.of(ScriptRefused)
    assert variadic.message == (
        "Compiled functions can't take variable number of arguments or use keyword-only arguments with defaults"
    )
    assert untyped.message.startswith("Could not match type int to t in argument 'el'")
    span = untyped.place.span
    assert (span.column, span.end_column) == (13, 26)
    assert untyped.place.symbol == "UntypedList.forward"


def test_the_chain_of_calls_is_kept():
    class Alone(Chained):
        def __init__(self):
            super().__init__()
            self.inner = nn.Identity()

    _, report, _ = script(subject_of(Alone(), torch.randn(1, 4)))
    (refused,) = report.of(ScriptRefused)
    assert refused.place.span.line == line("chained")
    assert [place.span.line for place in refused.chain] == [line("chain, inner"), line("chain, outer")]
    assert refused.place.symbol == "Chained.deeper"


class Suspicious(nn.Module):
    """A part of torch's that does not compile: its line is the user's class around it."""

    def __init__(self):  # suspicious
        super().__init__()
        self.dropout = nn.Dropout(1)

    def forward(self, x):
        return self.dropout(x)


def test_a_failure_inside_torch_stands_on_the_users_class():
    _, report, _ = script(subject_of(Suspicious(), torch.randn(1, 4)))
    (refused,) = report.of(ScriptRefused)
    assert refused.module_path == "dropout"
    assert refused.message == "Expected a value of type 'float' for argument 'p' but instead found type 'int'."
    assert refused.place.path == __file__
    assert refused.place.symbol == "Suspicious.forward"
    assert any(place.path.endswith("dropout.py") for place in refused.chain)


class Decorated(nn.Module):
    @torch.no_grad()
    def forward(self, x):
        return torch.no_such_function(x)  # decorated


def test_code_behind_a_decorator_is_found_in_its_own_file():
    _, report, _ = script(subject_of(Decorated(), torch.randn(1, 4)))
    (refused,) = report.of(ScriptRefused)
    assert (refused.place.path, refused.place.span.line) == (__file__, line("decorated"))
    assert refused.place.span.column == 16


def test_a_failed_attempt_leaves_nothing_for_the_next():
    failing = UntypedList()
    subject = subject_of(failing, torch.randn(1, 4))
    first = places(script(subject)[1])
    assert first == places(script(subject)[1])
    with pytest.raises(Exception, match="variable number of arguments"), quiet():
        torch.jit.script(UntypedList())


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        return self.double(self.linear(x)), x.size()

    def double(self, x):
        return x * 2


def test_what_compiles_is_run_beside_eager_and_its_functions_are_named():
    status, report, outcome = script(subject_of(Plain(), torch.randn(1, 4), others=[(torch.randn(3, 4),)]))
    assert (status, outcome.status) == ("works", "ok")
    (ran,) = report.of(CodeRan)
    assert (ran.route, ran.functions) == ("script", {__file__: ("Plain.double", "Plain.forward")})
    assert not report.of(ScriptRefused) and not report.of(ScriptDiffered)


@pytest.mark.parametrize(("seconds", "runs"), [(60, 5), (-1, 2)])
def test_a_slow_program_is_run_on_two_inputs_alone(monkeypatch, seconds, runs):
    asked = []

    def counted(model, inputs, *more):
        asked.append(model)
        return call(model, inputs, *more)

    monkeypatch.setattr("tslint.probe.script.script.SECONDS", seconds)
    monkeypatch.setattr("tslint.probe.script.script.call", counted)
    subject = subject_of(Plain(), torch.randn(1, 4), others=[(torch.randn(n, 4),) for n in range(2, 6)])
    assert script(subject)[0] == "works"
    assert asked.count(subject.module) == runs


class Bound(nn.Module):
    """A call bound once in Python: scripting takes the annotation of the attribute's value, eager the attribute."""

    def forward(self, x):
        if torch.jit.is_scripting():
            return x + 1
        return x


def test_a_difference_from_eager_is_said_with_its_input():
    status, report, outcome = script(subject_of(Bound(), torch.zeros(1, 4)))
    (differed,) = report.of(ScriptDiffered)
    assert (status, outcome.status) == ("differs", "failed")
    assert (differed.tried, differed.max_difference) == ("example", 1.0)


class RaisesLater(nn.Module):
    def forward(self, x):
        if torch.jit.is_scripting() and x.size(0) > 1:
            raise ValueError("too many")  # raises
        return x


def test_an_error_of_the_scripted_program_has_its_line_and_words():
    status, report, _ = script(subject_of(RaisesLater(), torch.zeros(1, 4), others=[(torch.zeros(2, 4),)]))
    (differed,) = report.of(ScriptDiffered)
    assert (status, differed.tried, differed.max_difference) == ("differs", "other 0", None)
    assert differed.place.span.line == line("raises")
    assert "too many" in differed.message


class Child(nn.Module):
    """Answers with what a stand-in has to answer with: a tuple of a tensor and a list."""

    def forward(self, x, flag: bool = False, *extra) -> tuple[Tensor, list[Tensor]]:
        return x, [x, x]


class Parent(nn.Module):
    def __init__(self):
        super().__init__()
        self.child = Child()

    def forward(self, x):
        first, rest = self.child(x, flag=True)
        return first + rest[0] + rest[1]


def test_a_stand_in_has_the_signature_that_was_seen():
    _, report, _ = script(subject_of(Parent(), torch.randn(1, 4)))
    assert [refused.class_name for refused in report.of(ScriptRefused)] == ["Child"]


class AsksMore(Parent):
    """Fails only because the stand-in has no such attribute: that is no failure of its own."""

    def __init__(self):
        super().__init__()
        self.child.width = 4

    def forward(self, x):
        return self.child(x)[0] * self.child.width


def test_what_a_stand_in_lacks_is_not_reported():
    _, report, _ = script(subject_of(AsksMore(), torch.randn(1, 4)))
    assert [refused.class_name for refused in report.of(ScriptRefused)] == ["Child"]


class Keeps(nn.Module):
    """Its property calls the child: the compiler asks for it, and the stand-in raises."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.utils.parametrizations.spectral_norm(nn.Linear(4, 4))

    def forward(self, x):
        return self.first(x)


def test_a_stand_in_that_the_compiler_calls_is_not_reported():
    _, report, _ = script(subject_of(Keeps(), torch.randn(1, 4)))
    assert [refused.message for refused in report.of(ScriptRefused)] == ["Comprehension ifs are not supported yet"]


def test_the_address_of_an_operator_that_is_no_more_is_forgotten():
    """`torch.library` makes the function of an operator anew for a second overload."""
    import torch.jit._builtins as known

    from tslint.probe.script import builtins

    library = torch.library.Library("tslint_test_addresses", "FRAGMENT")
    library.define("twice(Tensor x) -> Tensor")
    first = torch.ops.tslint_test_addresses.twice._op
    library.define("twice.other(Tensor x, int n) -> Tensor")
    second = torch.ops.tslint_test_addresses.twice._op
    assert first is not second and {id(first), id(second)} <= set(known._get_builtin_table())
    builtins.settle()
    table = known._get_builtin_table()
    assert id(first) not in table and table[id(second)] == "tslint_test_addresses::twice"
    assert known._find_builtin(torch.sqrt) == "aten::sqrt"
    library.define("twice.third(Tensor x, float n) -> Tensor")
    assert any(kept is torch.ops.tslint_test_addresses.twice._op for kept in builtins._KEPT)
