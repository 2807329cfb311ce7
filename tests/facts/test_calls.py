"""Values that pass through methods, functions and submodules of the file, and back."""

from __future__ import annotations

from support import facts_of, seen


def test_a_helper_function_sees_its_callers_sizes() -> None:
    code = """
    def scale(t, n):
        see(t, n, t.size(1))
        return n * 2
    class Net(nn.Module):
        def forward(self, x):
            see(scale(x, x.size(2)))
    """
    assert seen(code) == ["tensor", "size x.2", "size x.1", "size x.2"]


def test_a_helper_called_with_a_fixed_size_alone_has_a_fixed_size() -> None:
    code = """
    def scale(n):
        see(n)
        return math.sqrt(n)
    class Net(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.q = nn.Linear(dim, dim)
        def forward(self, x):
            see(scale(self.q(x).size(-1)))
    """
    assert seen(code) == ["fixed size", "fixed size"]


def test_a_rank_learned_in_a_helper_finds_the_dimension_that_the_caller_counts_from_the_end() -> None:
    code = """
    class Net(nn.Module):
        def __init__(self, dim, heads):
            super().__init__()
            self.heads = heads
            self.qkv = nn.Linear(dim, 3 * dim)
        def split(self, t):
            batch, length, width = t.size()
            return t.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
        def forward(self, x):
            q, k, v = self.qkv(x).chunk(3, dim=-1)
            v = self.split(v)
            see(v.size(-1), v.size(2))
    """
    assert seen(code) == ["fixed size", "size x.1"]


def test_one_live_caller_is_enough() -> None:
    code = """
    def scale(n):
        see(n)
        return math.sqrt(n)
    class Net(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.q = nn.Linear(dim, dim)
        def forward(self, x):
            a = scale(self.q(x).size(-1))
            b = scale(x.size(1))
            see(a, b)
    """
    assert seen(code) == ["size x.1", "fixed size", "baked size x.1"]


def test_a_submodule_is_entered_with_what_it_is_handed() -> None:
    code = """
    class Head(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.out = nn.Linear(dim, 10)
        def forward(self, h):
            see(h.size(1))
            return self.out(h)
    class Net(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.conv = nn.Conv2d(3, dim, 1)
            self.head = Head(dim)
        def forward(self, x):
            y = self.conv(x).flatten(1)
            z = self.head(y)
            see(z.size(1), x.size(2))
            return z
    """
    assert seen(code) == ["fixed size", "fixed size", "fixed size"]


def test_methods_and_their_defaults() -> None:
    code = """
    class Net(nn.Module):
        def half(self, t, dim=2):
            return t.size(dim) // 2
        def forward(self, x):
            see(self.half(x), self.half(x, 1), self.half(x, dim=3))
    """
    assert seen(code) == ["size x.2", "size x.1", "size x.3"]


def test_pins_of_a_method_reach_its_caller() -> None:
    code = """
    class Net(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.q = nn.Linear(dim, dim)
        def project(self, t):
            return self.q(t)
        def forward(self, x):
            n = x.size(-1)
            see(n)
            return self.project(x)
    """
    assert seen(code) == ["fixed size"]


HELPED = """
    class Net(nn.Module):
        def __init__(self, body, dim):
            super().__init__()
            self.body = body
            self.q = nn.Linear(dim, dim)
        def double(self, t: torch.Tensor):
            see(t.size(1), t.size(-1))
            return t * 2
        def forward(self, x):
            {}
"""


def test_a_caller_pins_what_is_left_in_the_result_of_what_it_knows_nothing_of() -> None:
    assert seen(HELPED.format("return self.q(self.double(self.body(x).last))")) == ["size t.1", "fixed size"]


def test_it_pins_one_result_of_several_alone() -> None:
    both = "return self.q(self.double(self.body(x).last)), self.double(self.body(x).first)"
    assert seen(HELPED.format(both)) == ["size t.1", "size t.-1"]


def test_an_inherited_forward_and_method() -> None:
    code = """
    class Base(nn.Module):
        def forward(self, x):
            return self.body(x.size(1))
        def body(self, n):
            return n
    class Net(Base):
        def body(self, n):
            see(n)
            return n
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = Net()
        def forward(self, x):
            see(self.net(x))
    """
    assert seen(code) == ["size x.1", "size x.1"]


def test_super_forward() -> None:
    code = """
    class Base(nn.Module):
        def forward(self, x):
            return {"a": x}
    class Net(Base):
        def forward(self, x):
            out = super().forward(x)
            see(out)
            return out["a"]
    """
    assert seen(code) == ["dict{a: tensor}"]


def test_recursion_ends() -> None:
    code = """
    def down(x, n):
        if n == 0:
            return x
        return down(x, n - 1)
    class Net(nn.Module):
        def forward(self, x):
            see(down(x, x.size(0)))
            return self.forward(x)
    """
    assert seen(code) in (["tensor"], ["unknown"])


def test_a_sequential_of_the_files_own_classes() -> None:
    code = """
    class Block(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.conv = nn.Conv2d(dim, dim, 1)
        def forward(self, x):
            see(x.size(1))
            return self.conv(x)
    class Net(nn.Module):
        def __init__(self, dim):
            super().__init__()
            layers = []
            for i in range(3):
                layers.append(Block(dim))
                layers.append(nn.ReLU())
            self.net = nn.Sequential(*layers)
        def forward(self, x):
            see(self.net(x).size(2))
    """
    assert seen(code) == ["fixed size", "size x.2"]


def test_a_class_derived_from_sequential() -> None:
    code = """
    class ConvBN(nn.Sequential):
        def __init__(self, a, b):
            super().__init__(nn.Conv2d(a, b, 3), nn.BatchNorm2d(b))
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c = ConvBN(3, 8)
        def forward(self, x):
            see(self.c(x).size(1), self.c(x).size(3))
    """
    assert seen(code) == ["fixed size", "size x.3"]


def test_a_wrapper_around_a_model_of_the_file() -> None:
    code = """
    class Net(nn.Module):
        def forward(self, x):
            return {"out": x, "aux": x}
    class Wrapper(nn.Module):
        def __init__(self, model):
            super().__init__()
            self.model = model
        def forward(self, x):
            see(self.model, self.model(x)["out"])
            return self.model(x)["out"]
    wrapper = Wrapper(Net().eval())
    """
    assert seen(code) == ["module Net", "tensor"]
    classes = {c.name: c for c in facts_of(code).module_classes}
    assert classes["Net"].is_inner and not classes["Wrapper"].is_inner


def test_a_norm_layer_chosen_by_default() -> None:
    code = """
    class Net(nn.Module):
        def __init__(self, dim, norm_layer=nn.BatchNorm2d):
            super().__init__()
            self.norm = norm_layer(dim)
        def forward(self, x):
            see(self.norm(x).size(1))
    """
    assert seen(code) == ["fixed size"]


def test_a_module_dict_and_a_module_list_by_index() -> None:
    code = """
    class Net(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.heads = nn.ModuleDict({"a": nn.Linear(dim, 2), "b": nn.Linear(dim, 3)})
            self.stages = nn.ModuleList()
            self.stages.append(nn.Conv2d(3, 4, 1))
        def forward(self, x):
            y = self.stages[0](x)
            see(y.size(1), {k: h(x) for k, h in self.heads.items()})
    """
    assert seen(code) == ["fixed size", "dict{, ...}"]


def test_what_forward_reaches() -> None:
    facts = facts_of("""
    def used(x):
        return x
    def unused(x):
        return x
    class Net(nn.Module):
        def forward(self, x):
            return self.step(used(x))
        def step(self, x):
            return x
        def generate(self, x):
            return x
    """)
    import libcst as cst

    reached = {f.name.value: facts.reached(f) for f in facts.nodes(cst.FunctionDef)}
    assert reached == {"used": "forward", "unused": None, "forward": "forward", "step": "forward", "generate": None}


def test_an_inner_class_is_seen_as_its_holder_uses_it_wherever_it_stands() -> None:
    code = """
    class Attention(nn.Module):
        def forward(self, q, k):
            see(q.size(-1), q.size(1))
            return q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
    class Heads(nn.Module):
        def __init__(self, dim, heads=8):
            super().__init__()
            self.heads, self.width = heads, dim // heads
            self.projections = nn.ModuleList([nn.Linear(dim, dim) for _ in range(2)])
            self.attention = Attention()
        def forward(self, q, k):
            n = q.size(0)
            q, k = [p(x).view(n, -1, self.heads, self.width) for p, x in zip(self.projections, (q, k))]
            return self.attention(q, k)
    class Block(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.heads = Heads(dim)
        def forward(self, x):
            return self.heads(x, x)
    """
    assert seen(code) == ["fixed size", "size ?.all"]


def test_what_only_training_calls_is_not_traced() -> None:
    code = """
    class Net(nn.Module):
        def augment(self, x):
            see(x.size(0))
            return self.shift(x)
        def shift(self, x):
            see(x)
            return x + 1
        def both(self, x):
            see(x.size(1))
            return x
        def forward(self, x):
            if self.flag and self.training:
                x = self.augment(self.both(x))
            return self.both(x)
    """
    assert seen(code) == ["unknown", "unknown", "size x.1"]


def test_model_outputs_are_mappings_however_they_are_derived() -> None:
    code = """
        from transformers.modeling_outputs import BaseModelOutputWithPooling, ModelOutput

        class Deep(BaseModelOutputWithPooling):
            more: torch.Tensor = None

        class Own(ModelOutput):
            first: torch.Tensor = None

        class Derived(Own):
            second: torch.Tensor = None

        class Net(nn.Module):
            def forward(self, x):
                see(Deep(more=x), Derived(second=x))
                return x
        """
    assert [text.split("[")[0].split("{")[0].split("(")[0] for text in seen(code)] == ["Deep", "Derived"]


def test_model_outputs_are_known_by_the_words_behind_output() -> None:
    code = """
        import transformers
        from transformers.modeling_outputs import CausalLMOutputWithPast, ImageClassifierOutputWithNoAttention

        class Own(CausalLMOutputWithPast):
            more: torch.Tensor = None

        class Net(nn.Module):
            def forward(self, x):
                see(CausalLMOutputWithPast(logits=x), ImageClassifierOutputWithNoAttention(logits=x), Own(logits=x))
                see(transformers.OutputWriter(x))
                return x
        """
    assert [text.split("[")[0].split("{")[0].split("(")[0] for text in seen(code)] == [
        "CausalLMOutputWithPast",
        "ImageClassifierOutputWithNoAttention",
        "Own",
        "unknown",
    ]


def test_calling_code_is_seen_as_it_is_called_whoever_is_asked_about_first() -> None:
    code = """
    class Net(nn.Module):
        def forward(self, x):
            return x
    def prepare(net, size):
        see(net, size)
        return net.eval()
    def main():
        return prepare(Net(), 3)
    """
    assert seen(code) == ["module Net", "constant 3"]


def test_a_permutation_has_as_many_elements_as_it_is_asked_for() -> None:
    code = """
        class Net(nn.Module):
            def forward(self, x):
                see(torch.randperm(4).size(0), torch.randperm(x.size(1)).size(0))
                return x
        """
    assert seen(code) == ["fixed size", "size x.1"]
