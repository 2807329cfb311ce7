"""Versions that do not work together, as evidence of a run."""

from __future__ import annotations

from tslint.evidence import EnvironmentWrong
from tslint.probe.installed import Pair, applies, pairs


def wrong_versions() -> list[EnvironmentWrong]:
    """What is known to be wrong with the installed versions."""
    return [evidence(pair) for pair in pairs() if applies(pair)]


def explains(message: str) -> Pair | None:
    """The row whose phrase is in MESSAGE."""
    return next((pair for pair in pairs() if pair.phrase and pair.phrase in message), None)


def evidence(pair: Pair, message: str = "") -> EnvironmentWrong:
    """PAIR as what stopped a conversion with MESSAGE."""
    return EnvironmentWrong(pair.problem, message, pair.remedy)
