"""Which files of a directory are checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tslint.source import MissingPathError, NoPythonError, discover


def make(root: Path, *names: str, **texts: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts.get(path.name, ""))


def found(root: Path) -> list[str]:
    return [p.relative_to(root).as_posix() for p in discover(root)]


def test_python_files_sorted(tmp_path: Path) -> None:
    make(tmp_path, "b.py", "a.py", "pkg/c.py", "readme.md", "pkg/d.pyi", "x.ipynb")
    assert found(tmp_path) == ["a.py", "b.py", "pkg/c.py"]


def test_hidden_directories_and_environments_are_left_out(tmp_path: Path) -> None:
    make(
        tmp_path,
        "a.py",
        ".hidden/b.py",
        "venv/pyvenv.cfg",
        "venv/lib/c.py",
        "__pycache__/d.py",
        "env/conda-meta/x",
        "env/e.py",
    )
    assert found(tmp_path) == ["a.py"]


def test_what_git_ignores_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "build/b.py", "pkg/gen_c.py", "pkg/keep.py", "pkg/sub/gen_d.py", "pkg/sub/gen_keep.py")
    (tmp_path / ".gitignore").write_text("/build/\ngen_*.py\n")
    (tmp_path / "pkg/sub/.gitignore").write_text("!gen_keep.py\n")
    assert found(tmp_path) == ["a.py", "pkg/keep.py", "pkg/sub/gen_keep.py"]


def test_the_rules_of_the_repository_above_count(tmp_path: Path) -> None:
    make(tmp_path, "pkg/a.py", "pkg/b.py", ".git/config")
    (tmp_path / ".gitignore").write_text("/pkg/b.py\n")
    assert found(tmp_path / "pkg") == ["a.py"]


@pytest.mark.parametrize("rule", ["/.venv/", "*"])
def test_a_directory_that_is_named_is_checked_even_where_it_is_ignored(tmp_path: Path, rule: str) -> None:
    make(tmp_path, ".git/config", ".venv/lib/pkg/a.py", ".venv/lib/pkg/b.py")
    (tmp_path / ".gitignore").write_text(f"{rule}\n")
    (tmp_path / ".venv/lib/pkg/.gitignore").write_text("b.py\n")
    assert found(tmp_path / ".venv/lib/pkg") == ["a.py"]
    with pytest.raises(NoPythonError):
        discover(tmp_path)


def test_a_file_is_itself_even_where_it_is_ignored(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    (tmp_path / ".gitignore").write_text("a.py\n")
    assert discover(tmp_path / "a.py") == [tmp_path / "a.py"]


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError):
        discover(tmp_path / "none")
    make(tmp_path, "readme.md")
    with pytest.raises(NoPythonError):
        discover(tmp_path)
