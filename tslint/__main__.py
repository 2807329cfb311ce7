"""``python -m tslint``."""

# pathlib would be looked for in the working directory, too.
# ruff: noqa: PTH100, PTH109, PTH120

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # Python puts the working directory first on the path, where a file of the user's could be taken for one of the library's.
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if sys.path and sys.path[0] == os.getcwd() != here and not getattr(sys.flags, "safe_path", False):
        del sys.path[0]

    from tslint.cli import run

    run()
