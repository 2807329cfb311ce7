"""A corpus of real modules, and what PyTorch alone, without tslint, does with one of them.

The corpus is a checkout of the public repository jansel/pytorch-jit-paritybench: each of its files holds one project's
modules, and at its end a list of cases: a class, its arguments, and inputs that make it run.
"""

from __future__ import annotations

import contextlib
import copy
import importlib.abc
import importlib.machinery
import random
import re
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import torch

HELPERS = (
    "torch._dynamo",
    "torch._inductor",
    "torch._dynamo.testing",
    "torch.testing._internal.jit_utils",
    "paritybench.utils",
)
"""What the corpus's helpers import for tests of their own: costly, and not used here."""
RTOL, ATOL = 1e-3, 1e-4

Row = dict[str, Any]
"""A row of the truth, or what came out for one."""


Make = Callable[[], torch.nn.Module]


# -- a case's module and inputs ---------------------------------------------------------------------------------------


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what a file of the corpus imports and nobody has installed, as a mock.

    Every file imports a dozen packages for its project's sake, and hardly a module uses them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> importlib.machinery.ModuleSpec | None:
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
            frame = frame.f_back
        if frame is None or not frame.f_code.co_filename.startswith(self.folder):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Any:
        return MagicMock(name=spec.name, __name__=spec.name, __path__=[], __version__="1.0.0")

    def exec_module(self, module: types.ModuleType) -> None:
        pass


@contextlib.contextmanager
def mocked(names: Sequence[str]) -> Iterator[None]:
    """Within it the modules NAMES are mocks; afterwards they are what they were."""
    before = {name: sys.modules.get(name) for name in names}
    sys.modules.update({name: MagicMock() for name in names})
    sys.modules["torch.testing._internal.jit_utils"].JitTestCase = object  # type: ignore[attr-defined]
    own = {name: vars(torch).get(name) for name in ("_dynamo", "_inductor")}
    vars(torch).update({name: MagicMock() for name in own})
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module
        for name, module in own.items():
            vars(torch).pop(name)
            if module is not None:
                vars(torch)[name] = module


def import_torchvision() -> None:
    """Imports torchvision, without its operators where it was built for another torch and cannot load them.

    Its models are Python; two schemas are all that importing them asks for.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        for op in ("nms", "qnms"):
            torch.library.define(f"torchvision::{op}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        importlib.import_module("torchvision")


def prepare(checkout: Path) -> None:
    """Makes the corpus's files importable, in this process and every fork of it."""
    torch.set_num_threads(1)
    sys.path.insert(0, str(checkout / "generated"))
    sys.meta_path.append(StandIns(checkout / "generated"))
    with mocked(HELPERS):
        importlib.import_module("_paritybench_helpers")
    import_torchvision()


def built(checkout: Path, row: Row) -> tuple[torch.nn.Module, tuple[Any, ...], dict[str, Any]]:
    """The module of a case in eval mode, and what it is called with."""
    file = importlib.import_module(row["file"].removesuffix(".py"))
    cls, make, inputs, _ = file.TESTCASES[row["case"]]
    assert cls.__name__ == row["cls"], f"case {row['case']} of {row['file']} is {cls.__name__}, not {row['cls']}"
    torch.manual_seed(0)
    random.seed(0)
    args, kwargs = make()
    model = cls(*args, **kwargs).eval()
    args, kwargs = inputs()
    return model, tuple(args), dict(kwargs)


# -- a difference without tslint --------------------------------------------------------------------------------------


def leaves(value: Any) -> list[Any]:
    return list(torch.utils._pytree.tree_leaves(value))


def alike(one: Any, two: Any) -> bool:
    """Whether two outputs are the same within the tolerance; a trace answers with a tensor for a number."""
    left, right = leaves(one), leaves(two)
    if len(left) != len(right):
        return False
    for a, b in zip(left, right, strict=True):
        if isinstance(a, (int, float)) and isinstance(b, torch.Tensor) and b.numel() == 1:
            a = torch.tensor(a)
        if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
            if a.numel() == b.numel() == 1:
                a, b = a.reshape(()), b.reshape(())
            if a.shape != b.shape or not torch.allclose(
                a.detach().double(), b.detach().double(), rtol=RTOL, atol=ATOL, equal_nan=True
            ):
                return False
    return True


def answer(model: torch.nn.Module, args: Sequence[Any]) -> Any:
    """One call of MODEL with every generator in the same state."""
    torch.manual_seed(0)
    random.seed(0)
    return model(*copy.deepcopy(args))


def resembling(tensor: torch.Tensor, shape: Sequence[int], name: str, seed: int) -> torch.Tensor:
    """A tensor of SHAPE with values like those of TENSOR, or changed as NAME says where the shape stays."""
    generator = torch.Generator().manual_seed(seed)
    if list(shape) == list(tensor.shape):
        changed = {
            "negated values": -tensor if tensor.dtype != torch.bool else ~tensor,
            "values times 100": tensor * 100,
        }
        if name in changed and seed == 0:
            return changed[name]
    if name == "zeros":
        return torch.zeros(shape, dtype=tensor.dtype)
    if tensor.dtype.is_floating_point:
        return torch.rand(shape, generator=generator).to(tensor.dtype) * (4 if name == "values times 100" else 1)
    low, high = int(tensor.min()), int(tensor.max())
    return torch.randint(low, high + 1, shape, generator=generator).to(tensor.dtype)


def like_the_truth(args: Sequence[Any], seed: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """(name, inputs) of the variations that the truth tried: its values, each dimension doubled, and from the third on."""
    tensors, spec = torch.utils._pytree.tree_flatten(tuple(args))
    rank = max((t.dim() for t in tensors if isinstance(t, torch.Tensor)), default=0)
    changes: dict[str, Any] = {"value": lambda d, n: n}
    changes |= {f"dim{k}": lambda d, n, k=k: 2 * n if d == k else n for k in range(min(rank, 4))}
    changes |= {"spatial": lambda d, n: 2 * n if d > 1 else n} if rank > 3 else {}
    changes |= {"ragged": lambda d, n: n + 3 if d > 1 else n} if rank > 2 else {}
    for name, change in changes.items():
        made = [
            resembling(t, [change(d, n) for d, n in enumerate(t.shape)], name, seed)
            if isinstance(t, torch.Tensor)
            else t
            for t in tensors
        ]
        yield name, torch.utils._pytree.tree_unflatten(made, spec)


def of_shapes(
    args: Sequence[Any], tried: Iterable[tuple[str, str]], seed: int
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """(name, inputs) of what tslint TRIED, made from its name and its shapes as text."""
    tensors, spec = torch.utils._pytree.tree_flatten(tuple(args))
    for name, shapes in tried:
        sizes = iter([[int(n) for n in found.split(",") if n] for found in re.findall(r"\[([\d,]*)\]", shapes)])
        made = [resembling(t, next(sizes), name, seed) if isinstance(t, torch.Tensor) else t for t in tensors]
        yield name, tuple(args) if name == "example" else torch.utils._pytree.tree_unflatten(made, spec)


def first_wrong(make: Make, args: Sequence[Any], inputs: Iterable[tuple[str, tuple[Any, ...]]]) -> str:
    """The first of INPUTS that eager accepts and answers alike twice, and that a plain trace is wrong on; else nothing.

    MAKE builds the module anew for each call: none leaves state for the next.
    """
    torch.manual_seed(0)
    traced = torch.jit.trace(make(), copy.deepcopy(tuple(args)), check_trace=False)
    for name, given in inputs:
        try:
            expected = answer(make(), given)
            if not alike(expected, answer(make(), given)):
                continue
        except Exception:
            continue
        try:
            with torch.no_grad():
                right = alike(expected, answer(traced, given))
        except Exception:
            right = False
        if not right:
            return name
    return ""


def raises(work: Any, *args: Any, **options: Any) -> bool:
    try:
        work(*args, **options)
    except Exception:
        return True
    return False


def plainly(checkout: Path, row: Row, family: str, found: Row) -> str | bool:
    """What PyTorch alone says of FAMILY: whether it fails, or the name of an input on which the trace is wrong."""
    warnings.simplefilter("ignore")
    model, args, kwargs = built(checkout, row)
    if family == "script-fails":
        return raises(torch.jit.script, model)
    if family == "trace-fails":
        given = {"example_kwarg_inputs": kwargs} if kwargs and not args else {"example_inputs": args}
        return raises(torch.jit.trace, model, **given, check_trace=False)
    if kwargs:
        return ""
    tried = [(name, shapes) for name, (shapes, error) in found.get("inputs", {}).items() if error is None]
    tried = [pair for pair in tried if pair[0] in found.get("tried", ())]
    for seed in range(4):
        inputs = like_the_truth(args, seed) if row[family] else of_shapes(args, tried, seed)
        name = first_wrong(lambda: built(checkout, row)[0], args, inputs)
        if name:
            return name
    return ""
