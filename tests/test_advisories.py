"""What is known to convert to something else, found in the source; tests/probe/test_lowering.py converts each example."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tslint import catalogue, static
from tslint.checks.unsupported_op import finding
from tslint.composites import NOTHING
from tslint.evidence import OpSite, OpUnsupported
from tslint.facts.coreml import advisories
from tslint.source import Source

KNOWN = advisories.advisories()
PAGE = Path(__file__).parent.parent / "rules" / "coreml" / "known-miscompilation.md"


def found(expression: str, tmp_path: Path) -> list[str]:
    """The calls that are reported in a module that answers with EXPRESSION of a tensor of three dimensions."""
    path = tmp_path / "model.py"
    path.write_text(
        textwrap.dedent(
            f"""
            import torch
            from torch import nn


            class Net(nn.Module):
                def forward(self, x):
                    x = x.reshape(2, 3, 4)
                    return {expression}
            """
        ),
        encoding="utf-8",
    )
    facts = static.facts_of(Source.read(path, 10**6), str(tmp_path))
    return [facts.text(use.node) for use in facts.miscompiled]


def cases(right: bool) -> Iterator[object]:
    for advisory in KNOWN:
        for expression in advisory.right if right else advisory.examples:
            yield pytest.param(advisory, expression, id=f"{advisory.name}: {expression}")


@pytest.mark.parametrize(("advisory", "expression"), cases(right=False))
def test_the_call_is_found_in_the_source_where_it_always_goes_wrong(
    advisory: advisories.Advisory, expression: str, tmp_path: Path
) -> None:
    assert bool(found(expression, tmp_path)) is bool(advisory.rows)


@pytest.mark.parametrize(("advisory", "expression"), cases(right=True))
def test_what_converts_rightly_is_not_reported(advisory: advisories.Advisory, expression: str, tmp_path: Path) -> None:
    assert found(expression, tmp_path) == []


def test_a_converter_of_ones_own_is_known(tmp_path: Path) -> None:
    """A row for two ops is about the one that is called: who registers `var` has cured `x.var()` alone."""
    path = tmp_path / "model.py"
    path.write_text(
        textwrap.dedent(
            """
            import torch
            from coremltools.converters.mil.frontend.torch import register_torch_op
            from torch import nn


            @register_torch_op(torch_alias=["var"], override=True)
            def convert_var(context, node):
                ...


            class Net(nn.Module):
                def forward(self, x):
                    return x.std() + x.var()
            """
        ),
        encoding="utf-8",
    )
    facts = static.facts_of(Source.read(path, 10**6), str(tmp_path))
    assert [facts.text(use.node) for use in facts.miscompiled] == ["x.std()"]


def test_the_page_lists_every_row() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert catalogue.rules()["known-miscompilation"].group == "coreml"
    for advisory in KNOWN:
        ops = ", ".join(f"`{op}`" for op in advisory.ops)
        assert f"| {ops} | {advisory.coremltools} | {advisory.what} | {advisory.instead} |" in page
        assert advisory.thread is None or advisory.thread in page, advisory.thread
        assert advisory.examples and advisory.right


@pytest.mark.parametrize(
    ("op", "message", "number"),
    [
        ("aten::normal_", "not implemented", "1528"),
        ("aten::view", "Core ML only supports tensors with rank <= 5. Layer has rank 6", "2291"),
        ("aten::add", "expects one of ['fp16'] but got tensor[2,complex64]", "2048"),
        ("aten::lgamma", "not implemented", ""),
    ],
)
def test_a_thread_upstream_is_named_where_there_is_one(op: str, message: str, number: str) -> None:
    evidence = OpUnsupported(0, "trace", op, True, message, 1, (OpSite(None),))
    found = finding(evidence, {"op": op, "count": ""})
    assert found.help is not None and found.help.startswith(NOTHING)
    assert (f"apple/coremltools/issues/{number}" in found.help) is bool(number)
    assert ("see https" in found.help) is bool(number)
