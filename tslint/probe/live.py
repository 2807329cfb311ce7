"""A live model, from its owner's process to the one that checks it. The owner's model, mode, generators and autograd stay.

Where forking is safe the check runs in a fork. **Its first call of torch must be ``set_num_threads(1)``**: only the thread
that called ``fork`` exists in there, and a parallel region of OpenMP would wait for the others for ever (tried with torch
2.13). Elsewhere the model is pickled to a fresh process. May be imported by ``api`` alone, which runs in the owner's
process: importing it changes nothing there, and nothing but ``work`` calls a model.
"""

from __future__ import annotations

import inspect
import sys
import threading
import warnings
from pathlib import Path

import torch
from torch.nn.parameter import is_lazy

from tslint.probe.entry.given import Given, Unpicklable, given, pickle_to
from tslint.request import Request

__all__ = ["Given", "Unpicklable", "classes_of", "forkable", "given", "pickle_to", "work"]


def forkable() -> bool:
    """Whether a fork of this process can run models: on Linux, with no accelerator in use, which would not survive it."""
    return sys.platform == "linux" and not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]  # torch leaves it so


def classes_of(module: torch.nn.Module) -> dict[str, dict[str, None]]:
    """File → the qualified names of its classes that MODULE and its submodules are of, bases too; outermost first.

    Classes that have no file (a prompt's) are left out; what is a library's file is for the caller to say.
    """
    found: dict[str, dict[str, None]] = {}
    for kind in dict.fromkeys(type(child) for child in module.modules()):
        for base in kind.__mro__:
            try:
                path = inspect.getsourcefile(base)
            except (TypeError, OSError):
                continue
            if path is not None and Path(path).is_file():
                found.setdefault(str(Path(path).resolve()), {})[base.__qualname__] = None
    return found


def work(request: Request, found: Given, evidence_file: Path) -> None:
    """The whole run, in the fork."""
    torch.set_num_threads(1)
    # What the owner watches itself with is not for here: a tracer, a profiler, warnings that are errors, a mode of autograd.
    sys.settrace(None)
    sys.setprofile(None)
    threading.settrace(None)
    threading.setprofile(None)
    warnings.resetwarnings()
    from tslint.probe.__main__ import report

    with torch.inference_mode(False), torch.enable_grad():
        _own(found.module)
        report(request, evidence_file, found)


def _own(module: torch.nn.Module) -> None:
    """Copies the weights that stand in memory shared between processes: what is written there, the owner sees."""
    for tensor in [*module.parameters(), *module.buffers()]:
        if is_lazy(tensor):  # a lazy layer's, which its first call makes
            continue
        if tensor.is_shared():  # type: ignore[no-untyped-call]  # torch leaves it so
            tensor.data = tensor.data.clone()
