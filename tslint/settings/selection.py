"""Which rules are reported: one layer of ``select``, ``extend-select`` and ``ignore`` over the other, as in Ruff. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tslint.frozen import frozen


@frozen
class Layer:
    """What one file, or the command line, says. ``select`` is None where it says nothing; empty, it names all rules."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def verdict(self, rule: str, group: str) -> bool | None:
        """Whether this layer wants RULE: its own name weighs more than that of its GROUP, ``ignore`` more than ``select``."""
        wanted = (*(self.select or ()), *self.extend_select)
        for name in (rule, group):
            if name in self.ignore:
                return False
            if name in wanted:
                return True
        return None


def selected(layers: Iterable[Layer], rule: str, group: str) -> bool:
    """Whether RULE is reported: a layer that selects begins anew, any other changes what those before it have left."""
    found = True
    for layer in layers:
        verdict = layer.verdict(rule, group)
        if layer.select is not None:
            found = not layer.select if verdict is None else verdict
        elif verdict is not None:
            found = verdict
    return found
