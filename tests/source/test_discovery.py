"""Which files of a directory are checked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tslint.source import MissingPathError, NoPythonError, discover, unique


def make(root: Path, *names: str, **texts: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts.get(path.name, ""))


def found(root: Path) -> list[str]:
    return [p.relative_to(root).as_posix() for p in discover(root)[0]]


def test_python_files_and_notebooks_sorted(tmp_path: Path) -> None:
    make(tmp_path, "b.py", "a.py", "pkg/c.py", "readme.md", "pkg/d.pyi", "x.ipynb", "pkg/.ipynb_checkpoints/x.ipynb")
    assert found(tmp_path) == ["a.py", "b.py", "pkg/c.py", "x.ipynb"]


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
    assert discover(tmp_path / "a.py", ["a.py"], tmp_path) == ([tmp_path / "a.py"], [])


def test_what_the_settings_exclude_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "old/b.py", "pkg/old/c.py", "pkg/gen_d.py", "pkg/e.py")
    files, errors = discover(tmp_path, ["/old/", "gen_*.py", "!"], tmp_path)
    assert [p.relative_to(tmp_path).as_posix() for p in files] == ["a.py", "pkg/e.py", "pkg/old/c.py"]
    assert errors == []
    assert discover(tmp_path / "pkg", ["/pkg/old/"], tmp_path)[0] == [tmp_path / "pkg/e.py", tmp_path / "pkg/gen_d.py"]


def test_a_directory_that_is_named_is_checked_even_where_it_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "build/a.py", "build/old/b.py", ".git/config")
    (tmp_path / ".gitignore").write_text("/build/\n")
    assert found(tmp_path / "build") == ["a.py", "old/b.py"]
    assert discover(tmp_path / "build", ["build/", "old/"], tmp_path)[0] == [tmp_path / "build/a.py"]


def test_lines_of_a_gitignore_that_are_no_patterns_count_for_nothing(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.py")
    (tmp_path / ".gitignore").write_text("!\nb.py\n")
    assert found(tmp_path) == ["a.py"]


def test_each_file_once(tmp_path: Path) -> None:
    make(tmp_path, "net.py", "pkg/other.py")
    (tmp_path / "link.py").symlink_to("net.py")
    (tmp_path / "pkg/up").symlink_to("..")
    (tmp_path / "loop").symlink_to("loop")
    assert found(tmp_path) == ["link.py", "net.py", "pkg/other.py"]
    net, link = tmp_path / "net.py", tmp_path / "link.py"
    assert unique([net, net, link]) == [net]
    assert unique([link, net]) == [net]
    assert unique([link]) == [link]


def test_a_directory_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.py", "closed/b.py")
    listed = os.scandir

    def scandir(path: str) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    files, (error,) = discover(tmp_path)
    assert files == [tmp_path / "a.py"]
    assert str(error) == f"{tmp_path / 'closed'}: cannot be read: Permission denied"


def test_what_is_neither_a_file_nor_a_directory(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MissingPathError, match="a symbolic link that leads nowhere"):
        discover(tmp_path / "loop")
    with pytest.raises(MissingPathError, match="neither a file nor a directory"):
        discover(tmp_path / "pipe")


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError):
        discover(tmp_path / "none")
    make(tmp_path, "readme.md")
    with pytest.raises(NoPythonError):
        discover(tmp_path)
