"""``python -m tslint.probe REQUEST_FILE EVIDENCE_FILE``: runs one request, writes one line of evidence after another.

The request is waited for once torch is imported: whoever asks may not know yet what to ask when it starts this program.
Needs torch and nothing else of tslint but ``diagnostic`` and ``evidence``. Standard output and error are the user's code's.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tslint.diagnostic import from_json
from tslint.evidence import Evidence, Finished, encode
from tslint.request import Request

if TYPE_CHECKING:
    from tslint.probe.entry.given import Given

TICK = 0.005


def main(argv: Sequence[str]) -> int:
    """ARGV is ``[REQUEST_FILE, EVIDENCE_FILE]``. The exit status says nothing of the model: 0 once all was reported."""
    request_file, evidence_file = argv
    from tslint.probe import session  # noqa: F401 -- what takes long, while the request is not there yet

    Path(evidence_file).touch()  # there from here on: ready to be asked
    report(_awaited(Path(request_file)), Path(evidence_file))
    return 0


def report(request: Request, evidence_file: Path, given: Given | None = None) -> None:
    """Runs REQUEST, on what was GIVEN where the model is a live one, and appends what is found to EVIDENCE_FILE."""
    start = time.perf_counter()
    file = evidence_file.absolute()

    def emit(evidence: Evidence) -> None:
        # Each time anew: user code may close descriptors that are not its own.
        with file.open("a", encoding="utf-8") as sink:
            sink.write(encode(evidence) + "\n")

    from tslint.probe import session

    session.run(request, emit, given)
    emit(Finished(time.perf_counter() - start))


def _awaited(file: Path) -> Request:
    """The request, as soon as FILE is there; it comes into being whole."""
    while not file.exists():
        time.sleep(TICK)
    return from_json(Request, json.loads(file.read_text(encoding="utf-8")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
