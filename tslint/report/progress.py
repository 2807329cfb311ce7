"""The steps of a run while they go, on one line of a terminal that is gone when the report comes."""

from __future__ import annotations

import time
from typing import TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from tslint.evidence import EntryChosen, Evidence, StepBegan, StepEnded

MARKS = {
    "ok": ("✓", "green"),
    "skipped": ("-", "dim"),
    "failed": ("✗", "red"),
    "died": ("✗", "red"),
    "timeout": ("✗", "red"),
}


class Progress:
    """Shows what :meth:`update` is told on a terminal, until :meth:`close`; nothing of it stays."""

    def __init__(self, stream: TextIO) -> None:
        self.done: list[Text] = []
        self.entry = 0
        self.module = ""
        self.step = "starting"
        self.began = time.monotonic()
        self.spinner = Spinner("dots")
        console = Console(file=stream, highlight=False)
        self.live = Live(
            get_renderable=self._line,
            console=console,
            transient=True,
            refresh_per_second=8,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.live.start()

    def update(self, evidence: Evidence) -> None:
        """Takes note of a step that began or ended; other evidence changes nothing."""
        if isinstance(evidence, (StepBegan, StepEnded)) and evidence.entry != self.entry:
            self.entry, self.done = evidence.entry, []
        if isinstance(evidence, EntryChosen):
            self.module = evidence.module
        elif isinstance(evidence, StepBegan):
            self.step, self.began = evidence.step, time.monotonic()
        elif isinstance(evidence, StepEnded):
            mark, style = MARKS.get(evidence.status, ("?", ""))
            self.done.append(Text.assemble((mark, style), f" {evidence.step}"))
            self.step = ""

    def close(self) -> None:
        self.live.stop()

    def _line(self) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        cells: list[RenderableType] = [Text(self.module, style="bold")] if self.module else []
        cells += self.done
        if self.step:
            self.spinner.update(text=Text(f"{self.step} {time.monotonic() - self.began:.0f} s"))
            cells.append(self.spinner)
        grid.add_row(*cells)
        return grid
