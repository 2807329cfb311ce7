"""The house has one direction: a module imports only from the lines above its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "tslint"

# One room a line, in the order of the design; a module may import from its own room and from the rooms above it.
HOUSE = (
    ("frozen",),
    ("diagnostic",),
    ("evidence", "request"),
    ("catalogue",),
    ("settings",),
    ("source",),
    ("facts",),
    ("rewrite", "composites"),
    ("checks",),
    ("engine",),
    ("merge",),
    ("fixes",),
    ("scripts",),
    ("unused",),
    ("static",),
    ("cache",),
    ("workers",),
    ("report",),
    ("reading",),
    ("filters", "baseline"),
    ("tolerance",),
    ("child", "process", "forked", "reaper", "interpreter"),
    ("runs", "live", "saving"),
    ("checking",),
    ("proof",),
    ("fixing", "silence"),
    ("api", "piped", "planning", "doctor", "setup"),
    ("showing", "server", "pytest_plugin"),
    ("cli", "__main__"),
)
RANK = {name: rank for rank, row in enumerate(HOUSE) for name in row}
HEAVY = {"torch", "coremltools", "numpy"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path: Path) -> list[str]:
    """Dotted names of everything that the file imports, wherever the statement stands."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    own = room(path)
    if own == "__init__":
        return
    for name in imports(path):
        top, _, rest = name.partition(".")
        target = rest.split(".")[0]
        if own == "probe":
            allowed = top != "tslint" or target in {"probe", "frozen", "diagnostic", "evidence", "request"}
            assert allowed, f"the probe imports {name}"
        elif top == "tslint" and target not in {"__version__", ""}:
            assert target != "probe" or own == "api", f"{own} imports {name}"
            if target != "probe":
                assert RANK[target] <= RANK[own], f"{own} imports {name}, which stands below it"
        else:
            assert top not in HEAVY, f"{own} imports {name}; only the probe may"
            assert top != "typer" or own == "cli", f"{own} imports typer; only cli may"
            if top == "rich":
                assert path.stem in {"full", "page", "progress"}, f"{path.name} imports rich"


def test_importing_the_package_imports_nothing_else_of_it() -> None:
    watched = "{'tslint', 'libcst', 'rich', 'typer', 'torch'}"
    code = f"import sys, tslint.evidence; print(*sorted(m for m in sys.modules if m.split('.')[0] in {watched}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    evidence = [f"tslint.evidence.{path.stem}" for path in sorted((PACKAGE / "evidence").glob("[!_]*.py"))]
    assert run.stdout.split() == ["tslint", "tslint.diagnostic", "tslint.evidence", *evidence, "tslint.frozen"]
