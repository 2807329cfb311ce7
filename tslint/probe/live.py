"""A live model, from its owner's process to the one that checks it. The owner's model, mode, generators and autograd stay.

Where forking is safe the check runs in a fork. **Its first call of torch must be ``set_num_threads(1)``**: only the thread
that called ``fork`` exists in there, and a parallel region of OpenMP would wait for the others for ever (tried with torch
2.13). Elsewhere the model is pickled to a fresh process. May be imported by ``api`` alone, which runs in the owner's
process: importing it changes nothing there, and nothing but ``work`` calls a model.
"""

from __future__ import annotations

import inspect
import linecache
import sys
import threading
import warnings
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import torch
from torch.nn.parameter import is_lazy

from tslint.probe.entry.given import Given, Unpicklable, given, pickle_to
from tslint.request import Request

__all__ = ["Given", "Unpicklable", "cell_texts", "classes_of", "forkable", "given", "pickle_to", "work"]


def forkable() -> bool:
    """Whether a fork of this process can run models: on Linux, with no accelerator in use, which would not survive it."""
    return sys.platform == "linux" and not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]  # torch leaves it so


def classes_of(module: torch.nn.Module) -> dict[str, dict[str, None]]:
    """File → the qualified names of its classes that MODULE and its submodules are of, bases too; outermost first.

    Classes without source (a prompt's) are left out; what is a library's file is for the caller to say.
    """
    found: dict[str, dict[str, None]] = {}
    for kind in dict.fromkeys(type(child) for child in module.modules()):
        for base in kind.__mro__:
            path = _file_of(base)
            if path is not None:
                found.setdefault(path, {})[base.__qualname__] = None
    return found


def _file_of(kind: type) -> str | None:
    """The file of a class; of a notebook's, what linecache knows the text of its cell as; None where there is neither."""
    path: str | None
    try:
        path = inspect.getsourcefile(kind)
    except TypeError:
        return None
    except OSError:  # `__main__` has no file: a notebook, a prompt
        path = next((function.__code__.co_filename for function in _functions(kind)), None)
    if path is None or path.startswith("<"):
        return None
    if Path(path).is_file():
        return str(Path(path).resolve())
    return path if linecache.getlines(path) else None


def _functions(kind: type) -> list[FunctionType]:
    return [value for value in vars(kind).values() if isinstance(value, FunctionType)]


def cell_texts(module: torch.nn.Module, path: str) -> dict[str, bytes]:
    """{PATH: the text of a cell of the notebook that is running}, and nothing for a real file.

    Behind it stand, out of sight, the imports of other cells that the classes of MODULE use in it.
    """
    if Path(path).is_file():
        return {}
    known: dict[str, str] = {}
    for kind in {base for child in module.modules() for base in type(child).__mro__ if _file_of(base) == path}:
        for function in _functions(kind):
            for name in _names(function.__code__):
                imported = _import_of(name, function.__globals__.get(name))
                if imported:
                    known[name] = imported
    text = "".join(linecache.getlines(path))
    return {path: (text + "\n" * 16 + "".join(f"{line}\n" for line in sorted(known.values()))).encode()}


def _names(code: CodeType) -> set[str]:
    inner = (_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inner)


def _import_of(name: str, value: object) -> str:
    """The statement that NAME would come from, where VALUE is a module, or a module's class or function; else nothing."""
    if isinstance(value, ModuleType):
        home, known = value.__name__, None
    elif isinstance(value, (type, FunctionType)):
        home, known = value.__module__, value.__name__
    else:
        return ""
    spelled = all(part.isidentifier() for part in (*home.split("."), known or name))  # a lambda has no name, say
    if home == "__main__" or not spelled:
        return ""
    return f"import {home} as {name}" if known is None else f"from {home} import {known} as {name}"


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
