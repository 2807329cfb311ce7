"""On a machine without a GPU, what asks for one gets the CPU, and that is noted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


def _absent(device: Any) -> bool:
    """Whether DEVICE names a GPU that this machine does not have."""
    kind = device.type if isinstance(device, torch.device) else device.split(":")[0] if isinstance(device, str) else ""
    if kind == "cuda":
        return not torch.cuda.is_available()
    if kind == "mps":
        return not torch.backends.mps.is_available()
    return False


class CpuInstead(TorchFunctionMode):
    """Rewrites devices in every torch call. ``asked`` holds the first words that asked for a GPU, or None."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: str | None = None

    def note(self, words: str) -> None:
        self.asked = self.asked or words

    def swap(self, value: Any, words: str) -> Any:
        if isinstance(value, (str, torch.device)) and _absent(value):
            self.note(words)
            return torch.device("cpu")
        return value

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name == "cuda" and not torch.cuda.is_available() and args and isinstance(args[0], torch.Tensor):
            self.note("`.cuda()`")
            return args[0]
        if name == "to":
            args = (*args[:1], *(self.swap(a, f'`.to("{a}")`') for a in args[1:]))
        if "device" in kwargs:
            kwargs = {**kwargs, "device": self.swap(kwargs["device"], f'`device="{kwargs["device"]}"`')}
        return func(*args, **kwargs)


ANSWERS: dict[str, Any] = {
    **dict.fromkeys(("set_device", "synchronize", "empty_cache", "reset_peak_memory_stats"), None),
    **dict.fromkeys(("current_device", "memory_allocated", "max_memory_allocated", "memory_reserved"), 0),
    "get_device_name": "no GPU",
    "get_device_capability": (0, 0),
}
"""What functions of `torch.cuda` that scripts call on their way answer where there is no GPU."""


def _answering(value: Any) -> Callable[..., Any]:
    """A function of its own each time: torch's Dynamo keeps a table of these by identity."""

    def answer(*_args: Any, **_kwargs: Any) -> Any:
        return value

    return answer


@contextlib.contextmanager
def cpu_instead() -> Iterator[CpuInstead]:
    """Within it no call for a GPU that is not there raises. Where there is one, nothing is changed."""
    mode = CpuInstead()
    if torch.cuda.is_available():
        yield mode
        return
    load, jit_load, module_to = torch.load, torch.jit.load, torch.nn.Module.to
    before = {name: getattr(torch.cuda, name) for name in ANSWERS}

    def to_cpu(real: Any) -> Any:
        def loading(*args: Any, **kwargs: Any) -> Any:
            location = kwargs.get("map_location", args[1] if len(args) > 1 else None)
            if location is not None and not _absent(location):
                return real(*args, **kwargs)
            if location is not None:
                mode.note("`map_location`")
            if len(args) > 1:
                return real(args[0], "cpu", *args[2:], **kwargs)
            return real(*args, **{**kwargs, "map_location": "cpu"})

        return loading

    def move(self: torch.nn.Module, *args: Any, **kwargs: Any) -> Any:
        args = tuple(mode.swap(a, f'`.to("{a}")`') for a in args)
        if "device" in kwargs:
            kwargs["device"] = mode.swap(kwargs["device"], f'`.to(device="{kwargs["device"]}")`')
        return module_to(self, *args, **kwargs)

    torch.load, torch.jit.load = to_cpu(load), to_cpu(jit_load)
    torch.nn.Module.to = move  # type: ignore[method-assign]
    for name, value in ANSWERS.items():
        setattr(torch.cuda, name, _answering(value))
    try:
        with mode:
            yield mode
    finally:
        torch.load, torch.jit.load, torch.nn.Module.to = load, jit_load, module_to  # type: ignore[method-assign]
        for name, function in before.items():
            setattr(torch.cuda, name, function)
