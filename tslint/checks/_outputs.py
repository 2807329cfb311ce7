"""What a model returns, as far as the tracer refuses it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks._places import branches
from tslint.diagnostic import Severity
from tslint.facts.classes import ModuleClass
from tslint.facts.facts import Facts
from tslint.facts.kinds import (
    BakedSize,
    Constant,
    Data,
    Dict,
    Either,
    Instance,
    Kind,
    List,
    NoneKind,
    Str,
    Tensor,
    Tuple,
    options,
)
from tslint.frozen import frozen


@frozen
class Refused:
    """A return of a forward that the tracer refuses. ``statement`` is None where the function falls off its end.

    ``part`` is the kind that is refused; ``mapping``: it is a mapping, which has a rule of its own.
    """

    cls: ModuleClass
    function: cst.FunctionDef
    statement: cst.Return | None
    value: Kind
    part: Kind
    severity: Severity

    @property
    def mapping(self) -> bool:
        return isinstance(self.part, Dict)

    @property
    def at(self) -> cst.CSTNode:
        """What is returned, else the function's name."""
        if self.statement is None:
            return self.function.name
        return self.statement.value or self.statement


def refused_returns(facts: Facts) -> Iterator[Refused]:
    """The returns of the file's own forwards that hold something the tracer does not take as an output."""
    for cls in facts.module_classes:
        function = cls.methods.get("forward")
        if function is None or is_overridden(cls, facts):
            continue
        unfinished = _is_abstract(function)
        found = [(statement, kind, refused_part(kind)) for statement, kind in facts.returns(function)]
        if any(statement is not None and not isinstance(kind, NoneKind) for statement, kind, _ in found):
            # An `elif` without `else`: never meant to end there.
            found = [entry for entry in found if entry[0] is not None]
        every = all(_is_sure(kind) for _, kind, _ in found)
        for statement, kind, part in found:
            if part is not None:
                taken = statement is not None and not branches(statement, facts)
                open_ = not every and not (taken and _is_sure(kind))
                if cls.is_inner and open_:
                    continue  # what an inner module may return on some path says nothing about the model
                quiet = cls.is_inner or unfinished
                severity = Severity.INFO if quiet else Severity.WARNING if open_ else Severity.ERROR
                yield Refused(cls, function, statement, kind, part, severity)


def refused_part(kind: Kind) -> Kind | None:
    """The first part of a value that the tracer refuses as an output, of those on every path if there are any, mappings first;
    None where it takes all of it.

    Measured on torch 2.13: sizes are recorded and taken, an empty tuple too; an empty list or dict is not, nor is a list
    of lists or tuples, nor a parameter or buffer that is all there is.
    """
    if isinstance(kind, Tensor) and kind.role in ("parameter", "buffer"):
        return kind
    if isinstance(kind, Constant) and kind.argument:  # a number, or a tensor that no input decides: neither is taken
        return kind
    parts = [part for part, _ in _parts(kind)]
    parts = list(_everywhere(kind)) or parts
    return next((part for part in parts if isinstance(part, Dict)), parts[0] if parts else None)


def lenient_calls(cls: ModuleClass, facts: Facts) -> list[cst.Call]:
    """The calls with ``strict=False`` that trace CLS, where the file traces it in no other way."""
    calls = []
    for call in facts.calls_to("torch.jit.trace"):
        model = facts.argument(call, 0, "func")
        if model is not None and facts.instance_class(model) is cls:
            calls.append(call)
    return calls if all(_is_lenient(call, facts) for call in calls) else []


def _is_lenient(call: cst.Call, facts: Facts) -> bool:
    strict = facts.argument(call, 6, "strict")
    kind = facts.kind(strict) if strict is not None else None
    return isinstance(kind, Constant) and kind.value is False


def is_taken_leniently(kind: Kind) -> bool:
    """Whether ``strict=False`` lets a value through as an output: a mapping from strings to tensors and to nothing else.

    Measured on torch 2.13: a mapping in a mapping, a number among the values and keys that are no strings are refused.
    """
    return isinstance(kind, Dict) and kind.complete and all(isinstance(value, Tensor) for _, value in kind.items)


def _is_sure(kind: Kind) -> bool:
    """Whether a value is refused on every path that leads to it."""
    if isinstance(kind, (Tensor, Constant)):
        return refused_part(kind) is not None
    return any(sure for _, sure in _parts(kind))


def _parts(kind: Kind, sure: bool = True) -> Iterator[tuple[Kind, bool]]:
    """The refused parts of a value, each with whether it is there on every path."""
    if isinstance(kind, Either):
        every = all(any(certain for _, certain in _parts(option)) for option in kind.options)
        sums = any(isinstance(option, Tensor) for option in kind.options)
        for option in kind.options:
            if not (sums and isinstance(option, Constant)):  # a sum of tensors that starts at 0
                yield from _parts(option, sure and every)
    elif isinstance(kind, Tuple):
        for item in kind.items:
            yield from _parts(item, sure)
    elif isinstance(kind, List):
        if any(isinstance(option, (List, Tuple)) for option in options(kind.element)):
            yield kind, sure
        yield from _parts(kind.element, sure)
    elif isinstance(kind, (Dict, NoneKind, Str, Data, BakedSize, Instance)) or (
        isinstance(kind, Constant) and kind.type is not None
    ):
        yield kind, sure


def _everywhere(kind: Kind) -> Iterator[Kind]:
    """The refused parts of a value that are there whichever path was taken: no ``targets`` that are None by default."""
    if isinstance(kind, Tuple):
        for item in kind.items:
            yield from _everywhere(item)
    elif not isinstance(kind, Either):
        yield from (part for part, _ in _parts(kind))


def returned(refused: Refused) -> str:
    """What a message says that a forward returns."""
    inside = "" if refused.part in options(refused.value) else " among its values"
    return words(refused.part) + inside


def words(part: Kind) -> str:
    """What a message calls a refused part."""
    if isinstance(part, Dict):
        return "a dict" if part.name == "dict" else _article(f"`{part.name}`", part.name)
    if isinstance(part, NoneKind):
        return "None"
    if isinstance(part, Tensor):
        return f"a {part.role} of its own and nothing else"
    if isinstance(part, List):
        return "a list of lists or tuples"
    if isinstance(part, Constant) and part.type is None:
        return "what was there before the call"
    if isinstance(part, Constant):
        return _article(f"`{part.type}`", part.type or "")
    if isinstance(part, Instance):
        return _article(f"`{part.name}`", part.name) if part.name else "an object"
    if isinstance(part, (Data, BakedSize)):
        return "a Python number"
    return "a str" if isinstance(part, Str) else "an object"


def _article(text: str, name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {text}"


def _is_abstract(function: cst.FunctionDef) -> bool:
    """Whether a body does nothing but raise or return None: a base class's, meant to be overridden."""
    for statement in function.body.body:
        for part in statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]:
            empty = isinstance(part, cst.Expr) and isinstance(
                part.value, (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis)
            )
            nothing = isinstance(part, cst.Return) and (
                part.value is None or (isinstance(part.value, cst.Name) and part.value.value == "None")
            )
            if not (empty or nothing or isinstance(part, (cst.Raise, cst.Pass))):
                return False
    return True


def is_overridden(cls: ModuleClass, facts: Facts) -> bool:
    """Whether a class of the file inherits from CLS and has a forward of its own: CLS is a base then, and not what is traced."""
    return any(
        other is not cls and cls in other.lineage and "forward" in other.methods for other in facts.module_classes
    )
