"""Fixes where the text around them is not as plain as on the rule pages."""

from __future__ import annotations

import textwrap

import pytest
from fixing import HEAD, fixed

ROOT = "math-on-size"
BODY = """

class Net(torch.nn.Module):
    def forward(self, x):
        return x / {call}
"""


@pytest.mark.parametrize(
    ("imports", "call", "left"),
    [
        ("import math\nimport torch\n", "math.sqrt(x.size(2))", "import torch\n"),
        ("import torch\nimport math\n", "math.sqrt(x.size(2))", "import torch\n"),
        ("import math\n\nimport torch\n", "math.sqrt(x.size(2))", "import torch\n"),
        ("import os\n\nimport math\n\nimport torch\n", "math.sqrt(x.size(2))", "import os\n\nimport torch\n"),
        ("# what for\nimport math\nimport torch\n", "math.sqrt(x.size(2))", "# what for\nimport torch\n"),
        ("import math, os\nimport torch\n", "math.sqrt(x.size(2))", "import os\nimport torch\n"),
        ("import os, math\nimport torch\n", "math.sqrt(x.size(2))", "import os\nimport torch\n"),
        ("import os, math as m\nimport torch\n", "m.sqrt(x.size(2))", "import os\nimport torch\n"),
        ("from math import sqrt\nimport torch\n", "sqrt(x.size(2))", "import torch\n"),
        ("from math import pi, sqrt\nimport torch\n", "sqrt(x.size(2))", "from math import pi\nimport torch\n"),
        (
            "from math import (\n    pi,\n    sqrt as root,\n    tau,  # twice\n)\nimport torch\n",
            "root(x.size(2))",
            "from math import (\n    pi,\n    tau,  # twice\n)\nimport torch\n",
        ),
        (
            "from math import (\n    pi,\n    sqrt,\n)\nimport torch\n",
            "sqrt(x.size(2))",
            "from math import (\n    pi,\n)\nimport torch\n",
        ),
        ("import numpy as np\nimport torch\n", "np.sqrt(x.size(2))", "import torch\n"),
        ("import math\nimport torch\n", "(math.sqrt(x.size(2)) + math.sqrt(x.size(1)))", "import torch\n"),
    ],
)
def test_an_import_goes_with_the_last_use_that_a_fix_takes(imports: str, call: str, left: str) -> None:
    text = fixed(imports + BODY.format(call=call), ROOT)
    assert text.startswith(f"{left}\n\nclass Net")
    assert "sqrt(" not in text and "** 0.5" in text


@pytest.mark.parametrize(
    ("imports", "more", "path"),
    [
        ("import math  # noqa: F401\nimport torch\n", "", "/net.py"),
        ("import math as math\nimport torch\n", "", "/net.py"),
        ("import math\nimport torch\n", "", "/package/__init__.py"),
        ("import math\nimport torch\n\n__all__ = ['Net', 'math']\n", "", "/net.py"),
        ("import math\nimport torch\n", "\n\ndef area(r):\n    return math.pi * r\n", "/net.py"),
        ("import math\nimport torch\n", "\n\ndef area(r: 'math.pi'):\n    return r\n", "/net.py"),
        ("import math\nimport torch\n", "\nk = 1  # type: math.T\n", "/net.py"),
        ("try:\n    import math\nexcept ImportError:\n    math = None\nimport torch\n", "", "/net.py"),
        ("import math\nimport math\nimport torch\n", "", "/net.py"),
        ("import math; import os\nimport torch\n", "", "/net.py"),
        ("from os import (\n    path,\n)\nimport math, \\\n    os\nimport torch\n", "\nmath.pi\n", "/net.py"),
    ],
)
def test_an_import_that_may_be_meant_for_others_stays(imports: str, more: str, path: str) -> None:
    text = fixed(imports + BODY.format(call="math.sqrt(x.size(2))") + more, ROOT, path=path)
    assert text == imports + BODY.format(call="x.size(2) ** 0.5") + more


def test_an_import_inside_the_function_goes_too_but_leaves_no_block_empty() -> None:
    text = HEAD + textwrap.dedent(
        """\
        class Net(nn.Module):
            def forward(self, x):
                import math

                n = x.size(2)
                # the length
                return x / math.sqrt(  # of a row
                    n
                )
        """
    )
    assert fixed(text, ROOT) == HEAD + textwrap.dedent(
        """\
        class Net(nn.Module):
            def forward(self, x):
                n = x.size(2)
                # the length
                return x / n ** 0.5
        """
    )


def test_what_an_operator_takes_as_a_number_is_not_a_power() -> None:
    text = (
        "import math\n"
        + HEAD
        + textwrap.dedent(
            """\
        class Net(nn.Module):
            def forward(self, q, k, v):
                scale = 1 / math.sqrt(q.size(-1))
                return F.scaled_dot_product_attention(q, k, v, scale=scale)
        """
        )
    )
    assert fixed(text, ROOT) == text


def net(body: str, init: str = "pass", parameters: str = "x", more: str = "") -> str:
    """A module with this ``__init__`` and ``forward``."""
    lines = [
        "class Net(nn.Module):",
        "    def __init__(self):",
        "        super().__init__()",
        textwrap.indent(init, " " * 8),
        "",
        f"    def forward(self, {parameters}):",
        textwrap.indent(body, " " * 8),
    ]
    return HEAD + "\n".join(lines) + f"\n\n\n{more or 'scripted = torch.jit.script(Net().eval())'}\n"


LISTS = (
    "self.layers = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])\n"
    "self.norms = nn.ModuleList([nn.LayerNorm(3), nn.LayerNorm(3)])"
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "for i in range(len(self.layers)):\n    x = self.layers[i](x)\nreturn x",
            "for layer in self.layers:\n    x = layer(x)\nreturn x",
        ),
        (
            "layer = 2\nfor i in range(len(self.layers)):  # all\n    x = self.layers[i](x) * layer\nreturn x",
            "layer = 2\nfor layer_2 in self.layers:  # all\n    x = layer_2(x) * layer\nreturn x",
        ),
        (
            "for i in range(len(self.layers)):\n    x = self.layers[i](x)\nreturn x * i",
            "for i, layer in enumerate(self.layers):\n    x = layer(x)\nreturn x * i",
        ),
        (
            "for i in range(len(self.layers)):\n    x = self.norms[i](self.layers[i](x)) + i\nreturn x",
            "for i, (layer, norm) in enumerate(zip(self.layers, self.norms)):\n    x = norm(layer(x)) + i\nreturn x",
        ),
        (
            "for i in range(len(self.layers)):\n    if i > 0:\n        x = self.layers[i](x)\nreturn x",
            "for i, layer in enumerate(self.layers):\n    if i > 0:\n        x = layer(x)\nreturn x",
        ),
        (
            "for i in range(len(self.layers)):\n    x = (self.layers[i])(x)\n    x = self.layers[i](x)\nreturn x",
            "for layer in self.layers:\n    x = (layer)(x)\n    x = layer(x)\nreturn x",
        ),
    ],
)
def test_a_loop_with_an_index_becomes_one_over_the_modules(before: str, after: str) -> None:
    assert fixed(net(before, LISTS), "module-list-index") == net(after, LISTS)


@pytest.mark.parametrize(
    "body",
    [
        "for i in range(1, len(self.layers)):\n    x = self.layers[i](x)\nreturn x",
        "for i in range(len(self.layers)):\n    i = 1 - i\n    x = self.layers[i](x)\nreturn x",
        "for i in range(len(self.layers)):\n    x = self.norms[i](x)\nreturn x",
        "for i in range(len(self.layers)):\n    x = self.layers[i - 1](x)\nreturn x",
        "for i in range(3):\n    x = self.layers[i](x)\nreturn x",
        "for i in range(len(self.layers)):\n    for i in range(1):\n        x = self.layers[i](x)\nreturn x",
    ],
)
def test_another_loop_is_let_be(body: str) -> None:
    text = net(body, LISTS)
    assert fixed(text, "module-list-index") == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[nn.Linear(3, 3), nn.Linear(3, 3)]", "nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])"),
        ("(nn.Linear(3, 3), nn.Linear(3, 3))", "(nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)]))"),
        ("nn.Linear(3, 3), nn.Linear(3, 3)", "nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])"),
        (
            "[\n    nn.Linear(3, 3),  # one\n    nn.Linear(3, 3),\n]",
            "nn.ModuleList([\n    nn.Linear(3, 3),  # one\n    nn.Linear(3, 3),\n])",
        ),
    ],
)
def test_modules_in_a_list_are_put_into_a_container(before: str, after: str) -> None:
    loop = "for layer in self.layers:\n    x = layer(x)\nreturn x"
    text = net(loop, f"self.layers = {before}", more="k = 1")
    assert fixed(text, "unregistered-module") == net(loop, f"self.layers = {after}", more="k = 1")


@pytest.mark.parametrize(
    "init",
    [
        "self.layers = [nn.Linear(3, 3)]\nself.layers = self.layers + [nn.Linear(3, 3)]",
        "if k:\n    self.layers = [nn.Linear(3, 3)]\nelse:\n    self.layers = [nn.Linear(3, 3)] * 2",
    ],
)
def test_a_list_that_is_set_twice_is_let_be(init: str) -> None:
    text = net("for layer in self.layers:\n    x = layer(x)\nreturn x", init, more="k = 1")
    assert fixed(text, "unregistered-module") == text


@pytest.mark.parametrize("key", ['"a.b"', '"items"', "3", "KEY"])
def test_keys_that_a_module_dict_does_not_take_are_let_be(key: str) -> None:
    text = net(f"return self.heads[{key}](x)", f"self.heads = {{{key}: nn.Linear(3, 3)}}", more="KEY = 'left'")
    assert fixed(text, "unregistered-module") == text


MOVED = "model = Net().eval().double()\ntraced = torch.jit.trace(model, torch.rand(2, 3).double())"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("self.mix = torch.eye(3)", 'self.register_buffer("mix", torch.eye(3), persistent=False)'),
        (
            "self.mix = torch.eye(\n    3  # three\n)  # mixes",
            'self.register_buffer("mix", torch.eye(\n    3  # three\n), persistent=False)  # mixes',
        ),
        ("self.mix = (torch.eye(3))", 'self.register_buffer("mix", (torch.eye(3)), persistent=False)'),
        ("self.mix = torch.eye(3)\nself.mix = torch.ones(3, 3)", None),
        ("self.mix: torch.Tensor = torch.eye(3)", None),
    ],
)
def test_a_tensor_becomes_a_buffer(before: str, after: str | None) -> None:
    text = net("return x @ self.mix", before, more=MOVED)
    assert fixed(text, "plain-tensor-attribute") == net("return x @ self.mix", after or before, more=MOVED)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("int(x.size(2) / 2)", "x.size(2) // 2"),
        ("3 * int(x.size(2) / 2)", "3 * (x.size(2) // 2)"),
        ("1 + int(x.size(2) / 2)", "1 + x.size(2) // 2"),
        ("-int(x.size(2) / 2)", "-(x.size(2) // 2)"),
        ("int((x.size(2) + 3) / 2)", "(x.size(2) + 3) // 2"),
        ("int((x.size(2) - 3) / 2)", None),
        ("int(x.size(2) / 0.5)", None),
        ("int(x.size(2) / 0)", None),
        ("int(x.size(2) * 0.5)", None),
        ("int(  # half\n    x.size(2) / 2\n)", "x.size(2) // 2"),
    ],
)
def test_half_a_size(before: str, after: str | None) -> None:
    text = net(f"return x.narrow(2, 0, 1) * torch.arange({before})", more="k = 1")
    assert fixed(text, "size-to-int") == net(
        f"return x.narrow(2, 0, 1) * torch.arange({after or before})", more="k = 1"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x / x.sum().item()", "x / x.sum().detach()"),
        ("x * (2 * x.max().item() + 1)", "x * (2 * x.max().detach() + 1)"),
        ("x / x.sum(0).item()", None),
        ("x - x.any().item()", None),
        ("x.view(x.max().item(), -1)", None),
        ("x / len(x)", "x / x.size(0)"),
    ],
)
def test_a_number_read_out_of_a_tensor(before: str, after: str | None) -> None:
    text = net(f"return {before}", more="k = 1")
    assert fixed(text, "python-scalar") == net(f"return {after or before}", more="k = 1")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("F.avg_pool1d(x, x.size(2))", "F.adaptive_avg_pool1d(x, 1)"),
        ("F.avg_pool1d(x, kernel_size=x.shape[-1])", "F.adaptive_avg_pool1d(x, 1)"),
        ("F.max_pool1d(x, x.size()[2])", "F.adaptive_max_pool1d(x, 1)"),
        ("F.avg_pool2d(x, x.size(2))", None),
        ("F.avg_pool1d(x, x.size(2), 1)", None),
        ("F.avg_pool1d(x, y.size(2))", None),
        ("F.avg_pool1d(x, x.size(2) // 2)", None),
    ],
)
def test_a_window_as_large_as_the_tensor(before: str, after: str | None) -> None:
    text = net(f"return {before}", parameters="x, y", more="k = 1")
    assert fixed(text, "size-as-argument") == net(f"return {after or before}", parameters="x, y", more="k = 1")


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ("import torch\n", "from typing import Optional\n\nimport torch\n"),
        ("import math\n\nimport torch\n", "from typing import Optional\nimport math\n\nimport torch\n"),
        ('"""Doc."""\n\nimport torch\n', '"""Doc."""\n\nfrom typing import Optional\n\nimport torch\n'),
        ("from typing import List\nimport torch\n", "from typing import List, Optional\nimport torch\n"),
        ("from typing import Any, Tuple\nimport torch\n", "from typing import Any, Optional, Tuple\nimport torch\n"),
        (
            "from typing import (\n    List,  # many\n)\nimport torch\n",
            "from typing import (\n    List, Optional,  # many\n)\nimport torch\n",
        ),
    ],
)
def test_what_an_annotation_needs_is_imported(imports: str, expected: str) -> None:
    body = (
        "\n\nclass Net(torch.nn.Module):\n    def forward(self, x, mask{}None):\n"
        "        return x if mask is None else x * mask\n\n\ntorch.jit.script(Net().eval())\n"
    )
    text = fixed(imports + body.format("="), "none-default")
    assert text == expected + body.format(": Optional[torch.Tensor] = ")


@pytest.mark.parametrize(
    ("imports", "word"),
    [
        ("import torch\nfrom typing import Optional\n", "Optional"),
        ("import typing\nimport torch\n", "typing.Optional"),
    ],
)
def test_what_is_imported_already_is_not_imported_again(imports: str, word: str) -> None:
    body = "\n\nclass Net(torch.nn.Module):\n    def forward(self, x, n{} = None):\n        return x\n\n\nnet = Net()\n"
    text = fixed(imports + body.format(": int"), "unsupported-annotation")
    assert text == imports + body.format(f": {word}[int]")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x, scale=2", "x, scale: int = 2"),
        ("x, scale = 2.5", "x, scale: float = 2.5"),
        ("x, flag=False,  # a flag\n        ", "x, flag: bool = False,  # a flag\n        "),
        ("x, *, scale: float = 1.0", "x, scale: float = 1.0"),
        ("x, k: int = 1, *, flag: bool = False", "x, k: int = 1, flag: bool = False"),
        ("x, mask=(2)", None),
    ],
)
def test_a_parameter_is_annotated(before: str, after: str | None) -> None:
    rules = "untyped-parameter", "variadic-parameters"
    text = net("return x * 2", parameters=before)
    assert fixed(text, *rules) == net("return x * 2", parameters=after or before)


def test_a_wrapper_goes_round_every_model_that_is_traced() -> None:
    text = net(
        'return {"a": x, "b": x * 2}',
        more="def main():\n    one = torch.jit.trace(Net().eval(), torch.rand(2))\n"
        "    two = torch.jit.trace(\n        func=Net(),  # in training mode\n        example_inputs=torch.rand(2),\n    )\n"
        "    return one, two",
    )
    new = fixed(text, "dict-output", "missing-eval")
    assert "torch.jit.trace(NetOutputs(Net()).eval(), torch.rand(2))" in new
    assert "        func=NetOutputs(Net()).eval(),  # in training mode\n" in new
    assert new.count("class NetOutputs(nn.Module):") == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return Net().eval()", "return NetOutputs(Net()).eval()"),
        (
            "model = Net()\n    model.eval()\n    return model",
            "model = Net()\n    model.eval()\n    return NetOutputs(model).eval()",
        ),
        ("model = Net().train()\n    return model", "model = Net().train()\n    return NetOutputs(model)"),
        ("return (Net().eval())", "return (NetOutputs(Net()).eval())"),
    ],
)
def test_a_wrapper_goes_round_what_is_built_where_nothing_is_traced(before: str, after: str) -> None:
    text = net('return {"a": x}', more=f"def build_model():\n    {before}")
    assert fixed(text, "dict-output").endswith(f"def build_model():\n    {after}\n")


@pytest.mark.parametrize(
    "more",
    [
        "def build_model():\n    return Net()\n\n\nout = build_model()(torch.rand(2))['a']",
        "def build_model():\n    return Net()\n\n\nscripted = torch.jit.script(Net().eval())",
        "class NetOutputs:\n    pass\n\n\ndef build_model():\n    return Net()",
        "class Wrapper(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.net = Net()\n\n"
        "    def forward(self, x):\n        return self.net(x)['a']\n\n\ndef build_model():\n    return Wrapper()",
    ],
)
def test_no_wrapper_where_one_stands_or_the_mapping_is_used(more: str) -> None:
    text = net('return {"a": x}', more=more)
    assert fixed(text, "dict-output") == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '@torch.no_grad()\ndef forward(self, x):\n    """Doc."""\n    # first\n    y = torch.relu(x)\n\n    return y',
            'def forward(self, x):\n    """Doc."""\n    # first\n    with torch.no_grad():\n        y = torch.relu(x)\n\n'
            "        return y",
        ),
        (
            "# why\n@torch.no_grad()\ndef forward(self, x):\n    if x.sum() > 0:\n        x = torch.relu(\n            x\n"
            "        )  # up\n        # half\n    return x",
            "# why\ndef forward(self, x):\n    with torch.no_grad():\n        if x.sum() > 0:\n            x = torch.relu(\n"
            "                x\n            )  # up\n            # half\n        return x",
        ),
        (
            '@torch.no_grad()\ndef forward(self, x):\n    assert x.dim() == 2, """\n    two"""\n    return torch.relu(x)',
            None,
        ),
        ("@torch.no_grad()  # speed\ndef forward(self, x):\n    return torch.relu(x)", None),
    ],
)
def test_a_decorator_becomes_a_context(before: str, after: str | None) -> None:
    text = f"{HEAD}class Net(nn.Module):\n{{}}\n\n\ntorch.jit.script(Net().eval())\n"
    wanted = text.format(textwrap.indent(after or before, "    "))
    assert fixed(text.format(textwrap.indent(before, "    ")), "decorated-method") == wanted


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return nn.Softmax(dim=1)(x)", "return F.softmax(x, dim=1)"),
        ("return nn.MaxPool2d(2, stride=1)(x * 2) + 1", "return F.max_pool2d(x * 2, 2, stride=1) + 1"),
        ("return nn.ReLU()(x)", "return F.relu(x)"),
        ("return nn.ReLU()(  # rectified\n    x)", None),
        ("return nn.GELU('tanh')(x)", None),
        ("return nn.MaxPool2d(2, 2, 0, 1, True)(x)", None),
        ("return nn.Linear(3, 3)(x)", None),
        ("return nn.Dropout(0.5)(x)", None),
    ],
)
def test_a_layer_made_where_it_is_called_becomes_a_function(before: str, after: str | None) -> None:
    assert fixed(net(before), "constructor-in-forward") == net(after or before)


@pytest.mark.parametrize(
    ("before", "after", "parameters"),
    [
        ("return x.cuda()", "return x", "x"),
        ("return torch.ones(3).cuda() * x", "return torch.ones(3).to(x.device) * x", "x"),
        ("return (x + 1).to('cuda')", "return (x + 1).to(x.device)", "x"),
        ("return x + torch.ones(3, device='cuda:0')", "return x + torch.ones(3, device=x.device)", "x"),
        ("return x.cuda(non_blocking=True)", None, "x"),
        ("x = x * 2\nreturn x.cuda()", None, "x"),
        ("return torch.ones(3).cuda()", None, ""),
    ],
)
def test_the_device_of_the_input(before: str, after: str | None, parameters: str) -> None:
    text = net(before, parameters=parameters, more="k = 1").replace("self, )", "self)")
    assert (
        fixed(text, "fixed-device") == text.replace(before.replace("\n", "\n        "), after or "") if after else text
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("total = 0\nfor row in x:\n    total = total + row.sum()", "total = x.new_zeros(())"),
        ("total = 1\nfor row in x:\n    total = total + row.sum()", "total = 1"),
    ],
)
def test_a_sum_starts_with_a_tensor(before: str, after: str) -> None:
    text = net(f"{before}\nreturn total")
    assert fixed(text, "tensor-to-number") == text.replace(before.partition("\n")[0], after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x.view(*x.shape[:2], -1)", "x.view(x.size(0), x.size(1), -1)"),
        ("x.view(-1, *x.shape[-2:])", "x.view(-1, x.size(-2), x.size(-1))"),
        ("x.view(*x.size()[:1], -1)", "x.view(x.size(0), -1)"),
        ("x.view(*x.shape[:-1], -1)", None),
        ("x.view(*x.shape[::2], -1)", None),
        ("x.view(*(x * 2).shape[:1], -1)", None),
    ],
)
def test_sizes_are_spelled_out(before: str, after: str | None) -> None:
    assert fixed(net(f"return {before}"), "unsized-list") == net(f"return {after or before}")


def test_a_method_is_traced_through_a_module_that_calls_it() -> None:
    text = HEAD + textwrap.dedent(
        """\
        class Codec(nn.Module):
            def encode_all(self, x, scale: float = 2.0):  # shrinks
                return x * scale

            def forward(self, x):
                return x


        # traced here
        traced = torch.jit.trace(  # the encoder alone
            Codec().eval().encode_all,
            torch.rand(3),
        )
        """
    )
    assert fixed(text, "traced-bound-method") == HEAD + textwrap.dedent(
        """\
        class Codec(nn.Module):
            def encode_all(self, x, scale: float = 2.0):  # shrinks
                return x * scale

            def forward(self, x):
                return x


        class CodecEncodeAll(nn.Module):
            def __init__(self, model):
                super().__init__()
                self.model = model

            def forward(self, x, scale: float = 2.0):
                return self.model.encode_all(x, scale)


        # traced here
        traced = torch.jit.trace(  # the encoder alone
            CodecEncodeAll(Codec().eval()).eval(),
            torch.rand(3),
        )
        """
    )


def test_an_optimisation_is_left_out() -> None:
    text = HEAD + "net = nn.Linear(3, 3).eval()\n{}traced = torch.jit.trace({}, torch.rand(2, 3))\n"
    rule = "optimised-before-convert"
    assert fixed(text.format("net.compile()  # fast\n", "net"), rule) == text.format("pass  # fast\n", "net")
    assert fixed(text.format("net = torch.compile(net)\n", "net"), rule) == text.format("", "net")
    assert fixed(text.format("fast = torch.compile(net)\n", "fast"), rule) == text.format("fast = net\n", "fast")
    assert fixed(text.format("", "torch.compile(net, dynamic=True)"), rule) == text.format("", "net")
    late = HEAD + "net = nn.Linear(3, 3).eval()\nnet.compile(); torch.jit.trace(net, torch.rand(2, 3))"
    assert fixed(late, rule) == late.replace("net.compile()", "pass")


@pytest.mark.torch
def test_functions_take_what_their_layers_take() -> None:
    torch = pytest.importorskip("torch")
    from tslint.checks.constructor_in_forward import FUNCTIONS

    arguments = {
        "MaxPool": [(2,), (2, 1), (3, 1, 1)],
        "AvgPool": [(2,), (2, 1), (3, 1, 1)],
        "Adaptive": [(2,)],
        "Softm": [(1,)],
        "LogSoftmax": [(1,)],
        "LeakyReLU": [(), (0.3,), (0.3, False)],
        "ELU": [(), (0.7,)],
        "Softplus": [(), (2.0,), (2.0, 0.5)],
        "Hardtanh": [(), (-0.5, 0.5), (-0.5, 0.5, False)],
    }
    for layer, function in FUNCTIONS.items():
        named = [key for key in arguments if layer.startswith(key) or layer == key]
        dimensions = next((int(part) for part in "123" if f"{part}d" in layer), 2)
        x = torch.randn(2, 3, *[8] * dimensions)
        for given in arguments[named[0]] if named else [()]:
            wanted = getattr(torch.nn, layer)(*given)(x)
            assert torch.equal(wanted, getattr(torch.nn.functional, function)(x, *given)), layer
    assert torch.equal(torch.nn.GELU(approximate="tanh")(x), torch.nn.functional.gelu(x, approximate="tanh"))


@pytest.mark.parametrize(("second", "typed"), [("scaled(x, 3)", True), ("scaled(x, 2.5)", False)])
def test_what_calls_disagree_about_is_not_annotated(second: str, typed: bool) -> None:
    text = net(f"return scaled(x, 2) + {second}").replace(
        "class Net", "def scaled(x, n):\n    return x * n\n\n\nclass Net"
    )
    wanted = text.replace("def scaled(x, n)", "def scaled(x, n: int)") if typed else text
    assert fixed(text, "untyped-parameter") == wanted


def test_a_static_method_has_no_parameter_for_the_module() -> None:
    text = net("return self.scaled(2, x)").replace(
        "    def forward", "    @staticmethod\n    def scaled(n, x):\n        return x.repeat(n, 1)\n\n    def forward"
    )
    assert fixed(text, "untyped-parameter") == text.replace("scaled(n, x)", "scaled(n: int, x)")
