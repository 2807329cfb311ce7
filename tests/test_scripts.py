"""Whole scripts of one file, as people write them: what the report says of the route that the script itself takes."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tslint.api import check_paths
from tslint.diagnostic import Severity
from tslint.report.content import Report
from tslint.settings import Settings

pytestmark = [pytest.mark.torch, pytest.mark.coreml]

HEAD = dedent(
    """\
    import math
    import coremltools as ct
    import torch
    from torch import nn


    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(8, 4)

        def forward(self, x):
            {forward}


    """
)


def check(folder: Path, script: str, forward: str = "return self.linear(x)", **settings: object) -> Report:
    path = folder / "script.py"
    path.write_text(HEAD.format(forward=forward) + dedent(script))
    return check_paths([str(path)], Settings(**settings))  # type: ignore[arg-type]


def loud(report: Report) -> list[tuple[str, int]]:
    return [(d.rule, d.span.line if d.span else 0) for d in report.diagnostics if d.severity is not Severity.INFO]


EXPORTED = """\
def main():
    rows = torch.export.Dim("rows", min=2, max=64)
    program = torch.export.export(Net().eval(), (torch.rand(4, 8),), dynamic_shapes={"x": {0: rows}})
    ct.convert(program.run_decompositions({})).save("net.mlpackage")


if __name__ == "__main__":
    main()
"""


def test_a_file_that_exports_takes_that_route(tmp_path: Path) -> None:
    report = check(tmp_path, EXPORTED, 'return {"y": self.linear(x)}')
    assert (loud(report), report.errors) == ([], ())
    assert "dict-output" in {d.rule for d in report.diagnostics}
    (run,) = report.runs
    assert run.recommended == "export"
    assert {route.name: (route.status, route.converts) for route in run.routes}["export"] == ("works", "works")


FAILING = {
    "return self.linear(x) if x.sum() > 0 else x.sum(1)": 13,
    "return self.linear(x) / math.sqrt(x.size(0))": 18,  # what is meant to be dynamic becomes a constant
}


@pytest.mark.parametrize("forward", FAILING)
def test_an_export_that_fails_is_an_error_where_the_file_exports(tmp_path: Path, forward: str) -> None:
    report = check(tmp_path, EXPORTED, forward, no_convert=True)
    assert loud(report) == [("export-failed", FAILING[forward])]
    assert {route.name: route.status for route in report.runs[0].routes}["export"] == "refused"


def test_a_function_is_traced_and_never_scripted(tmp_path: Path) -> None:
    script = """\
    net = Net().requires_grad_(False).eval()
    drop = nn.Dropout(0.1)


    def scores(image, scale):
        return torch.softmax(drop(net(image)), dim=-1) * scale


    torch.jit.trace(scores, (torch.rand(2, 8), torch.rand(1)))
    """
    report = check(tmp_path, script)
    (missing,) = [d for d in report.diagnostics if d.severity is not Severity.INFO]
    assert (missing.rule, missing.message) == ("missing-eval", "`drop` is traced in training mode")
    (run,) = report.runs
    assert (run.module, [spec.name for spec in run.example]) == ("scores", ["image", "scale"])
    assert [step.name for step in run.steps if step.name == "script"] == []
    assert report.notes == ("`ct.convert` takes no traced function: a module around `scores` is converted",)
