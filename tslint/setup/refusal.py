"""Why a file is not added to."""

from __future__ import annotations


class Refusal(Exception):
    """A file cannot be added to safely; the message says why, and fits after "since"."""
