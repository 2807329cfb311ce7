"""What a file takes from other files of its project: classes, functions and values that it imports."""

from __future__ import annotations

import textwrap
from pathlib import Path

import libcst as cst
from support import HEADER, describe

from tslint import engine
from tslint.facts import Facts
from tslint.facts.project import MOST_FILES
from tslint.source import Source
from tslint.source.project import ProjectFiles


def project(root: Path, **files: str) -> Path:
    """Writes the files (``pkg__layers`` is ``pkg/layers.py``) and returns the path of ``main``."""
    for name, code in files.items():
        path = root / (name.replace("__", "/").replace("/init", "/__init__") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEADER + textwrap.dedent(code))
    return root / ("pkg/main.py" if (root / "pkg/main.py").exists() else "main.py")


def facts_of(path: Path) -> Facts:
    source = Source.read(path)
    root = path.parent.parent if path.parent.name == "pkg" else path.parent
    return Facts(source, source.parse(), ProjectFiles(root))


def seen(path: Path) -> list[str]:
    facts = facts_of(path)
    calls = [call for call in facts.nodes(cst.Call) if isinstance(call.func, cst.Name) and call.func.value == "see"]
    return [describe(facts, facts.kind(arg.value), arg.value) for call in calls for arg in call.args]


def read(facts: Facts) -> list[str]:
    facts.analysis  # noqa: B018  # what it needs is read meanwhile
    return sorted(Path(path).name for path in facts.project.read)


def test_functions_and_classes_of_a_module_beside_it(tmp_path: Path) -> None:
    main = project(
        tmp_path,
        layers="""
            WIDTH = 8

            def rows(t):
                return t.size(1) * 2

            class Block(nn.Module):
                def forward(self, x):
                    return x.flatten(1), x.size(2)
            """,
        main="""
            import layers
            from layers import Block, rows as count, WIDTH

            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.block = Block()
                    self.other = layers.Block()

                def forward(self, x):
                    y, n = self.block(x)
                    z, m = self.other(x)
                    see(y, n, m, count(x), layers.rows(x), WIDTH, layers.WIDTH)
                    return y
            """,
    )
    sizes = ["size x.2", "size x.2", "size x.1", "size x.1"]
    assert seen(main) == ["tensor", *sizes, "constant 8", "constant 8"]


def test_bases_of_another_module_of_the_package_through_its_init(tmp_path: Path) -> None:
    main = project(
        tmp_path,
        pkg__init="",
        pkg__layers__init="from .block import *\nfrom .norm import Norm as Normed\n",
        pkg__layers__block="""
            class Base(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.register_buffer("scale", torch.ones(3))

                def helper(self, x):
                    return x.max().item()
            """,
        pkg__layers__norm="class Norm(nn.Module):\n    def forward(self, x):\n        return x\n",
        pkg__main="""
            from .layers import Base, Normed

            class Net(Base):
                def __init__(self):
                    super().__init__()
                    self.norm = Normed()

                def forward(self, x):
                    see(self.scale, self.helper(x), self.norm(x))
                    return x
            """,
    )
    assert seen(main) == ["tensor", "data", "tensor"]
    facts = facts_of(main)
    assert read(facts) == ["__init__.py", "block.py", "norm.py"]
    (net,) = facts.module_classes
    assert [cls.name for cls in net.lineage] == ["Net", "Base"]
    assert not net.inherits_library


def test_imports_in_a_circle_end(tmp_path: Path) -> None:
    main = project(
        tmp_path,
        a="from b import f, g\n",
        b="from a import f\nimport main\ndef g(t):\n    return t.size(0)\n",
        main="""
            from a import f, g
            from main import Net

            class Net(nn.Module):
                def forward(self, x):
                    see(g(x), f(x))
                    return x
            """,
    )
    assert seen(main) == ["size x.0", "unknown"]


def test_files_beyond_the_limit_stay_unknown(tmp_path: Path) -> None:
    count = MOST_FILES + 2
    files = {f"m{i}": "def f(t):\n    return t.size(1)\n" for i in range(count)}
    imports = "".join(f"from m{i} import f as f{i}\n" for i in range(count))
    calls = ", ".join(f"f{i}(x)" for i in range(count))
    code = f"{imports}\nclass Net(nn.Module):\n    def forward(self, x):\n        see({calls})\n        return x\n"
    assert seen(project(tmp_path, **files, main=code)) == ["size x.1"] * MOST_FILES + ["unknown"] * 2


def test_what_is_installed_or_above_the_root_is_not_the_projects(tmp_path: Path) -> None:
    code = "def f(t):\n    return t.size(1)\n"
    project(tmp_path, above=code, work__venv__lib="", torch=code)
    (tmp_path / "work/site-packages").mkdir()
    (tmp_path / "work/site-packages/lib.py").write_text(code)
    main = tmp_path / "work/main.py"
    main.write_text(HEADER + "import above, lib, torch\n")
    load = ProjectFiles(tmp_path / "work")
    assert [load(str(main), name) for name in ("above", "lib", "torch", "..above", "none.such")] == [None] * 5
    inside = load(str(tmp_path / "work/site-packages/other.py"), "lib")
    assert inside is None


def test_one_installed_package_is_not_anothers_project(tmp_path: Path) -> None:
    for folder in ("site-packages", "dist-packages"):
        root = tmp_path / folder
        for package in ("torch", "models"):
            (root / package).mkdir(parents=True)
            (root / package / "__init__.py").write_text("")
        load = ProjectFiles(root)
        assert load(str(root / "models/net.py"), "torch") is None
        assert load(str(root / "models/net.py"), "models") is not None
        assert ProjectFiles(root / "models")(str(root / "models/net.py"), "models") is not None


def test_a_file_that_cannot_be_parsed_is_unknown(tmp_path: Path) -> None:
    main = project(
        tmp_path,
        broken="def f(:\n",
        main="from broken import f\nclass Net(nn.Module):\n    def forward(self, x):\n        see(f(x))\n        return x\n",
    )
    assert seen(main) == ["unknown"]


def test_findings_stand_in_the_checked_file_and_labels_where_they_point(tmp_path: Path) -> None:
    main = project(
        tmp_path,
        helpers="""
            def width(t):
                return t.size(3)

            def peak(t):
                return t.max().item()
            """,
        main="""
            from helpers import peak, width

            class Net(nn.Module):
                def forward(self, x):
                    if peak(x) > 3:
                        x = x + 1
                    return x * math.sqrt(width(x))
            """,
    )
    found, crashes = engine.predict(facts_of(main))
    assert crashes == []
    assert {d.path for d in found} == {str(main)}
    assert [(d.rule, d.span and d.span.line) for d in found] == [("data-dependent-branch", 12), ("math-on-size", 14)]
    (label,) = found[1].labels
    assert (label.path, label.span.line) == (str(tmp_path / "helpers.py"), 9)


def test_a_converter_that_an_imported_file_registers_is_known(tmp_path: Path) -> None:
    code = """
        import {imported}

        class Net(nn.Module):
            def forward(self, x):
                return torch.diag(x)
        """
    converters = """
        from coremltools.converters.mil.frontend.torch import register_torch_op

        @register_torch_op(override=True)
        def diag(context, node):
            pass
        """
    main = project(tmp_path, converters=converters, other="", main=code.format(imported="converters"))
    assert facts_of(main).unconvertible == ()
    main = project(tmp_path, main=code.format(imported="other"))
    assert [use.row.op for use in facts_of(main).unconvertible] == ["aten::diag"]


def test_what_does_not_convert_is_reported_in_its_own_file_alone(tmp_path: Path) -> None:
    main = project(
        tmp_path,
        layers="""
            class Block(nn.Module):
                def forward(self, x):
                    return torch.diag(x).view(1, 1, 1, 1, 1, -1) * 2
            """,
        main="""
            from layers import Block

            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.block = Block()

                def forward(self, x):
                    return self.block(x)
            """,
    )
    assert (facts_of(main).unconvertible, facts_of(main).high_ranks) == ((), ())
    layers = facts_of(tmp_path / "layers.py")
    assert (len(layers.unconvertible), len(layers.high_ranks)) == (1, 1)


def test_syntax_that_scripting_refuses_in_an_inherited_method_is_no_fault_of_the_heir(tmp_path: Path) -> None:
    main = project(
        tmp_path,
        layers="""
            class Base(nn.Module):
                def forward(self, x):
                    sizes: Dict[str, int] = {**self.sizes, "rows": x.size(0)}
                    return x * sizes["rows"]
            """,
        main="""
            from layers import Base

            class Net(Base):
                def __init__(self):
                    super().__init__()
                    self.sizes = {"columns": 3}
            """,
    )
    found, crashes = engine.predict(facts_of(main))
    assert (found, crashes) == ([], [])
    found, _ = engine.predict(facts_of(main.with_name("layers.py")))
    assert [(d.rule, d.message) for d in found] == [
        ("unsupported-syntax", "`**` in a dict, which TorchScript does not compile")
    ]
