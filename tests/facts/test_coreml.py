"""Which calls of a file coremltools cannot convert, by the table."""

from __future__ import annotations

import textwrap

import pytest
from support import facts_of

from tslint.facts.coreml import table
from tslint.facts.coreml.registered import canonical

MODULE = """
class Net(nn.Module):
    def __init__(self, slope=0.1):
        super().__init__()
{init}
    def forward(self, x, y):
{body}
"""


def found(body: str, init: str = "pass", before: str = "") -> list[tuple[str, str]]:
    """(the call, the op) of each use in a module whose forward has this body."""
    code = textwrap.dedent(before) + MODULE.format(
        init=textwrap.indent(textwrap.dedent(init), " " * 8), body=textwrap.indent(textwrap.dedent(body), " " * 8)
    )
    facts = facts_of(code)
    return [(facts.text(use.node), use.row.op) for use in facts.unconvertible]


@pytest.mark.parametrize(
    ("call", "op"),
    [
        ("torch.diag(x)", "aten::diag"),
        ("x.diag()", "aten::diag"),
        ("x.addcmul_(y, y)", "aten::addcmul_"),
        ("F.cross_entropy(x, y)", "aten::cross_entropy_loss"),
        ("nn.functional.l1_loss(x, y)", "aten::l1_loss"),
        ("nn.CrossEntropyLoss()(x, y)", "aten::cross_entropy_loss"),
        ("F.interpolate(x, scale_factor=2.0, mode='bicubic')", "aten::upsample_bicubic2d"),
        ("F.interpolate(x, None, 2.0, 'bicubic')", "aten::upsample_bicubic2d"),
        ("F.interpolate(x, (4, 4), mode='bicubic', antialias=True)", "aten::_upsample_bicubic2d_aa"),
        ("F.interpolate(x, (4, 4), mode='bicubic', antialias=False)", "aten::upsample_bicubic2d"),
        ("F.leaky_relu(x, 1)", "aten::leaky_relu"),
        ("F.leaky_relu(x, negative_slope=1)", "aten::leaky_relu"),
    ],
)
def test_functions_methods_and_layers(call: str, op: str) -> None:
    assert found(f"return {call}") == [(call, op)]


@pytest.mark.parametrize(
    "call",
    [
        "torch.relu(x)",
        "F.interpolate(x, scale_factor=2.0, mode='nearest')",
        "F.interpolate(x, scale_factor=2.0)",
        "F.leaky_relu(x, 0.1)",
        "F.leaky_relu(x)",
        "nn.LeakyReLU(slope)(x)",
        "self.helper(x).diag()",
        "self.helper.diag()",
        "np.diag(x)",
    ],
)
def test_what_converts_or_is_not_known_is_silent(call: str) -> None:
    assert found(f"slope = self.slope\nreturn {call}", "self.slope = slope\nself.helper = build()") == []


def test_layers_made_in_the_constructor_are_found_where_they_are_called() -> None:
    init = "self.loss = nn.L1Loss()\nself.net = nn.Sequential(nn.Linear(2, 2), nn.LeakyReLU(1))"
    assert found("return self.loss(x, y)", init) == [("self.loss(x, y)", "aten::l1_loss")]
    assert found("return self.net(x)", init) == [("self.net(x)", "aten::leaky_relu")]


def test_a_choice_of_layers_is_found_where_none_converts() -> None:
    init = "self.act = nn.Softshrink() if slope else nn.{}()"
    assert found("return self.act(x)", init.format("ReLU")) == []
    assert found("return self.act(x)", init.format("Hardshrink")) == [
        ("self.act(x)", "aten::softshrink"),
        ("self.act(x)", "aten::hardshrink"),
    ]


def test_a_layer_that_is_never_called_is_silent() -> None:
    assert found("return x", "self.loss = nn.L1Loss()") == []


def test_helpers_and_inner_classes_are_followed() -> None:
    helper = "def helper(a):\n    return torch.diag(a)\n"
    assert found("return helper(x)", before=helper) == [("torch.diag(a)", "aten::diag")]
    inner = "class Inner(nn.Module):\n    def forward(self, a):\n        return a.diag()\n"
    assert found("return self.inner(x)", "self.inner = Inner()", inner) == [("a.diag()", "aten::diag")]


def test_a_subclass_of_a_layer_is_that_layer() -> None:
    before = "class Mine(nn.L1Loss):\n    pass\n"
    assert found("return self.loss(x, y)", "self.loss = Mine()", before) == [("self.loss(x, y)", "aten::l1_loss")]


@pytest.mark.parametrize(
    "body",
    [
        "if self.training:\n    x = torch.diag(x)\nreturn x",
        "unused = torch.diag(x)\nreturn x",
        "print(torch.diag(x))\nreturn x",
        "return x.view(-1, torch.prod(y).item())",
        "n = y.prod() // 4\nm = n + 1\nreturn x * int(m)",
        "if torch.diag(y).max() > 3:\n    x = x + 1\nreturn x",
        "return x * float(torch.prod(y))",
        "if torch.jit.is_scripting():\n    x = torch.diag(x)\nreturn x",
    ],
)
def test_what_tracing_never_records_is_silent(body: str) -> None:
    assert found(body) == []


@pytest.mark.parametrize(
    "body",
    [
        "if target is not None:\n    x = torch.diag(x)\nreturn x",
        "if target is None:\n    return x\nreturn torch.diag(x)",
        "if target is not None:\n    x = self.helper(x)\nreturn x",
        "if self.rate == 0 or not self.training:\n    return x\nreturn torch.diag(x)",
        "if self.training == False or self.rate == 0:\n    return x\nreturn torch.diag(x)",
        "if self.rate > 0 and self.training:\n    x = self.helper(x)\nreturn x",
    ],
)
def test_code_that_needs_an_argument_left_out_or_training_is_silent(body: str) -> None:
    code = f"""
class Net(nn.Module):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate
    def helper(self, a):
        return torch.diag(a)
    def forward(self, x, target=None):
{textwrap.indent(body, " " * 8)}
"""
    assert facts_of(code).unconvertible == ()


def test_an_optional_argument_that_has_a_substitute_is_no_condition() -> None:
    code = """
class Net(nn.Module):
    def forward(self, x, mask=None):
        if mask is None:
            mask = torch.ones_like(x)
        return torch.diag(x * mask)
"""
    assert [use.row.op for use in facts_of(code).unconvertible] == ["aten::diag"]


def test_code_that_no_forward_reaches_is_silent() -> None:
    assert found("return x", before="def helper(a):\n    return torch.diag(a)\n") == []


@pytest.mark.parametrize(
    "registration",
    [
        "@register_torch_op\ndef diag(context, node):\n    pass\n",
        "@register_torch_op()\ndef diag(context, node):\n    pass\n",
        "@register_torch_op(torch_alias=['diag'], override=True)\ndef mine(context, node):\n    pass\n",
    ],
)
def test_what_the_file_registers_is_silent(registration: str) -> None:
    before = "from coremltools.converters.mil.frontend.torch import register_torch_op\n" + registration
    assert found("return torch.diag(x) + torch.diff(x)", before=before) == [("torch.diff(x)", "aten::diff")]


def test_another_decorator_of_that_name_registers_nothing() -> None:
    before = "def register_torch_op(f):\n    return f\n@register_torch_op\ndef diag(context, node):\n    pass\n"
    assert found("return torch.diag(x)", before=before) == [("torch.diag(x)", "aten::diag")]


@pytest.mark.parametrize(
    ("op", "name"),
    [("aten::diag", "diag"), ("aten::addcmul_", "addcmul"), ("aten::__or__", "or"), ("prim::PythonOp", "pythonop")],
)
def test_ops_are_looked_up_as_coremltools_does(op: str, name: str) -> None:
    assert canonical(op) == name


def test_a_line_of_the_table() -> None:
    row = table.read("F.x\tmissing aten::x\tmode@3='a'|'b'\trank=5")
    assert (row.name, row.missing, row.op) == ("F.x", True, "aten::x")
    assert row.conditions == (
        table.Condition("mode", 3, frozenset({"'a'", "'b'"})),
        table.Condition("rank", None, frozenset({"5"})),
    )


def ranks(body: str) -> list[tuple[str, int]]:
    code = MODULE.format(
        init="        self.conv = nn.Conv2d(3, 3, 1)", body=textwrap.indent(textwrap.dedent(body), " " * 8)
    )
    facts = facts_of(code)
    return [(facts.text(one.node), one.rank) for one in facts.high_ranks]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("return x.view(2, 2, 4, 1, 4, 1).expand(2, 2, 4, 2, 4, 2)", "x.view(2, 2, 4, 1, 4, 1)"),
        ("x = x.reshape(2, 2, 2, 2, 2, 2)\nreturn x.mean((3, 5))", "x.reshape(2, 2, 2, 2, 2, 2)"),
        ("return torch.relu(x.view(2, 2, 2, 2, 2, 2)).view(8, 8)", "x.view(2, 2, 2, 2, 2, 2)"),
        ("return x.view(2, 2, 2, 2, 2, 2)", "x.view(2, 2, 2, 2, 2, 2)"),
        (
            "y = x.reshape(2, 2, 2, 2, 2, 2).transpose(2, 3)\ny = torch.relu(y).reshape(8, 2, 2, 2)\n"
            "y = torch.relu(y).reshape(2, 2, 1, 2, 2, 4).transpose(2, 3)\nreturn y.reshape(8, 8)",
            "x.reshape(2, 2, 2, 2, 2, 2)",
        ),
        ("y = x.view(2, 2, 2, 2, 2, 2)\ny += x.sum()\nreturn y.view(8, 8)", "x.view(2, 2, 2, 2, 2, 2)"),
        ("for _ in range(2):\n    x = torch.relu(x.view(2, 2, 2, 2, 2, 2))\nreturn x", "x.view(2, 2, 2, 2, 2, 2)"),
        (
            "y = torch.zeros(4, 2)\nhigh = x.view(2, 2, 2, 2, 2, 2)\nv = y[:, 0]\nv.add_(high.sum())\nreturn v",
            "x.view(2, 2, 2, 2, 2, 2)",
        ),
        (
            "y = torch.zeros(4, 2)\nhigh = x.view(2, 2, 2, 2, 2, 2)\nv = y[0]\nv[:1].copy_(high.sum())\nreturn y",
            "x.view(2, 2, 2, 2, 2, 2)",
        ),
        (
            "y = torch.zeros(4, 2)\nhigh = x.view(2, 2, 2, 2, 2, 2)\ny[:, 0].copy_(high.sum())\nreturn y",
            "x.view(2, 2, 2, 2, 2, 2)",
        ),
        ("return self.conv(x)[:, :, None, None].sum(2)", "self.conv(x)[:, :, None, None]"),
        ("return self.conv(x).unsqueeze(1).unsqueeze(1).squeeze(1)", "self.conv(x).unsqueeze(1).unsqueeze(1)"),
    ],
)
def test_ranks_above_five_are_found_where_they_begin(body: str, where: str) -> None:
    assert ranks(body) == [(where, 6)]


@pytest.mark.parametrize(
    "body",
    [
        "x = x.view(2, 2, 2, 2, 2, 2).permute(0, 2, 4, 1, 3, 5).contiguous()\nreturn x.view(8, 2, 2, 2)",
        "return x.view(2, 2, 2, 2, 2, 2).transpose(2, 3).flatten(1)",
        "return x.view(2, 2, 2, 2, 2) * 2",
        "return x[:, :, None, None] * 2",
        "if self.training:\n    x = x.view(2, 2, 2, 2, 2, 2) * 2\nreturn x",
        "y = x.view(2, 2, 2, 2, 2, 2) * 2\nreturn x",
        "return x.view(y.shape) * 2",
        "y = torch.zeros(8, 8) + x\nv = y.view(2, 2, 2, 2, 2, 2)\nv[0].mul_(2)\nv[1].scatter_(3, i, x)\nreturn y",
        "y = torch.zeros(8, 8) + x\nv = y.view(2, 2, 2, 2, 2, 2)\nv *= 2\nreturn y",
        "y = torch.zeros(4, 2)\nhigh = x.view(2, 2, 2, 2, 2, 2) * 2\ny[:, 0].add_(high.sum())\nreturn y",
    ],
)
def test_what_coremltools_takes_out_and_unknown_ranks_are_silent(body: str) -> None:
    assert ranks(body) == []
