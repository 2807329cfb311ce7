"""Metadata for Xcode's preview that Xcode does not read, or coremltools does not take."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import _annotations, on
from tslint.diagnostic import Finding, Fix, Severity
from tslint.facts.facts import Facts
from tslint.facts.kinds import Constant, Dict, Kind, List, NoneKind, Str, Tuple, options

PREFIX = "com.apple.coreml.model.preview."
PARAMETERS = {
    "imageSegmenter": ("labels",),
    "poseEstimation": ("width_multiplier", "output_stride"),
    "bertQA": (),
    "imageClassifier": (),
    "depthEstimation": (),
}
"""Preview types of Apple's table (see the page) and the parameters that each needs; Apple's own example leaves colors out."""
MEANT = re.compile(r"preview[._-]?(type|param)", re.IGNORECASE)


@on(cst.Attribute, named=("user_defined_metadata",))
def check(attribute: cst.Attribute, facts: Facts) -> Iterator[Finding]:
    target = facts.parent(attribute)
    assign = next((around for around in facts.tree.ancestors(attribute) if isinstance(around, cst.Assign)), None)
    if assign is None or target is not assign.targets[0].target or not isinstance(target, cst.Subscript):
        return
    key = _key(target, facts)
    if key is None:
        return
    value = options(facts.calling_kind(assign.value))
    if all(isinstance(kind, (Dict, List, Tuple, NoneKind, Constant)) for kind in value) and not _is_number_text(value):
        text = f"the value of `{key}` is no string"
        yield Finding(
            assign.value,
            {"problem": text},
            fix=_as_json(assign.value, value, facts),
            help="write it as JSON: `json.dumps(…)`",
        )
    elif MEANT.search(key) and key not in (f"{PREFIX}type", f"{PREFIX}params"):
        help = f"the keys are `{PREFIX}type` and `{PREFIX}params`"
        yield Finding(
            target, {"problem": f"`{key}` is no key of Xcode's preview"}, fix=_renamed(target, key, facts), help=help
        )
    elif key == f"{PREFIX}type":
        for kind in value:
            if isinstance(kind, Str) and kind.value is not None and kind.value not in PARAMETERS:
                help = f"the types are {', '.join(f'`{name}`' for name in PARAMETERS)}"
                problem = f"`{kind.value}` is none of the previews that Apple documents"
                yield Finding(assign.value, {"problem": problem}, severity=Severity.WARNING, help=help)
    elif key == f"{PREFIX}params":
        yield from _parameters(assign.value, _preview_type(target, facts), facts)


def _as_json(node: cst.BaseExpression, kinds: tuple[Kind, ...], facts: Facts) -> Fix | None:
    """``json.dumps(…)`` of a dict or list, with the import."""
    if not all(isinstance(kind, (Dict, List)) for kind in kinds):
        return None
    module, imported = _annotations.module_name("json", facts)
    edits = rewrite.before(node, f"{module}.dumps(", facts), rewrite.after(node, ")", facts)
    return rewrite.safe("Write it as JSON", *edits, *imported) if not node.lpar else None


def _renamed(target: cst.Subscript, key: str, facts: Facts) -> Fix | None:
    """The key that Xcode reads, in a literal."""
    index = target.slice[0].slice
    literal = index.value if isinstance(index, cst.Index) else None
    if not isinstance(literal, cst.SimpleString) or literal.raw_value != key:
        return None
    name = PREFIX + ("type" if "type" in key.lower() else "params")
    text = f"{literal.prefix}{literal.quote}{name}{literal.quote}"
    return rewrite.safe(f"Write `{name}`", rewrite.replace(literal, text, facts))


def _key(target: cst.BaseExpression, facts: Facts) -> str | None:
    """The key in ``model.user_defined_metadata[key]``."""
    if not isinstance(target, cst.Subscript) or not isinstance(target.value, cst.Attribute) or len(target.slice) != 1:
        return None
    index = target.slice[0].slice
    if target.value.attr.value != "user_defined_metadata" or not isinstance(index, cst.Index):
        return None
    kind = facts.calling_kind(index.value)
    return kind.value if isinstance(kind, Str) else None


def _is_number_text(kinds: tuple[Kind, ...]) -> bool:
    """Whether nothing is known of a constant: it may well be a string."""
    return any(isinstance(kind, Constant) and kind.type in (None, "bytes") for kind in kinds)


def _preview_type(params: cst.Subscript, facts: Facts) -> str | None:
    """The preview type that the same function gives the same model."""
    model = facts.text(params.value)
    function = facts.enclosing_function(params)
    for assign in facts.nodes(cst.Assign):
        target = assign.targets[0].target
        here = isinstance(target, cst.Subscript) and facts.text(target.value) == model
        if here and facts.enclosing_function(assign) is function and _key(target, facts) == f"{PREFIX}type":
            kind = facts.calling_kind(assign.value)
            return kind.value if isinstance(kind, Str) else None
    return None


def _parameters(value: cst.BaseExpression, preview: str | None, facts: Facts) -> Iterator[Finding]:
    """What is missing in ``json.dumps(…)`` for a preview, and labels without a colour."""
    if not isinstance(value, cst.Call) or facts.qualified(value.func) != "json.dumps" or not value.args:
        return
    given = facts.calling_kind(value.args[0].value)
    if not isinstance(given, Dict) or not given.complete:
        return
    missing = [f"`{name}`" for name in PARAMETERS.get(preview or "", ()) if name not in given.keys]
    if missing:
        problem = f"the preview `{preview}` needs the parameter {' and '.join(missing)}"
        yield Finding(value, {"problem": problem}, severity=Severity.WARNING)
        return
    lengths = [_length(dict(given.items).get(name)) for name in ("labels", "colors")]
    if None not in lengths and lengths[0] != lengths[1]:
        yield Finding(
            value, {"problem": f"{lengths[0]} labels and {lengths[1]} colors"}, help="each label needs a color"
        )


def _length(kind: Kind | None) -> int | None:
    length = kind.length if isinstance(kind, List) else None
    value = length.value if isinstance(length, Constant) else None
    return value if isinstance(value, int) else None
