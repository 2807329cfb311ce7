"""How long a verdict takes, beside eager passes of the same model in the same process: the ResNet-101 segmentation network.

    python benchmarks/verification.py [--side 128] [--rounds 5] [--write]

The program is converted once; each round then runs eager and verifies the program on one input, one after the other. What is
told is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from pages import write

ZOO = Path(__file__).resolve().parent.parent / "tests" / "zoo"
PAGE = Path(__file__).with_name("CONVERSION.md")
TARGET = 10.0


class Out(torch.nn.Module):
    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> Any:
        return self.network(x)["out"]


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measured(side: int, rounds: int) -> list[tuple[float, float]]:
    """(seconds of an eager pass, of a verdict) a round."""
    import coremltools as ct

    sys.path.insert(0, str(ZOO))
    import torchvision_operators

    torchvision_operators.provide()
    from torchvision.models.segmentation import deeplabv3_resnet101

    from tslint.probe.subject import Inputs, Subject
    from tslint.probe.verify.verify import verify

    torch.manual_seed(0)
    module = Out(deeplabv3_resnet101(weights=None, weights_backbone=None)).eval()
    example = torch.rand(1, 3, side, side)
    subject = Subject(0, module, Inputs("the example", (example,)))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        traced: Any = torch.jit.trace(module, example, check_trace=False)
        model = ct.convert(traced, inputs=[ct.TensorType(shape=example.shape)], compute_precision=ct.precision.FLOAT32)

        def judge() -> None:
            verdict = verify(model, subject, module, lambda said: None, "trace")
            assert verdict.verified, verdict

        module(example)
        return [(seconds(lambda: module(example)), seconds(judge)) for _ in range(rounds)]


def table(found: list[tuple[float, float]], side: int) -> str:
    eager, verdict = (statistics.median(column) for column in zip(*found, strict=True))
    ratio = statistics.median(after / before for before, after in found)
    return "\n".join(
        [
            f"| DeepLabV3-ResNet-101, {side} x {side}, median of {len(found)} rounds | target | measured |",
            "|---|---|---|",
            f"| one eager pass in float32 | | {eager:.2f} s |",
            f"| a verdict on one input, its own eager pass included | | {verdict:.2f} s |",
            f"| verdict by eager pass | {TARGET:g} | {ratio:.1f} {'✓' if ratio <= TARGET else '✗'} |",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    options = parser.parse_args()
    made = table(measured(options.side, options.rounds), options.side)
    print(made)
    if options.write:
        write(PAGE, "verification", made, ("tslint", "torch", "coremltools", "torchvision"))


if __name__ == "__main__":
    main()
