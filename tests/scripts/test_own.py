"""What a script needs of the user's file: which statements build the model, what is imported, the file's own conversion."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tslint import static
from tslint.facts.entries import outline
from tslint.scripts.own import CannotWrite, Own, own_code
from tslint.source import Source


def own(source: str, tmp_path: Path, function: str = "torch.jit.trace") -> Own:
    """What the file SOURCE has for the last call of FUNCTION."""
    path = tmp_path / "model.py"
    path.write_text(textwrap.dedent(source))
    facts = static.facts_of(Source.read(path), str(tmp_path))
    calls = outline(facts).calls
    place = [call.place for call in calls if call.function == function][-1]
    conversion = next((call.place for call in calls if call.function == "coremltools.convert"), None)
    return own_code(facts.source.text, calls, place, conversion)


HEAD = """
import coremltools as ct
import torch
from torch import nn

SIZES = [4, 8]
UNUSED = 3


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)


class Other(Net):
    pass
"""


def test_a_file_with_a_guard_is_imported_from(tmp_path):
    found = own(
        HEAD
        + """
if __name__ == "__main__":
    # The second size.
    net = Net(SIZES[1])
    print(net)
    net.load_state_dict({})
    unneeded = 1

    example = torch.rand(1, 8)
    traced = torch.jit.trace(net, example)
    mlmodel = ct.convert(traced, inputs=[ct.TensorType(shape=example.shape)])
    mlmodel.author = "a"
    print("saved")
    mlmodel.save("net.mlpackage")
""",
        tmp_path,
    )
    assert (found.model, found.example, found.inputs) == ("net", "example", "tensor")
    assert found.taken == {"Net", "SIZES"}
    assert sorted(found.imports) == ["import coremltools as ct", "import torch"]
    assert found.before == [
        "# The second size.\nnet = Net(SIZES[1])",
        "net.load_state_dict({})",
        "\nexample = torch.rand(1, 8)",
    ]
    assert found.conversion == ("ct.convert(", ", inputs=[ct.TensorType(shape=example.shape)])")
    assert found.after == ['mlmodel.author = "a"', 'mlmodel.save("net.mlpackage")']


def test_a_file_that_converts_as_it_is_imported_has_its_definitions_repeated(tmp_path):
    found = own(
        HEAD
        + """
torch.manual_seed(0)
traced = torch.jit.trace(Net(SIZES[0]).eval(), (torch.rand(1, 4),))
""",
        tmp_path,
    )
    assert found.taken == set()
    assert found.model == "Net(SIZES[0]).eval()"
    assert (found.example, found.inputs) == ("(torch.rand(1, 4),)", "sequence")
    assert [text.strip().splitlines()[0] for text in found.before] == [
        "SIZES = [4, 8]",
        "class Net(nn.Module):",
        "torch.manual_seed(0)",
    ]
    assert sorted(found.imports) == ["from torch import nn", "import torch"]


def test_a_program_stands_for_the_model_that_it_was_made_of(tmp_path):
    found = own(
        HEAD
        + """
class Loop(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body


net = Net(4)
traced = torch.jit.trace(net.eval(), torch.rand(1, 4)).eval()
ready = [traced]
scripted = torch.jit.script(Loop(traced))
mlmodel = ct.convert(model=scripted)
""",
        tmp_path,
        "torch.jit.script",
    )
    assert (found.model, found.example) == ("Loop(net.eval())", None)
    assert found.before[-1] == "\nnet = Net(4)"
    assert not any("ready" in text for text in found.before)
    assert found.conversion == ("ct.convert(model=", ")")


def test_a_function_has_its_parameters_as_they_are_given(tmp_path):
    found = own(
        HEAD
        + """
def main(width, count: int = 2, *, seed=None):
    net = Net(width * count)
    torch.jit.trace(net, torch.rand(1, width * count))


if __name__ == "__main__":
    main(SIZES[0], seed=3)
""",
        tmp_path,
    )
    assert found.before == ["width = SIZES[0]", "count = 2", "net = Net(width * count)"]
    assert found.taken == {"Net", "SIZES"}


def test_a_model_that_is_trained_or_loaded_in_a_loop_stays_so(tmp_path):
    found = own(
        HEAD
        + """
if __name__ == "__main__":
    net = Net(4)
    optimizer = torch.optim.SGD(net.parameters())
    history = []
    for _ in range(3):
        loss = net(torch.rand(1, 4)).sum()
        loss.backward()
        optimizer.step()
    if SIZES:
        net.load_state_dict({})
    score = net(torch.rand(1, 4))
    print(net(torch.rand(1, 4)), history)
    torch.jit.trace(net.forward, torch.rand(1, 4))
""",
        tmp_path,
    )
    assert found.model == "net"
    assert [text.split("\n")[0] for text in found.before] == [
        "net = Net(4)",
        "optimizer = torch.optim.SGD(net.parameters())",
        "for _ in range(3):",
        "if SIZES:",
    ]


def test_a_name_that_nothing_binds_comes_with_a_star(tmp_path):
    source = "import torch\nfrom layers import *\n\ntraced = torch.jit.trace(Net(), torch.rand(1, 4))\n"
    found = own(source, tmp_path)
    assert found.imports == ["from layers import *", "import torch"]


def test_definitions_that_are_repeated_are_read_as_the_file_has_them_read(tmp_path):
    source = "from __future__ import annotations\nimport torch\n\nt = torch.jit.trace(torch.nn.ReLU(), torch.rand(1))\n"
    assert own(source, tmp_path).imports == ["import torch", "from __future__ import annotations"]


def test_what_stands_within_another_statement(tmp_path):
    found = own(
        HEAD
        + """
def main():
    with torch.no_grad():
        net = Net(4)
        if SIZES:
            example = torch.rand(1, 4)
            traced = torch.jit.trace(net, example)
    try:
        mlmodel = ct.convert(traced)
        mlmodel.save("a.mlpackage")
    except ValueError:
        raise


main()
""",
        tmp_path,
    )
    assert found.before[-2:] == ["net = Net(4)", "example = torch.rand(1, 4)"]
    assert found.conversion == ("ct.convert(", ")")
    assert found.after == ['mlmodel.save("a.mlpackage")']


def test_keywords_and_arguments_of_an_export(tmp_path):
    found = own(HEAD + '\ntorch.jit.trace(Net(4), example_kwarg_inputs={"x": torch.rand(1, 4)})\n', tmp_path)
    assert (found.example, found.inputs) == ('{"x": torch.rand(1, 4)}', "keywords")
    found = own(
        HEAD + "\nexported = torch.export.export(Net(4), (torch.rand(1, 4),), strict=bool(SIZES))\n",
        tmp_path,
        "torch.export.export",
    )
    assert (found.example, found.inputs) == ("(torch.rand(1, 4),)", "sequence")
    assert found.call == ("torch.export.export(", ", (torch.rand(1, 4),), strict=bool(SIZES))")
    assert any("SIZES" in text for text in found.before)


def test_a_form_feed_ends_no_line(tmp_path):
    found = own(HEAD + '\n\f\nname = "a\f"\nnet = Net(name)\nt = torch.jit.trace(net, torch.rand(1, 3))\n', tmp_path)
    assert [text.lstrip() for text in found.before[-2:]] == ['name = "a\f"', "net = Net(name)"]


def test_text_that_is_not_ascii_stays_in_its_place(tmp_path):
    found = own(HEAD + '\nnät = Net(len("äöü")); t = torch.jit.trace(nät, torch.rand(1, 3))\n', tmp_path)
    assert found.model == "nät"
    assert found.before[-1] == '\nnät = Net(len("äöü"))'


@pytest.mark.parametrize(
    "source, said",
    [
        ("for w in SIZES:\n    torch.jit.trace(Net(w), torch.rand(1, 4))\n", "stands in a loop"),
        (
            "class Tool:\n    def __init__(self):\n        torch.jit.trace(Net(4), torch.rand(1, 4))\n\n\nTool()\n",
            "inside of a class",
        ),
        (
            "def main(width):\n    torch.jit.trace(Net(width), torch.rand(1, 4))\n\n\nfor w in SIZES:\n    main(*[w])\n",
            "`main` is given `width`, whose value is not known",
        ),
        (
            "def f():\n    return torch.jit.trace(Net(4), torch.rand(1, 4))\n\n\nct.convert(f())\n",
            "is not called where the model is",
        ),
    ],
)
def test_what_cannot_be_written_is_said(source, said, tmp_path):
    with pytest.raises(CannotWrite, match=said):
        own(f"{HEAD}\n\n{source}", tmp_path)


def test_relative_imports_of_a_file_that_converts_on_import(tmp_path):
    with pytest.raises(CannotWrite, match="from its own package"):
        own(
            "import torch\nfrom .layers import Net\n\ntraced = torch.jit.trace(Net(), torch.rand(1, 4))\n",
            tmp_path,
        )
