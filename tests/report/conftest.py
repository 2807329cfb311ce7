"""Lets the tests here import ``cases``, which the golden files show."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
