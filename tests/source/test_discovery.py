"""Which files of a directory are checked."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tslint.settings.patterns import Glob
from tslint.source import MissingPathError, NoPythonError, discover, unique


def make(root: Path, *names: str, **texts: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts.get(path.name, ""))


def excluding(root: Path, *patterns: str) -> Callable[[Path], list[Glob]]:
    """The same patterns of ROOT for every directory."""
    return lambda _: [Glob(pattern, root) for pattern in patterns]


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
    assert discover(tmp_path / "a.py", excluding(tmp_path, "a.py")) == ([tmp_path / "a.py"], [])


def test_what_the_settings_exclude_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "old/b.py", "pkg/old/c.py", "pkg/gen_d.py", "pkg/e.py")
    files, errors = discover(tmp_path, excluding(tmp_path, "/old/", "gen_*.py"))
    assert [p.relative_to(tmp_path).as_posix() for p in files] == ["a.py", "pkg/e.py", "pkg/old/c.py"]
    assert errors == []
    inner = discover(tmp_path / "pkg", excluding(tmp_path, "/pkg/old/"))[0]
    assert inner == [tmp_path / "pkg/e.py", tmp_path / "pkg/gen_d.py"]


def test_a_directory_that_is_named_is_checked_even_where_it_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "build/a.py", "build/old/b.py", ".git/config")
    (tmp_path / ".gitignore").write_text("/build/\n")
    assert found(tmp_path / "build") == ["a.py", "old/b.py"]
    assert discover(tmp_path / "build", excluding(tmp_path, "build/", "old/"))[0] == [tmp_path / "build/a.py"]


def test_what_is_excluded_is_left_out_by_force_even_where_it_is_named(tmp_path: Path) -> None:
    make(tmp_path, "build/a.py", "build/old/b.py", "build/c.py", "d.py", ".git/config")
    (tmp_path / ".gitignore").write_text("d.py\n")
    assert discover(tmp_path / "build", excluding(tmp_path, "build/"), force=True) == ([], [])
    assert discover(tmp_path / "build/old/b.py", excluding(tmp_path, "build/"), force=True) == ([], [])
    kept = discover(tmp_path / "build", excluding(tmp_path, "old", "/build/c.py"), force=True)[0]
    assert kept == [tmp_path / "build/a.py"]
    again = excluding(tmp_path, "build/*", "!build/a.py")
    assert discover(tmp_path / "build/a.py", again, force=True)[0] == [tmp_path / "build/a.py"]
    assert discover(tmp_path / "d.py", excluding(tmp_path), force=True)[0] == [tmp_path / "d.py"], "which Git ignores"


def test_what_git_ignores_is_found_where_that_is_asked_for(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.py", "pkg/c.py", ".git/config")
    (tmp_path / ".gitignore").write_text("b.py\n")
    (tmp_path / "pkg/.gitignore").write_text("*\n")
    everything = discover(tmp_path, excluding(tmp_path, "a.py"), gitignore=False)[0]
    assert everything == [tmp_path / "b.py", tmp_path / "pkg/c.py"]


def test_each_directory_has_its_own_patterns(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "x.py", "one/a.py", "one/x.py", "one/two/a.py", "one/two/x.py", "three/a.py")

    def patterns(folder: Path) -> list[Glob] | None:
        if folder.name == "three":
            return None
        return [Glob("a.py" if folder == tmp_path else "x.py", folder)]

    files = discover(tmp_path, patterns)[0]
    assert [p.relative_to(tmp_path).as_posix() for p in files] == ["one/a.py", "one/two/a.py", "x.py"]
    assert discover(tmp_path / "three", patterns) == ([], []), "whoever said None has said why"


def test_a_pattern_that_names_no_folder_holds_outside_of_its_own(tmp_path: Path) -> None:
    make(tmp_path, "here/a.py", "there/gen.py", "there/b.py", "there/sub/b.py")
    patterns = excluding(tmp_path / "here", "gen.py", "sub/b.py", "/b.py")
    assert discover(tmp_path / "there", patterns)[0] == [tmp_path / "there/b.py", tmp_path / "there/sub/b.py"]


def test_lines_of_a_gitignore_that_are_no_patterns_count_for_nothing(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.py")
    (tmp_path / ".gitignore").write_text("!\n[z-a]\nb.py\n")
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
