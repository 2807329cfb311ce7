"""What a run can report: frozen data, JSON both ways. Imports ``diagnostic`` alone.

The child writes one :class:`Evidence` object a line. Each states what happened, never what it means for the user: the
checks make findings of it.
"""

from __future__ import annotations

from tslint.evidence.base import Evidence, decode, encode
from tslint.evidence.outcomes import (
    Attempt,
    ConversionDiffered,
    ConversionRefused,
    ExportRefused,
    HalfOverflowed,
    InputRefused,
    ModeWrong,
    OpsCounted,
    OpSite,
    OpUnsupported,
    OutputItem,
    OutputRefused,
    RouteEnded,
    ScriptDiffered,
    ScriptRefused,
    SecondCallDiffered,
    TraceRefused,
)
from tslint.evidence.plans import PlanMade, PlannedPart, ScriptRan
from tslint.evidence.steps import (
    CodeRan,
    EntryChosen,
    EnvironmentWrong,
    Finished,
    InputSpec,
    ModelFailed,
    NoEntry,
    Note,
    ProbeDied,
    StepBegan,
    StepEnded,
    Versions,
)
from tslint.evidence.values import (
    BranchTaken,
    ConstantBaked,
    Escape,
    Generalises,
    LoopUnrolled,
    NumberAnswered,
    TraceDiffered,
    Variations,
)

__all__ = [
    "Attempt",
    "BranchTaken",
    "CodeRan",
    "ConstantBaked",
    "ConversionDiffered",
    "ConversionRefused",
    "EntryChosen",
    "EnvironmentWrong",
    "Escape",
    "Evidence",
    "ExportRefused",
    "Finished",
    "Generalises",
    "HalfOverflowed",
    "InputRefused",
    "InputSpec",
    "LoopUnrolled",
    "ModeWrong",
    "ModelFailed",
    "NoEntry",
    "Note",
    "NumberAnswered",
    "OpSite",
    "OpUnsupported",
    "OpsCounted",
    "OutputItem",
    "OutputRefused",
    "PlanMade",
    "PlannedPart",
    "ProbeDied",
    "RouteEnded",
    "ScriptDiffered",
    "ScriptRan",
    "ScriptRefused",
    "SecondCallDiffered",
    "StepBegan",
    "StepEnded",
    "TraceDiffered",
    "TraceRefused",
    "Variations",
    "Versions",
    "decode",
    "encode",
]
