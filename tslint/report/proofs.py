"""What running a file with its fixes showed, before they were written: frozen data and a sentence each."""

from __future__ import annotations

from typing import Any

from tslint.diagnostic import to_json
from tslint.frozen import frozen


@frozen
class Proof:
    """What one model of a fixed file does. ``path`` is the file's, absolute; ``count`` how many fixes it was run with.

    ``traces`` and ``scripts``: the program agrees with eager on all inputs tried; ``generalises``: no dimension is known that
    the trace does not serve other sizes of; ``equals_eager``: some route gives a program that agrees; ``unchanged``: eager
    answers what it answered before the fixes. None is what was not found out.
    """

    path: str
    module: str
    count: int
    traces: bool | None
    scripts: bool | None
    generalises: bool | None
    equals_eager: bool | None
    unchanged: bool | None
    sentence: str

    @property
    def complete(self) -> bool:
        """Whether the fixed model has a way to TorchScript that is right, and nobody saw that it answers otherwise."""
        return bool(self.equals_eager) and self.unchanged is not False

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = to_json(self)
        return data
