"""``python -m tslint``."""

from __future__ import annotations

from tslint.cli import run

if __name__ == "__main__":
    run()
