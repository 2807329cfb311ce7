"""Which of coremltools' passes changes what is computed, where every op of the program is translated rightly.

coremltools optimises what its frontend has made in some sixty passes. The program is converted with fewer and fewer of them, by
bisection; the one that makes it wrong is to blame, if the program is right without that one alone. Where it does not convert
without any of them, each is left out in turn.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from tslint.probe.convert import coreml
from tslint.probe.convert.convert import convert
from tslint.probe.convert.remedy import Remedy
from tslint.probe.subject import Inputs, Subject
from tslint.probe.table import unheard
from tslint.probe.verify.verify import verify
from tslint.request import Request

PATIENCE = 60.0
"""Seconds for leaving out one after the other."""


def culprit(subject: Subject, request: Request, program: Any, remedy: Remedy, inputs: Inputs) -> str:
    """The name of the pass, such as ``common::fuse_conv_scale``; empty where it is not one alone.

    PROGRAM, converted with REMEDY, is wrong on INPUTS. Raises what coremltools raises.
    """
    ct = coreml.load()
    arguments = coreml.arguments(ct, subject, request, program, float32=True)
    pipeline = arguments.get("pass_pipeline") or ct.PassPipeline.DEFAULT
    names = list(dict.fromkeys(name for name in pipeline.passes if name not in remedy.without))
    alone = replace(subject, example=inputs, others=[])

    def right(without: list[str]) -> bool:
        less = replace(remedy, without=(*remedy.without, *without))
        conversion = convert(subject, request, program, "trace", unheard, less)
        if conversion.status != "works":
            return False
        return verify(conversion.model, alone, program, unheard, "trace").verified is True

    low, high = 0, len(names)  # right with the first LOW of them, wrong with the first HIGH
    if not right(names):  # another one is needed to convert it at all
        end = time.monotonic() + PATIENCE
        return next((name for name in names if time.monotonic() < end and right([name])), "")
    while high - low > 1:
        middle = (low + high) // 2
        if right(names[middle:]):
            low = middle
        else:
            high = middle
    return names[low] if right([names[low]]) else ""
