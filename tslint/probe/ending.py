"""What is made of the recommended route at the end: a saved model, or a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tslint.probe.convert.convert import Conversion
from tslint.probe.plan.made import made, none
from tslint.probe.plan.mixed import Plan
from tslint.probe.subject import Emit, Steps, Subject
from tslint.probe.table import Candidate, Table, step, unheard
from tslint.request import Request


def save(
    subject: Subject, request: Request, table: Table, candidates: list[Candidate], steps: Steps, emit: Emit
) -> None:
    """Saves the recommended program, verified once more as it is saved."""
    best = [candidate for candidate in candidates if candidate.route == table.recommended and candidate.right]
    if not best or not steps.wanted("save"):
        return
    from tslint.probe.convert import save as package
    from tslint.probe.verify.verify import verify

    def agrees(model: Any) -> bool | None:
        alone = replace(subject, others=[])
        return verify(model, alone, best[0].module, unheard, best[0].route).verified

    with step(steps, "save") as outcome:
        problem = package.save(subject, request, best[0], agrees, emit)
        if problem:
            outcome.status, outcome.message = "failed", problem


def tell(subject: Subject, table: Table, candidates: list[Candidate], mixed: Plan | None, emit: Emit) -> None:
    """The route that is recommended, as code; or why there is none."""
    best = [candidate for candidate in candidates if candidate.route == table.recommended and candidate.right]
    if best:
        conversion = best[0].conversion or Conversion("untried")
        plan = made(subject, best[0].route, best[0].program, best[0].module, mixed)
        emit(
            replace(
                plan, composites=conversion.composites, decomposed=conversion.decomposed, dropped=best[0].remedy.without
            )
        )
    else:
        emit(none(subject, table.lines, table.wrapped, mixed))
