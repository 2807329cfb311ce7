"""Examples of rule pages as live modules: imported, traced, and with single lines of theirs changed."""

from __future__ import annotations

import ast
import copy
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from rule_pages import Case
from torch import nn

RTOL, ATOL = 1e-3, 1e-4


class Example:
    """An example as a module. ``change`` rewrites its syntax tree before it is run; line numbers stay."""

    def __init__(self, case: Case, folder: Path, change: ast.NodeTransformer | None = None, **names: Any) -> None:
        self.path = case.written(folder)
        self.namespace = self._import(change, names)

    def _import(self, change: ast.NodeTransformer | None, names: dict[str, Any]) -> ModuleType:
        spec = importlib.util.spec_from_file_location(self.path.stem, self.path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.path.stem] = module
        vars(module).update(names)
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        if change is not None:
            tree = ast.fix_missing_locations(change.visit(tree))
        exec(compile(tree, str(self.path), "exec", dont_inherit=True), vars(module))
        return module

    def has(self, name: str) -> bool:
        return hasattr(self.namespace, name)

    def call(self, name: str) -> Any:
        torch.manual_seed(0)
        return getattr(self.namespace, name)()

    def model(self) -> nn.Module:
        """``build_model()``, else the last ``nn.Module`` of the file, in eval mode."""
        torch.manual_seed(0)
        if self.has("build_model"):
            return self.namespace.build_model().eval()
        classes = [
            value
            for value in vars(self.namespace).values()
            if isinstance(value, type)
            if issubclass(value, nn.Module) and value.__module__ == self.path.stem
        ]
        return classes[-1]().eval()

    def inputs(self) -> tuple[Any, ...]:
        return tuple(self.call("example_inputs"))

    def others(self) -> tuple[Any, ...]:
        return tuple(self.call("other_inputs"))


def trace(model: nn.Module, inputs: tuple[Any, ...]) -> torch.jit.ScriptModule:
    torch.manual_seed(0)
    return torch.jit.trace(model, inputs, check_trace=False)


def run(model: Callable[..., Any], inputs: tuple[Any, ...]) -> list[torch.Tensor]:
    """The tensors among what MODEL answers, in order; sizes count as tensors."""
    torch.manual_seed(0)
    with torch.no_grad():
        return tensors(model(*inputs))


def restarted(program: torch.jit.ScriptModule, example: Example) -> torch.jit.ScriptModule:
    """A trace whose buffers are as the constructor makes them: tracing ran the model, and the trace shares them with it."""
    program.load_state_dict(example.model().state_dict())
    return program


def second_call_differs(example: Example, forgotten: Iterable[str] = ()) -> bool:
    """Whether the trace answers the second call of a row otherwise than eager, which may carry something over.

    FORGOTTEN are attributes that eager finds in every call as they were in the first.
    """
    model = example.model()
    program = restarted(trace(example.model(), example.inputs()), example)
    owned = [(owner, name) for owner in model.modules() for name in forgotten if hasattr(owner, name)]
    before = [(owner, name, copy.copy(getattr(owner, name))) for owner, name in owned]
    for inputs in (example.inputs(), example.others()):
        for owner, name, value in before:
            setattr(owner, name, copy.copy(value))
        try:
            wanted = run(model, inputs)
        except RuntimeError:  # eager itself does not take these inputs one after the other
            return False
        if not alike(run(program, inputs), wanted):
            return True
    return False


def tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (int, float)):
        return [torch.tensor(value)]
    if isinstance(value, dict):
        value = list(value.values())
    return [item for member in value for item in tensors(member)] if isinstance(value, (list, tuple)) else []


def alike(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return len(one) == len(other) and all(
        a.shape == b.shape and torch.allclose(a.double(), b.double(), rtol=RTOL, atol=ATOL, equal_nan=True)
        for a, b in zip(one, other, strict=True)
    )


def graph_text(program: torch.jit.ScriptModule) -> str:
    """The inlined graph without shapes and source lines: equal where nodes and constants are."""
    graph = program.inlined_graph.copy()
    torch._C._jit_pass_erase_shape_information(graph)
    torch._C._jit_pass_dce(graph)
    text = str(torch._C._jit_pass_canonicalize(graph).str(False))
    return re.sub(r"__torch__[\w.]*", "Module", text)
