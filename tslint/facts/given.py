"""Which module classes the file's own code hands to torch.jit.script and torch.jit.trace."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from tslint.facts.classes import Classes, ModuleClass
from tslint.facts.names import Names


def scripted(classes: Classes, names: Names, calls: Iterable[cst.Call]) -> set[ModuleClass]:
    """The classes of what CALLS script, of what is decorated or derived so, and of all that those hold."""
    given = _instances(classes, calls)
    for cls in classes.own:
        if any(names.qualified(d.decorator) == "torch.jit.script" for d in cls.node.decorators):
            given.append(cls)
        if any(b.endswith("ScriptModule") for b in cls.bases):
            given.append(cls)
    return classes.held_by(given)


def traced(classes: Classes, calls: Iterable[cst.Call]) -> set[ModuleClass]:
    """The classes of what CALLS trace, and of all that those hold."""
    return classes.held_by(_instances(classes, calls))


def _instances(classes: Classes, calls: Iterable[cst.Call]) -> list[ModuleClass]:
    found = []
    for call in calls:
        if call.args:
            cls = classes.instance_class(call.args[0].value) or classes.module_class(call.args[0].value)
            if cls is not None:
                found.append(cls)
    return found
