"""Where ``--save`` writes: beside its place first, and into it once everything is there, so that nothing is ever half written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MANIFEST = "Manifest.json"
"""What every .mlpackage holds."""


class Saving:
    """One package at PATH; the child writes it to ``temporary``."""

    def __init__(self, path: str) -> None:
        self.path = Path(path).absolute()
        self.temporary = self.path.with_name(f".{self.path.stem}.{os.getpid()}.mlpackage")

    def problem(self) -> str:
        """Why nothing can be saved there, in a sentence; empty where it can."""
        if self.path.suffix != ".mlpackage":
            return f"`--save {self.path.name}`: an ML program is saved under a name that ends in .mlpackage"
        if not self.path.parent.is_dir():
            return f"`--save` cannot write to {self.path}: there is no directory {self.path.parent}"
        if not os.access(self.path.parent, os.W_OK):
            return f"`--save` cannot write to {self.path}: the directory is not writable"
        if self.path.exists() and not (self.path / MANIFEST).is_file():
            return f"`--save {self.path.name}`: what stands there is no .mlpackage; name another place, or remove it"
        return ""

    def finish(self, saved: bool) -> None:
        """Puts what was SAVED in its place, the package that stood there out of it; else leaves everything as it was."""
        try:
            if saved:
                self._swap()
        finally:
            shutil.rmtree(self.temporary, ignore_errors=True)

    def _swap(self) -> None:
        before = self.path.with_name(f"{self.temporary.name}.before")
        if self.path.exists():
            self.path.rename(before)
        try:
            self.temporary.rename(self.path)
        except OSError:
            if before.exists():
                before.rename(self.path)
            raise
        shutil.rmtree(before, ignore_errors=True)
