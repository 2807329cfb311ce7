"""Where each node that was handed to coremltools comes from: the user's line, the library's below it, the module's path."""

from __future__ import annotations

import collections
from typing import Any

from tslint.evidence import OpSite
from tslint.probe.compose.autograd import Inlined
from tslint.probe.convert.recover import Failure
from tslint.probe.script.torchscript import Use, nodes, stack_of, uses
from tslint.probe.sites import class_above, locate
from tslint.probe.subject import Subject


class Origins:
    """Matches the nodes of GRAPH, inlined, with those of PRISTINE, the same before inlining, which knows the calls.

    Both lay out the nodes of one kind and source range in the same order.
    """

    def __init__(self, subject: Subject, program: Any, pristine: Any, graph: Any) -> None:
        self._subject = subject
        self._uses: dict[tuple[str, str], list[Use]] = {}
        self._number: dict[int, int] = {}
        if graph is None or pristine is None:
            return
        self._uses = uses(program, pristine)
        seen: collections.Counter[tuple[str, str]] = collections.Counter()
        for index, node in enumerate(nodes(graph)):
            key = node.kind(), node.sourceRange()
            self._number[index] = seen[key]
            seen[key] += 1

    def site(self, failure: Failure) -> OpSite:
        if isinstance(failure.composed, Inlined):
            number = failure.composed.number
        elif failure.index is not None:
            number = self._number[failure.index]
        else:
            return OpSite(None)
        text = failure.node.sourceRange()
        known = self._uses.get((failure.node.kind(), text), [])
        alone = Use((text,), _hierarchy(failure.node.getModuleHierarchy()))
        use = known[min(number, len(known) - 1)] if known else alone
        place, library = locate(stack_of(use), self._subject.user_files)
        path = self._own_path(use.module_path)
        if place is None:
            place = class_above(self._subject.module, path, self._subject.user_files) or self._subject.call_site
        return OpSite(place, library, path)

    def _own_path(self, path: str) -> str:
        """The path in the user's model, not in the wrapper around it."""
        wrapped = self._subject.wrapped
        if wrapped is None:
            return path
        prefix = next((name for name, module in wrapped.named_modules() if module is self._subject.module), "")
        if not prefix:
            return path
        return path[len(prefix) :].lstrip(".") if path == prefix or path.startswith(f"{prefix}.") else path


def _hierarchy(text: str) -> str:
    """``encoder(Encoder).0(Linear)`` → ``encoder.0``; what has no name there is left out."""
    names = [part.split("(")[0] for part in text.split(").")] if text else []
    return ".".join(name for name in names if name and not name.startswith("UNKNOWN"))
