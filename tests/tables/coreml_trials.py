"""Tries one way of calling an op of PyTorch on coremltools: it converts, is missing, or is refused.

A process of its own tries a list of names and writes one file a name, so that what hangs or dies costs that name alone:

    python tests/tables/coreml_trials.py FOLDER NAME…
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn as nn
from coreml_arguments import Sample, bound, callee, token
from coreml_subjects import samples, subjects, variations
from torch.utils import _pytree as pytree

SECONDS = 20
"""For one conversion."""
FEW = 2
"""Samples of each outcome that are enough for another name of the same op."""


@dataclass
class Trial:
    """``outcome`` is ok, missing, refused or untold (eager or the tracer refuses it); ``arguments``: (position, token)."""

    name: str
    outcome: str
    rank: int
    arguments: dict[str, tuple[int, str]]
    ops: list[str] = field(default_factory=list)
    message: str = ""


class Called(nn.Module):
    """Calls with tensors for inputs and everything else as a constant; the first ``live`` tensors are inputs."""

    def __init__(self, function: Any, sample: Sample, inplace: bool, live: int | None = None) -> None:
        super().__init__()
        self.function = function
        self.leaves, self.spec = pytree.tree_flatten((sample.args, sample.kwargs))
        places = [i for i, leaf in enumerate(self.leaves) if isinstance(leaf, torch.Tensor)][:live]
        self.places, self.inplace = places, inplace
        self.inputs = tuple(self.leaves[i].detach() for i in places)

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        leaves = list(self.leaves)
        for place, value in zip(self.places, inputs, strict=False):
            leaves[place] = value.clone() if self.inplace else value
        args, kwargs = pytree.tree_unflatten(leaves, self.spec)
        found = pytree.tree_leaves(self.function(*args, **kwargs))
        result = tuple(value for value in found if isinstance(value, torch.Tensor))
        return result if self.places else (*result, inputs[0] * 2)


@contextlib.contextmanager
def limited() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)


def traced(
    function: Any, sample: Sample, inplace: bool, live: int | None = None
) -> tuple[Any, tuple[torch.Tensor, ...]]:
    """The traced call and its inputs; raises what eager or the tracer raises."""
    module = Called(function, sample, inplace, live).eval()
    inputs = module.inputs or (torch.rand(2, 3),)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        out = module(*inputs)
        if not out or any(value.dtype.is_complex or value.layout is not torch.strided for value in out):
            raise TypeError("nothing that Core ML could return")
        return torch.jit.trace(module, inputs, check_trace=False), inputs


def converted(program: Any, inputs: tuple[torch.Tensor, ...]) -> tuple[str, list[str], str]:
    """(outcome, the ops that are missing or refused, coremltools' words), by what tslint's own probe makes of a conversion."""
    from tslint.probe.agree import first_line
    from tslint.probe.convert import coreml
    from tslint.probe.convert.placeholder import observe
    from tslint.probe.convert.recover import Recovery

    ct = coreml.load()
    recovery = Recovery(lambda graph, keep: observe(program, graph, list(inputs), keep), composer=None)
    error: Exception | None = None
    with coreml.calm(), recovery.watching():
        try:
            ct.convert(
                program,
                inputs=[ct.TensorType(shape=tuple(x.shape), dtype=coreml.dtype_of(x)) for x in inputs],
                convert_to="milinternal",
                minimum_deployment_target=ct.target.iOS15,
                pass_pipeline=ct.PassPipeline.EMPTY,
            )
        except TimeoutError:
            raise
        except Exception as raised:
            error = raised
    failures = [failure for failure in recovery.failures if not failure.consequence] or recovery.failures[:1]
    missing = [failure.op for failure in failures if failure.missing]
    if missing:
        return "missing", list(dict.fromkeys(missing)), ""
    if failures:
        return "refused", [failures[0].op], failures[0].message
    return ("refused", [], first_line(error)) if error is not None else ("ok", [], "")


def tried(name: str, sample: Sample, told: str) -> Trial:
    """One trial; the arguments are told by the parameters of the callable TOLD."""
    arguments = {n: (position, token(value)) for n, (position, value) in bound(told, sample).items()}
    tensors = [t for t in pytree.tree_leaves((sample.args, sample.kwargs)) if isinstance(t, torch.Tensor)]
    trial = Trial(name, "untold", tensors[0].dim() if tensors else 0, arguments)
    try:
        with limited():
            function = callee(name, sample)
            program, inputs = traced(function, sample, name.endswith("_"))
            trial.outcome, trial.ops, trial.message = converted(program, inputs)
            if trial.outcome == "refused" and len(tensors) > 1:
                program, inputs = traced(function, sample, name.endswith("_"), live=1)
                trial.outcome, trial.ops, trial.message = converted(program, inputs)
    except Exception as error:
        trial.message = f"{type(error).__name__}: {error}"[:200]
    return trial


def trials(name: str, others: list[str]) -> list[Trial]:
    """NAME on all its samples, one argument varied at a time; OTHERS on a few of each outcome."""
    known = samples(name)
    pairs = [(sample, tried(name, sample, name)) for sample in known]
    good = [sample for sample, trial in pairs if trial.outcome != "untold"]
    pairs += [(sample, tried(name, sample, name)) for sample in variations(name, good)]
    found = [trial for _, trial in pairs]
    for other in others:
        for kind in dict.fromkeys((trial.outcome, *trial.ops) for _, trial in pairs if trial.outcome != "untold"):
            enough = [sample for sample, trial in pairs if (trial.outcome, *trial.ops) == kind][:FEW]
            found += [tried(other, sample, name) for sample in enough]
        if all(trial.outcome == "untold" for trial in found if trial.name == other):
            found = [trial for trial in found if trial.name != other]
            found += [tried(other, sample, other) for sample in samples(other)]
    return found


def main(folder: Path, names: list[str]) -> None:
    all_others = subjects()
    for name in names:
        path = folder / f"{name}.json"
        (folder / f"current-{os.getpid()}").write_text(name)
        found = [asdict(trial) for trial in trials(name, all_others[name])]
        path.write_text(json.dumps(found))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), sys.argv[2:])
