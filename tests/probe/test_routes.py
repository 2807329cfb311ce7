"""The route table: which routes are attempted, what is recommended, and that one step's failure leaves the others."""

from __future__ import annotations

import functools
import math

import pytest

pytestmark = [pytest.mark.torch, pytest.mark.coreml]
torch = pytest.importorskip("torch")

from subjects import Report, line_of, run_routes, subject_of, traced  # noqa: E402

from tslint.probe.convert import coreml  # noqa: E402

if coreml.load() is None:
    pytest.skip("coremltools is not installed", allow_module_level=True)

from torch import nn  # noqa: E402

from tslint.diagnostic import Place, Span  # noqa: E402
from tslint.evidence import Attempt, ConversionRefused, Note, OpUnsupported, PlanMade, RouteEnded, StepEnded  # noqa: E402
from tslint.probe import routes  # noqa: E402
from tslint.probe.subject import Inputs, RecordedConversion, Settled, Steps, Subject  # noqa: E402
from tslint.probe.values import flatten  # noqa: E402
from tslint.probe.verify import cure  # noqa: E402
from tslint.probe.verify.verify import Verdict  # noqa: E402
from tslint.request import Request  # noqa: E402

line = functools.partial(line_of, __file__)


def table(report: Report) -> dict[str, Attempt]:
    ended = report.of(RouteEnded)
    assert [e.route for e in ended] == ["trace", "script", "mixed", "export"]
    return {e.route: e.attempt for e in ended}


def recommended(report: Report) -> list[str]:
    return [e.route for e in report.of(RouteEnded) if e.recommended]


def steps(report: Report) -> dict[str, str]:
    return {e.step: e.status for e in report.of(StepEnded)}


def subject(module: nn.Module, *args: torch.Tensor, **more) -> Subject:
    made = subject_of(module, *args, **more)
    made.traced = traced(made.wrapped or made.module, *args)
    return made


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3)

    def forward(self, x):
        return self.linear(x).relu()


@pytest.fixture(scope="module")
def simple() -> Report:
    return run_routes(subject(Small(), torch.randn(1, 4), others=[(torch.randn(1, 4),)]), Settled("works"))


def test_a_trace_that_works_is_converted_and_verified(simple):
    attempts = table(simple)
    assert recommended(simple) == ["trace"]
    assert (attempts["trace"].status, attempts["trace"].converts, attempts["trace"].verified) == (
        "works",
        "works",
        True,
    )
    assert (attempts["script"].status, attempts["script"].converts) == ("works", "untried")
    assert attempts["mixed"] == attempts["export"] == Attempt()
    assert steps(simple) == {"script": "ok", "convert": "ok", "verify": "ok"}


def test_one_route_asked_for_is_all_that_is_done():
    report = run_routes(
        subject(Small(), torch.randn(1, 4)), Settled("works"), Request("test", routes=("trace",), verify=False)
    )
    assert steps(report) == {"convert": "ok"}
    assert recommended(report) == ["trace"]
    assert table(report)["trace"].verified is None


def test_all_routes_are_converted_where_they_are_asked_for():
    report = run_routes(subject(Small(), torch.randn(1, 4)), Settled("works"), Request("test", routes=("all",)))
    attempts = table(report)
    assert {route: (a.status, a.converts, a.verified) for route, a in attempts.items()} == {
        "trace": ("works", "works", True),
        "script": ("works", "works", True),
        "mixed": ("untried", "untried", None),
        "export": ("works", "works", True),
    }
    assert recommended(report) == ["trace"]


def test_without_conversion_the_recommended_route_is_the_first_that_works():
    report = run_routes(subject(Small(), torch.randn(1, 4)), Settled("works"), Request("test", convert=False))
    assert steps(report) == {"script": "ok"}
    assert recommended(report) == ["trace"]
    assert table(report)["trace"].converts == "untried"


class Dictionary(nn.Module):
    def forward(self, x):
        return {"out": x.relu(), "aux": x * 2}


def test_a_refused_output_goes_on_in_its_wrapper():
    module = Dictionary()
    wrapper = flatten(module, module(torch.randn(1, 4)))
    made = subject(module, torch.randn(1, 4), wrapped=wrapper, keys=("out", "aux"))
    report = run_routes(made, Settled("refused", wrapped="works", message="a dict"))
    (trace, *_) = report.of(RouteEnded)
    assert (trace.recommended, trace.attempt.status, trace.attempt.converts) == (True, "refused", "untried")
    assert trace.attempt.message == "a dict"
    assert (trace.wrapped.status, trace.wrapped.converts, trace.wrapped.verified) == ("works", "works", True)
    assert trace.wrapped.keys == ("out", "aux")


class Loop(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = Small()
        self.body.linear = nn.Linear(4, 4)

    def forward(self, x):
        while bool(x.sum() < 4):
            x = self.body(x) + 1
        return x


def test_control_flow_makes_mixed_the_route():
    torch.manual_seed(0)
    made = subject(Loop(), torch.zeros(1, 4), others=[(torch.full((1, 4), 3.0),), (torch.full((1, 4), -3.0),)])
    report = run_routes(made, Settled("differs", message="a loop", control_flow=("",)))
    attempts = table(report)
    assert recommended(report) == ["mixed"]
    assert (attempts["mixed"].status, attempts["mixed"].converts, attempts["mixed"].verified) == (
        "works",
        "works",
        True,
    )
    assert attempts["mixed"].parts == ("Loop",)
    assert (attempts["trace"].status, attempts["trace"].converts) == ("differs", "untried")
    assert steps(report) == {"script": "ok", "plan": "ok", "convert": "ok", "verify": "ok"}


class LoopWithDictionary(Loop):
    def forward(self, x):
        while bool(x.sum() < 4):
            x = self.body(x) + 1
        return {"out": x, "aux": x * 2}


def test_a_loop_that_answers_with_a_dictionary_is_scripted_inside_its_wrapper():
    torch.manual_seed(0)
    module = LoopWithDictionary()
    made = subject(
        module,
        torch.zeros(1, 4),
        others=[(torch.full((1, 4), 3.0),), (torch.full((1, 4), -3.0),)],
        wrapped=flatten(module, module(torch.zeros(1, 4))),
        keys=("out", "aux"),
    )
    report = run_routes(made, Settled("refused", wrapped="differs", message="a dict", control_flow=("",)))
    mixed = table(report)["mixed"]
    assert (mixed.status, mixed.parts) == ("works", ("LoopWithDictionary",))
    assert (mixed.converts, mixed.verified, recommended(report)) == ("works", True, ["mixed"])
    assert mixed.message == "with `torch.jit.freeze`"


class Baked(nn.Module):
    def forward(self, x):
        return x / float(x.size(1)) + torch.zeros(1)


def test_a_trace_that_is_wrong_on_other_sizes_alone_is_right_at_its_own():
    made = subject(Baked(), torch.randn(1, 4), others=[(torch.randn(1, 8),), (torch.randn(1, 4),)])
    report = run_routes(made, Settled("differs", message="differs from eager on dimension 1 = 8"))
    assert recommended(report) == ["trace"]
    assert table(report)["trace"].status == "differs"
    ranged = subject(Baked(), torch.randn(1, 4), others=[(torch.randn(1, 8),)], ranges={(0, 1): (4, 8)})
    assert recommended(run_routes(ranged, Settled("differs"))) != ["trace"]


def test_a_trace_that_differs_in_type_alone_serves_every_range():
    made = subject(Small(), torch.randn(1, 4), others=[(torch.randn(2, 4),)], ranges={(0, 0): (1, 3)})
    report = run_routes(made, Settled("differs", differs_in_type=True), Request("test", convert=False))
    assert recommended(report) == ["trace"]


class Unconvertible(nn.Module):
    def forward(self, x):
        return torch.lgamma(x) + torch.igamma(x, x)  # both ops


def test_what_does_not_convert_is_refused_and_nothing_is_recommended():
    report = run_routes(subject(Unconvertible(), torch.randn(1, 4)), Settled("works"))
    attempts = table(report)
    assert recommended(report) == []
    assert attempts["trace"] == Attempt("works", "refused", message="unsupported: aten::lgamma, aten::igamma")
    found = report.of(OpUnsupported)
    assert [(e.route, e.op, e.sites[0].place.span.line) for e in found] == [
        ("trace", "aten::lgamma", line("both ops")),
        ("trace", "aten::igamma", line("both ops")),
    ]
    assert attempts["export"].converts == "refused"  # tried, since nothing else was left
    assert steps(report) == {"script": "ok", "convert": "failed"}


def test_the_export_route_lists_every_op_with_its_line_where_it_is_asked_for():
    report = run_routes(
        subject(Unconvertible(), torch.randn(1, 4)), Settled("works"), Request("test", routes=("export",))
    )
    assert [(e.route, e.op, e.missing, e.sites[0].place.span.line) for e in report.of(OpUnsupported)] == [
        ("export", "aten::lgamma", True, line("both ops")),
        ("export", "aten::igamma", True, line("both ops")),
    ]


class Differences(nn.Module):
    def forward(self, x):
        y = torch.diff(x, dim=1)  # diff
        return nn.functional.l1_loss(y, y * 2, reduction="none")  # loss


def test_what_an_exported_program_lacks_is_taken_apart():
    asked = Request("test", routes=("export",), plan=True)
    report = run_routes(subject(Differences(), torch.randn(2, 4)), Settled("works"), asked)
    attempt = table(report)["export"]
    apart = ("aten.diff.default", "aten.l1_loss.default")
    assert (attempt.converts, attempt.verified, attempt.decomposed) == ("works", True, apart)
    assert [(e.op, e.decomposed, e.sites[0].place.span.line) for e in report.of(OpUnsupported)] == [
        ("aten::diff", apart, line("diff")),
        ("aten::l1_loss", apart, line("loss")),
    ]
    assert [plan.decomposed for plan in report.of(PlanMade)] == [apart]


class HalfKnown(nn.Module):
    def forward(self, x):
        return torch.diff(x, dim=1) + torch.igamma(x, x)[:, 1:]


def test_where_one_op_stays_nothing_is_said_to_help():
    report = run_routes(subject(HalfKnown(), torch.rand(2, 4)), Settled("works"), Request("test", routes=("export",)))
    assert table(report)["export"].converts == "refused"
    assert {(e.op, e.decomposed) for e in report.of(OpUnsupported)} == {("aten::diff", ()), ("aten::igamma", ())}


def verdict(answer: bool | None, message: str = ""):
    return lambda *arguments: Verdict(answer, 0.5, message)


def test_a_wrong_program_is_not_recommended(monkeypatch):
    monkeypatch.setattr(cure, "verify", verdict(False, "output differs"))
    report = run_routes(subject(Small(), torch.randn(1, 4)), Settled("works"))
    assert recommended(report) == []
    trace = table(report)["trace"]
    assert (trace.converts, trace.verified, trace.difference, trace.message) == (
        "differs",
        False,
        0.5,
        "output differs",
    )
    assert steps(report)["verify"] == "failed"


def test_a_program_that_could_not_be_evaluated_is_recommended_unverified(monkeypatch):
    monkeypatch.setattr(cure, "verify", verdict(None, "not evaluated: no evaluator"))
    report = run_routes(subject(Small(), torch.randn(1, 4)), Settled("works"))
    assert recommended(report) == ["trace"]
    assert table(report)["trace"].verified is None


def fails(*arguments, **more):
    raise RuntimeError("a fault of ours")


def test_a_fault_in_one_step_leaves_the_others(monkeypatch):
    monkeypatch.setattr(routes, "run_script", fails)
    monkeypatch.setattr(cure, "verify", fails)
    report = run_routes(subject(Small(), torch.randn(1, 4)), Settled("works"))
    assert steps(report) == {"script": "failed", "convert": "ok", "verify": "failed"}
    assert recommended(report) == ["trace"]
    assert table(report)["trace"].converts == "works"


def test_a_step_that_died_before_is_not_entered_again():
    made = subject(Small(), torch.randn(1, 4))
    report = run_routes(made, Settled("works"), skip=("script", "convert"))
    attempts = table(report)
    assert (attempts["script"].status, attempts["trace"].converts) == ("died", "died")
    assert steps(report) == {}


def test_without_coremltools_the_conversion_is_skipped_with_a_hint(monkeypatch):
    monkeypatch.setattr(coreml, "load", lambda: None)
    report = run_routes(subject(Small(), torch.randn(1, 4)), Settled("works"))
    (convert,) = [e for e in report.of(StepEnded) if e.step == "convert"]
    assert convert.status == "skipped"
    assert 'pip install "tslint[coreml]"' in convert.message
    assert table(report)["trace"].converts == "untried"


def test_a_trace_that_was_refused_leaves_the_script():
    class Scriptable(nn.Module):
        def forward(self, x, flag: bool):
            return x * 2 if flag else x

    report = run_routes(subject_of(Scriptable(), torch.randn(2), True), Settled("refused", message="a bool"))
    attempts = table(report)
    assert attempts["trace"].message == "a bool"
    assert attempts["script"].status == "works"


class Unscriptable(nn.Module):
    def forward(self, x, *rest):
        return x * math.isqrt(x.size(1))


def test_where_nothing_works_mixing_is_not_called_needless():
    made = subject(Unscriptable(), torch.randn(1, 4), others=[(torch.randn(1, 16),)])
    without = Request("test", convert=False)
    attempts = table(run_routes(made, Settled("differs"), without))
    assert attempts["script"].status == "refused"
    assert (attempts["mixed"].status, attempts["mixed"].message) == ("untried", "no module has control flow to keep")
    assert table(run_routes(made, Settled("works"), without))["mixed"].message == ""
    scriptable = subject(Small(), torch.randn(1, 4))
    assert table(run_routes(scriptable, Settled("refused"), without))["mixed"].message == ""


class Unrolled(nn.Module):
    """Its loop is scripted and does not convert: a list of no fixed length grows in it."""

    def forward(self, x):
        parts = []
        for row in x:
            parts.append(row + 1)
        return torch.stack(parts)


def test_where_the_scripted_loop_does_not_convert_the_trace_is_taken_for_its_own_sizes():
    made = subject(Unrolled(), torch.randn(2, 4), others=[(torch.randn(3, 4),), (torch.randn(2, 4),)])
    report = run_routes(made, Settled("differs", control_flow=("",), wrong_axes=((0, 0),)))
    attempts = table(report)
    assert (attempts["mixed"].status, attempts["mixed"].converts) == ("works", "refused")
    assert recommended(report) == ["trace"]
    assert attempts["export"] == Attempt()
    assert {e.route for e in report.of(OpUnsupported)} == {"mixed"}


def test_an_export_that_fixes_a_range_is_not_recommended():
    others = [(torch.randn(3, 4),), (torch.randn(2, 4),)]
    made = subject(Unrolled(), torch.randn(2, 4), others=others, ranges={(0, 0): (2, 3)})
    report = run_routes(made, Settled("differs", control_flow=("",), wrong_axes=((0, 0),)))
    assert recommended(report) == []
    export = table(report)["export"]
    assert (export.status, export.converts) == ("differs", "untried")
    assert export.message == "the exported program refuses other 0"


def test_an_export_that_serves_the_range_is():
    others = [(torch.randn(3, 4),), (torch.randn(6, 4),)]
    made = subject(Small(), torch.randn(2, 4), others=others, ranges={(0, 0): (2, 6)})
    report = run_routes(made, Settled("refused"), Request("test", routes=("export",)))
    attempt = table(report)["export"]
    assert (attempt.status, attempt.converts, attempt.verified) == ("works", "works", True)
    assert recommended(report) == ["export"]


class Silent(nn.Module):
    def forward(self, x):
        return ()


def test_a_model_that_returns_no_tensor_has_nothing_to_convert():
    report = run_routes(subject_of(Silent(), torch.randn(2)), Settled("works"))
    assert recommended(report) == []
    assert "convert" not in steps(report)
    (note,) = report.of(Note)
    assert note.text == "the model returns no tensor, so a converted program would have no outputs"


def test_a_refused_conversion_is_placed_at_the_files_own_call():
    import coremltools as ct

    place = Place("model.py", Span(7, 1, 7, 20))
    twice = {"inputs": [ct.TensorType(shape=(1, 4)), ct.TensorType(shape=(1, 4))]}
    made = subject(Small(), torch.randn(1, 4), conversion=RecordedConversion(twice, place))
    refused = run_routes(made, Settled("works")).of(ConversionRefused)
    assert [(r.route, r.place) for r in refused] == [("trace", place)]


def test_without_inputs_a_script_is_converted_with_the_types_of_the_files_own_call():
    import coremltools as ct

    own = RecordedConversion({"inputs": [ct.TensorType(shape=(1, 4))]}, None)
    made = Subject(0, Small().eval(), Inputs("example", ()), conversion=own)
    report = Report()
    routes.run_script_alone(made, Request("test"), Steps(0, report, ()), report)
    assert steps(report) == {"script": "ok", "convert": "ok"}
    assert (table(report)["script"].converts, recommended(report)) == ("works", ["script"])
    made.module = Unconvertible().eval()
    report = Report()
    routes.run_script_alone(made, Request("test"), Steps(0, report, ()), report)
    assert [e.op for e in report.of(OpUnsupported)] == ["aten::lgamma", "aten::igamma"]
    assert recommended(report) == []
