"""Converts small modules without noise, and verifies them: what the tests of verification share."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

numpy = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")

from tslint.evidence import ConversionDiffered, Evidence  # noqa: E402
from tslint.probe.subject import Inputs, Subject  # noqa: E402
from tslint.probe.verify.verify import Verdict, verify  # noqa: E402


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing on the standard streams, no warnings, no log lines: coremltools prints bars, notices and advice."""
    previous = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with (
            contextlib.redirect_stderr(io.StringIO()),
            contextlib.redirect_stdout(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)


class Calls(torch.nn.Module):
    """A module that is one function of its inputs."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.function(*inputs)


def described(tensor: torch.Tensor) -> Any:
    import coremltools

    kinds = {torch.int64: numpy.int32, torch.int32: numpy.int32, torch.bool: bool}
    return coremltools.TensorType(shape=tuple(tensor.shape) or (1,), dtype=kinds.get(tensor.dtype, numpy.float32))


def convert(
    module: torch.nn.Module,
    example: Sequence[torch.Tensor],
    inputs: list[Any] | None = None,
    script: bool = False,
    half: bool = False,
    **options: Any,
) -> Any:
    with quiet(), torch.no_grad():
        import coremltools

        program = torch.jit.script(module) if script else torch.jit.trace(module, tuple(example), check_trace=False)
        return coremltools.convert(
            program,
            convert_to="mlprogram",
            inputs=inputs or [described(tensor) for tensor in example],
            compute_precision=coremltools.precision.FLOAT16 if half else coremltools.precision.FLOAT32,
            skip_model_load=True,
            **options,
        )


def verdict(
    module: torch.nn.Module,
    *example: torch.Tensor,
    others: Sequence[Sequence[torch.Tensor]] = (),
    emitted: list[Evidence] | None = None,
    **options: Any,
) -> Verdict:
    """Converts MODULE and verifies it on EXAMPLE and on OTHERS (named other 1, 2 …)."""
    module.eval()
    mlmodel = convert(module, example, **options)
    subject = Subject(
        0,
        module,
        Inputs("the example", tuple(example)),
        [Inputs(f"other {number}", tuple(tensors)) for number, tensors in enumerate(others, 1)],
    )
    evidence: list[Evidence] = []
    answer = verify(mlmodel, subject, module, evidence.append, "trace")
    assert all(isinstance(item, ConversionDiffered) for item in evidence)
    assert bool(evidence) == (answer.verified is False)
    if emitted is not None:
        emitted.extend(evidence)
    return answer


SCRIPT = """
import sys
import torch, warnings
import torch.nn.functional as F
import coremltools as ct

traced = torch.jit.load(sys.argv[1])
model = ct.convert(
    traced,
    inputs=[ct.TensorType(name="x", shape=tuple(map(int, sys.argv[3].split(","))))],
    compute_precision=ct.precision.FLOAT32,
)
from tslint.probe.subject import Inputs, Subject
from tslint.probe.verify.verify import verify

x = torch.load(sys.argv[2])
verdict = verify(model, Subject(0, traced, Inputs("example", (x,))), traced, lambda said: None, "trace")
assert verdict.verified, verdict
"""
"""Converts a saved trace, and holds the program against it: arguments are the trace, its input and that one's shape."""
