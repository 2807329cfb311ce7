"""Dropout that does not look at the model's mode: it stays live after ``eval()``."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._places import callee, own_name
from tslint.diagnostic import Finding, Fix, Severity
from tslint.facts.facts import Facts
from tslint.facts.kinds import MISSING, Constant
from tslint.facts.tree import words
from tslint.frozen import frozen


@frozen
class Dropout:
    """Where a function takes its probability and its mode, and their defaults; ``switch`` is None where it has no mode."""

    index: int
    probability: str
    default: float
    switch: tuple[int, str] | None = None
    live: bool = False


BY_DEFAULT = Dropout(1, "p", 0.5, (2, "training"), True)
ON_DEMAND = Dropout(1, "p", 0.5, (2, "training"))
FUNCTIONS = {
    **dict.fromkeys((f"torch.nn.functional.{n}" for n in words("dropout dropout1d dropout2d dropout3d")), BY_DEFAULT),
    **dict.fromkeys((f"torch.nn.functional.{n}" for n in words("alpha_dropout feature_alpha_dropout")), ON_DEMAND),
    **dict.fromkeys(
        (f"torch.{n}" for n in words("dropout feature_dropout alpha_dropout feature_alpha_dropout")),
        Dropout(1, "p", 0.5, (2, "train")),
    ),
    "torch.nn.functional.scaled_dot_product_attention": Dropout(4, "dropout_p", 0.0),
}
"""The defaults are those of torch 2.13, held by ``tests/rules/test_dropout_defaults.py``."""
LAYERS = words("""
    torch.nn.Dropout torch.nn.Dropout1d torch.nn.Dropout2d torch.nn.Dropout3d torch.nn.AlphaDropout
    torch.nn.FeatureAlphaDropout
""")


@on(cst.Call, traced=True)
def check(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    name = callee(call, facts)
    function = FUNCTIONS.get(name or "")
    if function is None and name not in LAYERS:
        return
    if any(arg.star for arg in call.args) or not facts.reaches_output(call):
        return
    if function is None:
        if not _is_asked_to_eval(call, facts):
            yield from _live(call, 0, "p", 0.5, None, facts)
    elif function.switch is None or _is_live(call, function.switch, function.live, facts):
        fix = _fix(call, function, facts)
        yield from _live(call, function.index, function.probability, function.default, fix, facts)


def _live(call: cst.Call, index: int, name: str, default: float, fix: Fix | None, facts: Facts) -> Iterator[Finding]:
    """The finding, unless nothing is ever dropped; a warning where the source does not tell how much is."""
    given = facts.argument(call, index, name)
    kind = Constant("float", default) if given is None else facts.kind(given)
    known = kind.value if isinstance(kind, Constant) else MISSING
    if known is not MISSING and not known:
        return
    yield Finding(
        call,
        {"call": facts.text(call.func)},
        severity=Severity.WARNING if known is MISSING else Severity.ERROR,
        fix=fix,
        help=_help(call, name, facts),
    )


def _is_live(call: cst.Call, switch: tuple[int, str], default: bool, facts: Facts) -> bool:
    """Whether the argument for the mode says training whatever the model's mode is."""
    given = facts.argument(call, *switch)
    if given is None:
        return default
    kind = facts.kind(given)
    return isinstance(kind, Constant) and kind.value is True


def _is_asked_to_eval(call: cst.Call, facts: Facts) -> bool:
    parent = facts.parent(call)
    return isinstance(parent, cst.Attribute) and parent.attr.value in ("eval", "train")


def _help(call: cst.Call, probability: str, facts: Facts) -> str:
    module = own_name(call, facts) or "self"
    name = callee(call, facts) or ""
    if name in LAYERS:
        return "make the layer in `__init__`: a layer made here is in training mode every time"
    if name.endswith("scaled_dot_product_attention"):
        return f"pass `{probability}=… if {module}.training else 0.0`"
    return f"pass `training={module}.training`"


def _fix(call: cst.Call, function: Dropout, facts: Facts) -> Fix | None:
    """The model's own mode in the place of the one that is written there, or left out."""
    module = own_name(call, facts)
    if module is None or not call.args:
        return None
    if function.switch is None:
        given = facts.argument(call, function.index, function.probability)
        if given is None:
            return None
        text = f"{rewrite.atom(given, facts)} if {module}.training else 0.0"
        return rewrite.unsafe(f"Write `{text}`", rewrite.replace(given, text, facts))
    given = facts.argument(call, *function.switch)
    if given is not None:
        return rewrite.unsafe(f"Pass `{module}.training`", rewrite.replace(given, f"{module}.training", facts))
    text = f"{function.switch[1]}={module}.training"
    return rewrite.unsafe(f"Pass `{text}`", rewrite.after(call.args[-1], f", {text}", facts))
