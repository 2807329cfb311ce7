"""Kinds of expressions in forward: what is live, what is fixed, what is baked, what is a tensor."""

from __future__ import annotations

import pytest
from support import forward, seen

LINEAR = "self.q_proj = nn.Linear(dim, dim)"
CONV = "self.conv = nn.Conv2d(3, 8, 3)"

SIZES = {
    "a dimension": ("see(x.size(2))", ["size x.2"]),
    "a dimension from the end": ("see(x.size(-1))", ["size x.-1"]),
    "an item of the shape": ("see(x.shape[1])", ["size x.1"]),
    "the last item of the shape": ("see(x.shape[-1])", ["size x.-1"]),
    "an item of size()": ("see(x.size()[1])", ["size x.1"]),
    "through a variable": ("n = x.size(1)\nm = n\nsee(m)", ["size x.1"]),
    "through the shape in a variable": ("s = x.shape\nsee(s[3])", ["size x.3"]),
    "a slice of the shape": ("h, w = x.shape[2:]\nsee(h, w)", ["size x.2", "size x.3"]),
    "the last two": ("h, w = x.shape[-2:]\nsee(h, w)", ["size x.-2", "size x.-1"]),
    "the first two": ("b, c = x.shape[:2]\nsee(b, c)", ["size x.0", "size x.1"]),
    "unpacked": ("B, C, H, W = x.shape\nsee(B, C, H, W)", ["size x.0", "size x.1", "size x.2", "size x.3"]),
    "unpacked size()": ("b, n = x.size()\nsee(b, n)", ["size x.0", "size x.1"]),
    "unpacked with a star": ("b, *rest, w = x.shape\nsee(b, w)", ["size x.0", "size x.-1"]),
    "unpacking tells the rank": ("B, C, H = x.shape\nsee(x.size(-1))", ["size x.2"]),
    "arithmetic": ("see(x.size(1) * 2 + 1)", ["size x.1"]),
    "two sizes": ("see(x.size(1) * x.size(2))", ["size x.1 x.2"]),
    "division": ("see(x.size(1) / 2)", ["size x.1"]),
    "a power": ("see(x.size(1) ** 0.5)", ["size x.1"]),
    "negated": ("see(-x.size(1))", ["size x.1"]),
    "augmented": ("n = x.size(1)\nn //= 2\nsee(n)", ["size x.1"]),
    "min": ("see(min(x.size(1), 8))", ["size x.1"]),
    "max of two": ("see(max(x.size(1), x.size(2)))", ["size x.1 x.2"]),
    "abs": ("see(abs(x.size(1)))", ["size x.1"]),
    "pow": ("see(pow(x.size(1), 2))", ["size x.1"]),
    "a comparison as a value": ("see(x.size(1) > 2)", ["size x.1"]),
    "numel": ("b, n = x.shape\nsee(x.numel())", ["size x.0 x.1"]),
    "math.prod of the shape": ("b, n = x.shape\nsee(math.prod(x.shape))", ["size x.0 x.1"]),
    "sum of the shape": ("b, n = x.shape\nsee(sum(x.shape))", ["size x.0 x.1"]),
    "of an elementwise result": ("y = torch.relu(x) + 1\nsee(y.size(1))", ["size x.1"]),
    "of a method's result": ("y = x.float().contiguous()\nsee(y.size(1))", ["size x.1"]),
    "after transpose": ("y = x.transpose(1, 2)\nsee(y.size(1), y.size(0))", ["size x.2", "size x.0"]),
    "after permute": ("y = x.permute(0, 2, 3, 1)\nsee(y.size(1), y.size(-1))", ["size x.2", "size x.1"]),
    "after slicing": ("y = x[:, 1:]\nsee(y.size(1))", ["size x.1"]),
    "after flatten": ("b, c, h, w = x.shape\nsee(x.flatten(2).size(2))", ["size x.2 x.3"]),
    "after mean": ("b, c, t = x.shape\nsee(x.mean(1).size(1))", ["size x.2"]),
    "after unsqueeze": ("b, t = x.shape\nsee(x.unsqueeze(1).size(2))", ["size x.1"]),
    "of arange": ("see(torch.arange(x.size(1)).size(0))", ["size x.1"]),
    "of zeros": ("see(torch.zeros(3, x.size(1)).size(1))", ["size x.1"]),
    "of cat": ("b, c = x.shape\nsee(torch.cat([x, x], dim=1).size(1))", ["size x.1"]),
    "of chunk": ("a, b = x.chunk(2, dim=1)\nsee(a.size(1))", ["size x.1"]),
    "of einsum": ("see(torch.einsum('bij,bjk->bik', x, x).size(2))", ["size x.2"]),
    "conditional": ("n = x.size(1) if x.dim() == 3 else x.size(2)\nsee(n)", ["size x.1 x.2"]),
    "after a branch": ("n = x.size(1)\nif self.flag:\n    n = x.size(2)\nsee(n)", ["size x.1 x.2"]),
    "a list of sizes": ("see([x.size(1), x.size(2)][1])", ["size x.2"]),
    "a walrus": ("see((n := x.size(1)) + 1)", ["size x.1"]),
    "from an unknown tensor": ("y = self.backbone(x)\nsee(y.size(1))", ["size evidence.1"]),
}


@pytest.mark.parametrize("name", SIZES)
def test_a_size_stays_live(name: str) -> None:
    body, expected = SIZES[name]
    assert forward(body, "self.flag = dim > 1\nself.backbone = make(dim)") == expected


BAKED = {
    "math.sqrt": "math.sqrt(n)",
    "math.isqrt": "math.isqrt(n)",
    "math.floor": "math.floor(n / 2)",
    "numpy": "np.sqrt(n)",
    "float": "float(n)",
    "int": "int(n / 2)",
    "not": "not n",
    "what follows": "math.log(n) + 1",
}


@pytest.mark.parametrize("name", BAKED)
def test_a_size_is_baked(name: str) -> None:
    assert forward(f"n = x.size(2)\nsee({BAKED[name]})") == ["baked size x.2"]


def test_len_of_a_tensor_and_numel_of_a_shape_are_baked() -> None:
    assert forward("b, c = x.shape\nsee(len(x), x.shape.numel())") == ["baked size x.0", "baked size x.0 x.1"]


def test_a_live_size_beside_a_baked_one_keeps_the_result_live() -> None:
    assert forward("see(x.size(1) * int(x.size(2) / 2))") == ["size x.1 x.2"]


FIXED = {
    "after Linear": (LINEAR, "q = self.q_proj(x)\nsee(q.size(-1))"),
    "of what enters Linear": (LINEAR, "n = x.size(-1)\nsee(n)\nself.q_proj(x)"),
    "of what enters Linear later": (LINEAR, "b, t, c = x.shape\nsee(c)\ny = self.q_proj(x)"),
    "after LayerNorm": ("self.norm = nn.LayerNorm(dim)", "y = self.norm(x)\nsee(y.shape[-1])"),
    "after Embedding": ("self.embed = nn.Embedding(9, dim)", "y = self.embed(x)\nsee(y.shape[-1])"),
    "after Conv2d": (CONV, "see(self.conv(x).size(1))"),
    "what enters Conv2d": (CONV, "b, c, h, w = x.shape\nself.conv(x)\nsee(c)"),
    "what enters BatchNorm": ("self.bn = nn.BatchNorm2d(dim)", "see(x.size(1))\nself.bn(x)"),
    "after adaptive pooling": ("self.pool = nn.AdaptiveAvgPool2d(1)", "see(self.pool(x).size(2))"),
    "what view with constants made": (LINEAR, "y = x.view(-1, 4, 8)\nsee(y.size(1), y.size(2))"),
    "what a view splits": (LINEAR, "b, t, c = self.q_proj(x).shape\nq = x.view(b, t, 8, c // 8)\nsee(q.size(-1))"),
    "all of a view that leaves no room": ("pass", "b, c, h = x.shape\ny = x.view(b, c, 7)\nsee(h)"),
    "flattened into Linear": (LINEAR, "b, c, h, w = x.shape\ny = x.flatten(1)\nself.q_proj(y)\nsee(h)"),
    "viewed into Linear": (LINEAR, "n = x.size(2)\ny = x.view(x.size(0), -1)\nself.q_proj(y)\nsee(n)"),
    "asserted": ("self.c = dim", "b, c = x.shape\nassert c == self.c\nsee(c)"),
    "checked": ("self.c = dim", "n = x.size(1)\nif n != self.c:\n    raise ValueError\nsee(n)"),
    "checked, where it was looked for first": (
        "self.c = dim",
        "n = None if x is None else torch.cat([x, F.pad(x, (0, 1))]).unsqueeze(0).shape[1]\n"
        "if n != self.c:\n    raise ValueError\nsee(n)",
    ),
    "in an order that a list gives": (LINEAR, "y = self.q_proj(x).view(2, 3, 4)\nsee(y.permute([2, 0, 1]).size(0))"),
    "through Sequential": (
        "self.net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU())",
        "see(self.net(x).size(1))\nsee(x.size(1))",
    ),
    "through layers in a loop": (
        "self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(4)])",
        "for layer in self.layers:\n    x = layer(x)\nsee(x.size(-1))",
    ),
    "times a fixed one": (LINEAR, "q = self.q_proj(x)\nsee(q.size(-1) // 8)"),
    "after LSTM": ("self.rnn = nn.LSTM(dim, dim)", "y, (h, c) = self.rnn(x)\nsee(y.size(2), h.size(0))"),
    "a parameter's": ("self.w = nn.Parameter(torch.zeros(dim, 3))", "see(self.w.size(0))"),
    "what meets a parameter": (
        "self.w = nn.Parameter(torch.zeros(dim, 3))",
        "y = x @ self.w\nsee(x.size(-1), y.size(-1))",
    ),
    "of heads that a view splits off": (
        LINEAR,
        "q = self.q_proj(x)\ny = q.view(q.size()[:-1] + (8, 4)).permute(0, 2, 1, 3)\nsee(y.size(1), y.size(-1))",
    ),
    "one that is added": ("pass", "y = x.unsqueeze(-1)\nsee(y.size(-1), y.repeat(1, 1, 8).size(-1))"),
    "of the rows of a table": (
        "self.register_buffer('table', torch.zeros(9, dim))",
        "y = self.table[x]\nsee(y.size(-1), y.shape[-1] // 2)",
    ),
    "of the rows that a vector chooses": (
        "self.conv = nn.Conv2d(3, 8, 3)",
        "y = self.conv(x).flatten(2).transpose(1, 2)\nsee(y[torch.arange(y.size(0))].size(-1))",
    ),
    "an index past the last": ("pass", "see(x[:, :4].size(1))"),
}


@pytest.mark.parametrize("name", FIXED)
def test_a_size_is_fixed(name: str) -> None:
    init, body = FIXED[name]
    assert set(forward(body, init)) == {"fixed size"}


def test_numbers_of_a_list_of_any_length_make_a_tensor_of_its_depth() -> None:
    init = "self.layers = nn.ModuleList([nn.Conv2d(dim, dim, 1), nn.Conv2d(dim, dim, 1)])"
    body = """
        shapes = []
        for layer in self.layers:
            x = layer(x)
            shapes.append((x.size(2), x.size(3)))
        see(torch.tensor(shapes).shape)
    """
    assert forward(body, init) == ["(size ?.all, fixed size)"]


def test_a_size_is_fixed_only_where_it_was_found_equal() -> None:
    body = "n = x.size(1)\nif n == 3:\n    see(n)\nelse:\n    see(n)\nsee(n)\nif n % 2 == 1:\n    see(n)"
    assert forward(body) == ["fixed size", "size x.1", "size x.1", "size x.1"]


def test_what_a_function_makes_of_a_fixed_size_is_a_number_like_any_other() -> None:
    body = "q = self.q_proj(x)\nsee(math.sqrt(q.size(-1)), int(q.size(-1) / 2))"
    assert [word.split(" ")[0] for word in forward(body, LINEAR)] == ["constant", "constant"]


LIVE_ALL_THE_SAME = {
    "another dimension than Linear's": (LINEAR, "q = self.q_proj(x)\nsee(q.size(1))", ["size ?.all"]),
    "the spatial ones of a convolution": (
        CONV,
        "y = self.conv(x)\nsee(y.size(2), y.size(0))",
        ["size x.2", "size x.0"],
    ),
    "a pin in one branch alone": (
        LINEAR,
        "n = x.size(-1)\nif self.flag:\n    x = self.q_proj(x)\nsee(n)",
        ["size x.-1"],
    ),
    "a pin where the function has been left": (
        LINEAR,
        "n = x.size(-1)\nif self.flag:\n    return n\nx = self.q_proj(x)\nsee(n)",
        ["size x.-1"],
    ),
    "how many rows are chosen": (
        "self.register_buffer('table', torch.zeros(9, dim))",
        "y = self.table[x]\nsee(y.size(0), y.size(-2))",
        ["size ?.0", "size ?.0 ?.all"],
    ),
    "the first beside one that is added": ("pass", "see(x.unsqueeze(-1).size(0))", ["size x.0"]),
    "what a mask of any rank leaves": (LINEAR, "see(self.q_proj(x)[x > 0].size(-1))", ["size ?.-1"]),
    "another input": (LINEAR, "self.q_proj(x)\nsee(y.size(-1))", ["size y.-1"]),
}


@pytest.mark.parametrize("name", LIVE_ALL_THE_SAME)
def test_pins_do_not_reach_further_than_they_should(name: str) -> None:
    init, body, expected = LIVE_ALL_THE_SAME[name]
    assert forward(body, init, "x, y=None" if "y.size" in body and "self.conv" not in body else "x") == expected


def test_a_pin_in_a_branch_holds_within_it() -> None:
    body = "if self.flag:\n    see(x.size(-1))\n    x = self.q_proj(x)"
    assert forward(body, LINEAR) == ["fixed size"]


OTHERS = {
    "a literal": ("see(3, 2.5, 'a', True, None)", ["constant 3", "constant 2.5", "str a", "constant True", "None"]),
    "a constructor's argument": ("see(self.dim, math.sqrt(self.dim))", ["constant", "constant"]),
    "what follows from one": ("see(self.head_dim ** -0.5)", ["constant"]),
    "training": ("see(self.training)", ["constant False"]),
    "an item": ("see(x.max().item())", ["data"]),
    "a list of a tensor": ("see(x.tolist())", ["data"]),
    "an array": ("see(x.cpu().numpy())", ["data"]),
    "float of a tensor": ("see(float(x.mean()))", ["data"]),
    "int of a tensor": ("see(int(x[0]))", ["data"]),
    "bool of a tensor": ("see(bool((x > 0).all()))", ["data"]),
    "math on a tensor": ("see(math.sqrt(x.sum()))", ["data"]),
    "numpy on a tensor": ("see(np.exp(x))", ["data"]),
    "what follows from data": ("see(x.max().item() + 1)", ["data"]),
    "not of a tensor": ("see(not x.any())", ["data"]),
    "a comparison of tensors": ("see(x > 0, x.sum() == 1)", ["tensor", "tensor"]),
    "arithmetic with a tensor": ("see(x * 2, 1 - x, x ** 2, x @ x)", ["tensor"] * 4),
    "a function of torch": ("see(torch.sin(x), F.relu(x), x.abs())", ["tensor"] * 3),
    "an unknown function": ("see(helper(x))", ["unknown"]),
    "an unknown attribute": ("see(self.nothing)", ["unknown"]),
    "a tuple": ("see((x, 1))", ["(tensor, constant 1)"]),
    "a list": ("see([x, x])", ["list[tensor]"]),
    "a dict": ("see({'a': x, 'b': x.size(0)})", ["dict{a: tensor, b: size x.0}"]),
    "a dict with unknown keys": ("see({k: x for k in self.names})", ["dict{, ...}"]),
    "a dict made by calls": (
        "d = dict(a=x)\nd['b'] = x\nd.update(c=x)\nsee(d)",
        ["dict{a: tensor, b: tensor, c: tensor}"],
    ),
    "max with a dimension": ("v, i = x.max(1)\nsee(v, i)", ["tensor", "tensor"]),
    "values of max": ("see(x.max(dim=1).values)", ["tensor"]),
    "a dtype": ("see(x.dtype, torch.float32)", ["object torch.dtype"] * 2),
    "the rank": ("see(x.dim(), x.ndim, len(x.shape))", ["constant"] * 3),
    "a range of a constant": ("see(range(self.dim))", ["range[constant]"]),
    "a range of a size": ("see(range(x.size(1)))", ["range[baked size x.1]"]),
    "an index in such a range": ("for i in range(x.size(1)):\n    see(i)", ["baked size x.1"]),
    "elements of a tensor": ("for row in x:\n    see(row)", ["tensor"]),
    "layers": ("for layer in self.layers:\n    see(layer)", ["module torch.nn.Linear"]),
    "enumerated layers": (
        "for i, layer in enumerate(self.layers):\n    see(i, layer)",
        ["constant", "module torch.nn.Linear"],
    ),
    "a string of a size": ("see(f'{x.size(0)}', str(x.size(0)))", ["str", "str"]),
    "an accumulated loss": (
        "loss = 0\nfor layer in self.layers:\n    loss = loss + layer(x).sum()\nsee(loss)",
        ["tensor"],
    ),
    "isinstance": (
        "see(isinstance(x, torch.Tensor), isinstance(x, (list, tuple)))",
        ["constant True", "constant False"],
    ),
    "a conditional on training": ("y = x if self.training else x.size(0)\nsee(y)", ["size x.0"]),
    "while scripting": ("y = 1 if torch.jit.is_scripting() else x\nsee(y)", ["tensor"]),
    "a buffer": ("see(self.steps, self.steps.size(0))", ["tensor", "fixed size"]),
    "a lambda's result": ("f = lambda a: a.size(1)\nsee(f(x))", ["size x.1"]),
    "a nested function's result": ("def f(a):\n    return a.size(n)\nn = 2\nsee(f(x))", ["size x.2"]),
}
INIT = """
self.dim = dim
self.head_dim = dim // heads
self.names = dim
self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(2)])
self.register_buffer("steps", torch.arange(dim))
"""


@pytest.mark.parametrize("name", OTHERS)
def test_kinds_of_other_values(name: str) -> None:
    body, expected = OTHERS[name]
    assert forward(body, INIT) == expected


PARAMETERS = {
    "no default": ("x", "x", "tensor"),
    "default None": ("x, mask=None", "mask", "None or tensor"),
    "annotated Optional": ("x, mask: Optional[torch.Tensor] = None", "mask", "None or tensor"),
    "annotated by |": ("x, mask: torch.Tensor | None = None", "mask", "None or tensor"),
    "default int": ("x, n=3", "n", "constant"),
    "default bool": ("x, flag=False", "flag", "constant"),
    "default str": ("x, mode='a'", "mode", "str"),
    "annotated int": ("x, n: int", "n", "constant"),
    "annotated str": ("x, mode: str", "mode", "str"),
    "annotated list": ("xs: List[torch.Tensor]", "xs", "list[tensor]"),
    "annotated tuple": ("xs: Tuple[torch.Tensor, int]", "xs", "(tensor, constant)"),
    "annotated dict": ("xs: Dict[str, torch.Tensor]", "xs", "dict{, ...}"),
    "annotated as text": ("x: 'torch.Tensor'", "x", "tensor"),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_of_forward(name: str) -> None:
    params, asked, expected = PARAMETERS[name]
    assert forward(f"see({asked})", params=params) == [expected]


@pytest.mark.parametrize("use", ["batch['image']", "batch.keys()", "batch(1)", "f(**batch)", "batch.past_states"])
def test_a_parameter_used_as_no_tensor_can_be_is_unknown(use: str) -> None:
    assert forward(f"y = {use}\nsee(batch)", params="batch") == ["unknown"]


@pytest.mark.parametrize(
    "use",
    [
        "if isinstance(x, Nested):\n    y = x.parts",
        "if hasattr(x, 'parts'):\n    y = x.parts",
        "y = x.sparse_dim(), x._version",
        "y = x[::2], x[:, ::-1]",
        "x.parts = 2\ny = x.parts",
        "for x in self.layers:\n    y = x.parts",
        "with self.opened(x) as x:\n    y = x.parts",
    ],
)
def test_a_parameter_may_be_a_tensor_where_only_something_else_is_asked(use: str) -> None:
    assert forward(f"see(x)\n{use}")[0] == "tensor"


def test_a_parameter_that_is_walked_backwards_is_a_list() -> None:
    assert forward("y = x[:2][::-1]\nsee(x)") == ["list[unknown]"]


def test_what_a_variable_is_later_asked_for_tells_nothing_of_the_parameter() -> None:
    assert forward("see(x)\nx = self.body(x)\ny = x.last_state") == ["tensor"]


NARROWED = {
    "is None": ("if mask is None:\n    see(mask)\nelse:\n    see(mask)", ["None", "tensor"]),
    "is not None": ("if mask is not None:\n    see(mask)", ["tensor"]),
    "a default filled in": ("if mask is None:\n    mask = torch.ones(3)\nsee(mask)", ["tensor"]),
    "returned early": ("if mask is None:\n    return x\nsee(mask)", ["tensor"]),
    "and": ("if mask is not None and x is not None:\n    see(mask)", ["tensor"]),
    "or": ("mask = mask or x\nsee(mask)", ["tensor"]),
    "its truth": ("if not mask:\n    return x\nsee(mask)", ["tensor"]),
    "asserted": ("assert mask is not None\nsee(mask)", ["tensor"]),
    "in an expression": ("see(x if mask is None else mask)", ["tensor"]),
    "isinstance": ("if isinstance(mask, torch.Tensor):\n    see(mask)\nelse:\n    see(mask)", ["tensor", "None"]),
    "a dead branch": ("if isinstance(x, list):\n    see(x)", ["unknown"]),
    "training alone": ("if self.training:\n    see(x.size(0))", ["unknown"]),
    "a flag, and training": ("if self.flag and self.training:\n    see(x.size(0))", ["unknown"]),
    "a flag, or not training": (
        "if self.flag or not self.training:\n    see(x)\nelse:\n    see(x.size(0))",
        ["tensor", "unknown"],
    ),
    "not training": ("if not self.training:\n    see(x.size(0))\n    return x\nsee(x)", ["size x.0", "unknown"]),
}


@pytest.mark.parametrize("name", NARROWED)
def test_conditions_narrow(name: str) -> None:
    body, expected = NARROWED[name]
    assert forward(body, params="x, mask=None") == expected


def test_library_functions_are_found_through_their_import() -> None:
    code = """
    from math import sqrt as s
    class Net(nn.Module):
        def forward(self, x):
            see(s(x.size(2)))
    """
    assert seen(code) == ["baked size x.2"]


def test_a_function_of_the_same_name_is_none_of_the_library() -> None:
    code = """
    def sqrt(n):
        return n * 2
    class Net(nn.Module):
        def forward(self, x):
            see(sqrt(x.size(2)))
    """
    assert seen(code) == ["size x.2"]
