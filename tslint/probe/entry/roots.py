"""What can be built of a file's outermost classes without a word of the user: each alone, or around a model of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import torch

from tslint.probe.entry import specs
from tslint.probe.entry.infer import infer
from tslint.probe.subject import Inputs


@dataclass(frozen=True)
class Root:
    """A model of the class ``name``, built ``around`` one of another class where that is all it asks for."""

    name: str
    model: torch.nn.Module
    inputs: Inputs
    around: str = ""


@dataclass
class Roots:
    """``failures`` are why the others could not be built or run, ``error`` the first that one's own code raised.

    ``advice`` is how to name the first of those that need arguments, if there is one.
    """

    found: list[Root] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    error: BaseException | None = None
    advice: str = ""


def build(module: ModuleType, names: Sequence[str], others: Sequence[str]) -> Roots:
    """The classes NAMES of MODULE, whose OTHERS they may be built around."""
    roots = Roots()
    for name in names:
        kind, around = getattr(module, name), ""
        missing = specs.misfit(kind, (), {})
        if missing:
            model, around = _around(kind, module, others)
            if model is None:
                roots.failures.append(f"`{name}` needs arguments ({missing})")
                roots.advice = roots.advice or specs.advice(name, kind)
                continue
        else:
            try:
                model = specs.construct(kind, (), {})
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                roots.error = roots.error or error
                roots.failures.append(f"`{name}()` raised {type(error).__name__}")
                continue
        if not isinstance(model, torch.nn.Module):
            roots.failures.append(f"`{name}()` gives a {type(model).__name__}")
            continue
        guess = infer(model)
        if guess.inputs is None:
            roots.failures.append(f"no inputs that `{name}` accepts could be inferred ({guess.why})")
        else:
            roots.found.append(Root(name, model, guess.inputs, around))
    return roots


def _around(kind: Any, module: ModuleType, others: Sequence[str]) -> tuple[torch.nn.Module | None, str]:
    """A model of KIND built around one of OTHERS, and which that is."""
    for inner in others:
        model = _wrapped(kind, getattr(module, inner))
        if model is not None:
            return model, inner
    return None, ""


def _wrapped(outer: Any, inner: Any) -> torch.nn.Module | None:
    """``outer(inner())``, where that is a model whose inputs can be inferred."""
    try:
        model = specs.construct(outer, (specs.construct(inner, (), {}),), {})
        return model if isinstance(model, torch.nn.Module) and infer(model).inputs is not None else None
    except KeyboardInterrupt:
        raise
    except BaseException:  # it takes something else, or more
        return None
