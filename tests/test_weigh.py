"""Severities follow the routes that are taken: asked for, the file's own, or recommended by the run."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tslint import engine
from tslint.diagnostic import Basis, Claim, Diagnostic, Severity
from tslint.evidence import Attempt, RouteEnded
from tslint.facts import Facts
from tslint.source import Source

MODEL = """
import torch


class Net(torch.nn.Module):
    def forward(self, x):
        return x


"""
FILES = {"plain": MODEL, "scripts": MODEL + "torch.jit.script(Net())\n"}


def facts(file: str) -> Facts:
    source = Source(Path("/m.py"), FILES[file].encode())
    return Facts(source, source.parse())


def diagnostic(claim: Claim, *routes: str, rule: str = "unsupported-op") -> Diagnostic:
    proofs = tuple({"kind": "OpUnsupported", "entry": 0, "route": route} for route in routes)
    return Diagnostic(
        rule,
        "coreml",
        claim,
        Severity.ERROR,
        Basis.OBSERVED,
        "message",
        "/m.py",
        None,
        symbol="Net.forward",
        evidence=proofs,
    )


@pytest.mark.parametrize(
    ("file", "recommended", "routes", "severity"),
    [
        ("plain", "trace", ("mixed",), Severity.INFO),
        ("plain", "export", ("trace",), Severity.ERROR),
        ("plain", "mixed", ("mixed", "script"), Severity.ERROR),
        ("plain", None, ("script",), Severity.ERROR),
        ("scripts", "trace", ("mixed",), Severity.ERROR),
        ("scripts", "mixed", ("trace",), Severity.INFO),
    ],
)
def test_what_stops_a_conversion_that_nobody_needs_is_info(
    file: str, recommended: str | None, routes: tuple[str, ...], severity: Severity
) -> None:
    ended = [RouteEnded(0, route, Attempt(), None, route == recommended) for route in ("trace", "script", "mixed")]
    ended += [RouteEnded(0, "export", Attempt(), None, recommended == "export")]
    [result] = engine.weigh_conversions([diagnostic(Claim.CONVERT_FAILS, *routes)], ended, facts(file))
    assert result.severity == severity


@pytest.mark.parametrize(
    ("file", "claim", "asked", "severity"),
    [
        ("plain", Claim.TRACE_DIFFERS, (), Severity.ERROR),
        ("plain", Claim.TRACE_DIFFERS, ("script",), Severity.INFO),
        ("plain", Claim.TRACE_DIFFERS, ("script", "mixed"), Severity.ERROR),
        ("scripts", Claim.TRACE_DIFFERS, (), Severity.INFO),
        ("scripts", Claim.TRACE_DIFFERS, ("trace",), Severity.ERROR),
        ("plain", Claim.SCRIPT_FAILS, (), Severity.INFO),
        ("scripts", Claim.SCRIPT_FAILS, (), Severity.ERROR),
        ("plain", Claim.SCRIPT_FAILS, ("all",), Severity.ERROR),
    ],
)
def test_a_hazard_of_a_route_that_nobody_takes_is_info(
    file: str, claim: Claim, asked: tuple[str, ...], severity: Severity
) -> None:
    assert engine.weigh([diagnostic(claim)], facts(file), asked)[0].severity == severity


def test_control_flow_forces_scripting_unless_tracing_alone_is_asked_for() -> None:
    branch = diagnostic(Claim.TRACE_DIFFERS, rule="data-dependent-branch")
    fails = diagnostic(Claim.SCRIPT_FAILS)
    assert engine.weigh([branch, fails], facts("plain"), ())[1].severity == Severity.ERROR
    assert engine.weigh([branch, fails], facts("plain"), ("trace",))[1].severity == Severity.INFO
    refuted = dataclasses.replace(branch, basis=Basis.REFUTED)
    assert engine.weigh([refuted, fails], facts("plain"), ())[1].severity == Severity.INFO
