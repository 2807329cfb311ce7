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


def _doing_nothing() -> Callable[..., None]:
    """A function of its own each time: torch's Dynamo keeps a table of these by identity."""

    def nothing(*_args: Any, **_kwargs: Any) -> None:
        return None

    return nothing


@contextlib.contextmanager
def cpu_instead() -> Iterator[CpuInstead]:
    """Within it no call for a GPU that is not there raises. Where there is one, nothing is changed."""
    mode = CpuInstead()
    if torch.cuda.is_available():
        yield mode
        return
    load, module_to = torch.load, torch.nn.Module.to
    cuda_names = ("set_device", "synchronize", "empty_cache")
    before = {name: getattr(torch.cuda, name) for name in cuda_names}

    def to_cpu(*args: Any, **kwargs: Any) -> Any:
        location = kwargs.get("map_location", args[1] if len(args) > 1 else None)
        if len(args) > 1:
            return load(args[0], "cpu" if location is None or _absent(location) else location, *args[2:], **kwargs)
        if location is None or _absent(location):
            if location is not None:
                mode.note("`map_location`")
            kwargs["map_location"] = "cpu"
        return load(*args, **kwargs)

    def move(self: torch.nn.Module, *args: Any, **kwargs: Any) -> Any:
        args = tuple(mode.swap(a, f'`.to("{a}")`') for a in args)
        if "device" in kwargs:
            kwargs["device"] = mode.swap(kwargs["device"], f'`.to(device="{kwargs["device"]}")`')
        return module_to(self, *args, **kwargs)

    torch.load = to_cpu
    torch.nn.Module.to = move  # type: ignore[method-assign]
    for name in cuda_names:
        setattr(torch.cuda, name, _doing_nothing())
    try:
        with mode:
            yield mode
    finally:
        torch.load, torch.nn.Module.to = load, module_to  # type: ignore[method-assign]
        for name, function in before.items():
            setattr(torch.cuda, name, function)
