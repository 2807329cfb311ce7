"""Files written for a test, whose entries are found in this process."""

from __future__ import annotations

import sys
import textwrap

import pytest


@pytest.fixture
def untouched(monkeypatch):
    """The probe changes these for good: it is a process of its own."""
    modules = set(sys.modules)
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    yield
    for name in set(sys.modules) - modules:
        if name.startswith(("model", "package", "tslint_target")):
            del sys.modules[name]


@pytest.fixture
def find(tmp_path, untouched):
    """Writes a file and finds its entries; answers with (entries, evidence)."""

    def finding(source, name="model.py", outline=None, **request):
        from running import Seen, outline_of

        from tslint.probe import session
        from tslint.probe.frames import Territory
        from tslint.request import Request

        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
        seen = Seen()
        asked = Request(str(path), outline=outline or outline_of(path), **request)
        entries = session.find_entries(asked, seen.append, Territory((str(path),)))
        return entries, seen

    return finding
