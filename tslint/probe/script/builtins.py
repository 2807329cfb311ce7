"""PyTorch's compiler takes any object for an operator that stands at the address of one, even of one that is no more.

`torch.library` makes an operator's function anew when the operator gets another overload; the address of the old one stays in
``torch.jit._builtins``, and what comes to stand there, any number or function, "cannot be used as a value". Which model is hit
changes from run to run. Tried with torch 2.13; ``_get_builtin_table``, ``_builtin_ops`` and ``_register_builtin`` are private.
"""

from __future__ import annotations

from typing import Any

import torch

_KEPT: list[Any] = []


def settle() -> None:
    """Forgets the addresses of functions that are no more, and keeps from now on what PyTorch takes for an operator."""
    import torch.jit._builtins as builtins

    known: Any = builtins
    table = known._get_builtin_table()
    held = {id(function) for function, _ in known._builtin_ops}
    for address, name in list(table.items()):
        space, _, rest = name.partition("::")
        packet = vars(getattr(torch.ops, space)).get(rest) if space in vars(torch.ops) else None
        if packet is not None and address not in held and address != id(packet._op):
            del table[address]
    if _KEPT:
        return
    register = known._register_builtin
    _KEPT.append(register)

    def registered(function: Any, name: str) -> None:
        _KEPT.append(function)
        register(function, name)

    known._register_builtin = registered
