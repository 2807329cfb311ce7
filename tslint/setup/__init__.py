"""What editors, hooks and continuous integration need to run tslint: templates, and how each is added to a file that is there.

It plans changes of files and writes them; it asks nobody and prints nothing. What is there stays to the letter: text is
inserted, and a file whose layout is not understood is refused.
"""

from __future__ import annotations

from tslint.setup.plan import KINDS, Change, Refused, diff, planned, write

__all__ = ["KINDS", "Change", "Refused", "diff", "planned", "write"]
