"""``python -m tslint``."""

from __future__ import annotations

import sys

from tslint.cli import main

if __name__ == "__main__":
    sys.exit(main())
