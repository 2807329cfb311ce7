"""Edits are applied whole or not at all, and a file is never half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tslint.diagnostic import Applicability, Edit, Fix, Span
from tslint.fixes import apply, insertion, write


def fix(*edits: Edit) -> Fix:
    return Fix("a fix", Applicability.SAFE, edits)


def test_edits_are_placed_by_line_and_character() -> None:
    text = "a = 'ä𝄞' + f(x)\nb = 2\n"
    assert apply(text, [fix(Edit(Span(1, 12, 1, 16), "g(x)")), fix(insertion(2, 1, "# two\n"))]) == (
        "a = 'ä𝄞' + g(x)\n# two\nb = 2\n",
        2,
    )


def test_a_form_feed_ends_no_line() -> None:
    assert apply("a = 1\x0c\nb\n", [fix(Edit(Span(2, 1, 2, 2), "c"))]) == ("a = 1\x0c\nc\n", 1)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_that_are_added_end_as_those_of_the_file(end: str) -> None:
    text = f"a{end}b{end}"
    assert apply(text, [fix(insertion(2, 1, "x\r\ny\nz\\1\n"))]) == (end.join(["a", "x", "y", "z\\1", "b", ""]), 1)


def test_the_later_of_two_overlapping_fixes_waits() -> None:
    outer, inner = fix(Edit(Span(1, 1, 1, 6), "X")), fix(Edit(Span(1, 3, 1, 4), "Y"))
    assert apply("a b c\n", [inner, outer]) == ("X\n", 1)


def test_a_shared_edit_is_made_once() -> None:
    imported = insertion(1, 1, "import m\n")
    fixes = [fix(imported, Edit(Span(1, 1, 1, 2), "A")), fix(imported, Edit(Span(1, 3, 1, 4), "B"))]
    assert apply("a b\n", fixes) == ("import m\nA B\n", 2)


def test_a_fix_is_not_applied_in_part() -> None:
    first = fix(Edit(Span(1, 1, 1, 2), "A"))
    both = fix(Edit(Span(1, 1, 1, 2), "Z"), Edit(Span(1, 3, 1, 4), "B"))
    assert apply("a b\n", [first, both]) == ("A b\n", 1)


def test_writing_keeps_the_mode_and_the_link(tmp_path: Path) -> None:
    real = tmp_path / "real.py"
    real.write_bytes(b"old\r\n")
    real.chmod(0o640)
    link = tmp_path / "link.py"
    link.symlink_to(real)
    write(link, b"new\r\n")
    assert real.read_bytes() == b"new\r\n"
    assert real.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.py", "real.py"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.py"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(path, b"new")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("m.py", b"old")]
