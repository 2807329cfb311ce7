"""What makes a conversion right that by itself is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tslint.probe.compose.compose import Function


@dataclass(frozen=True)
class Remedy:
    """``composites`` take the place of ops that coremltools converts wrongly; ``without`` names its passes that are left out."""

    composites: tuple[Function, ...] = ()
    without: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.composites or self.without)

    def applied(self, ct: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        """ARGUMENTS of `ct.convert` with a pipeline that lacks the passes: the user's own one, or coremltools' usual one."""
        if not self.without:
            return arguments
        pipeline = arguments.get("pass_pipeline") or ct.PassPipeline.DEFAULT
        pipeline.remove_passes(set(self.without))
        return {**arguments, "pass_pipeline": pipeline}


NONE = Remedy()
