"""Transformers' own GPT-2: every op that stops its conversion, in one run, on the library's own lines."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = [pytest.mark.torch, pytest.mark.coreml, pytest.mark.zoo]
torch = pytest.importorskip("torch")

from subjects import Report, line_of, subject_of, traced  # noqa: E402

from tslint.probe.convert import coreml  # noqa: E402

if coreml.load() is None:
    pytest.skip("coremltools is not installed", allow_module_level=True)

from torch import Tensor, nn  # noqa: E402

from tslint.evidence import OpUnsupported  # noqa: E402
from tslint.probe.convert.convert import convert  # noqa: E402
from tslint.probe.plan import mixed as plan  # noqa: E402
from tslint.probe.subject import Settled  # noqa: E402
from tslint.probe.verify.verify import verify  # noqa: E402
from tslint.request import Request  # noqa: E402


@pytest.fixture(scope="module")
def transformers():
    """Transformers imports torchvision; a CUDA build of that beside a CPU torch lacks the schemas of two ops."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    yield pytest.importorskip("transformers")
    del library


class LanguageModel(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor) -> Tensor:
        return self.model(tokens, use_cache=False).logits  # the user's line


def test_gpt2_lists_every_op_with_its_line_in_transformers(transformers) -> None:  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=97, n_positions=32, n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0
    )
    module = LanguageModel(transformers.GPT2LMHeadModel(config)).eval()
    tokens = torch.randint(0, 97, (1, 7))
    report = Report()
    conversion = convert(subject_of(module, tokens), Request("test"), traced(module, tokens), "trace", report)
    found = {evidence.op: evidence for evidence in report.of(OpUnsupported)}
    assert conversion.status == "works"
    assert [composite.op for composite in conversion.composites] == ["aten::diff", "aten::new_ones"]
    assert list(found) == ["aten::diff", "aten::new_ones"]
    for op, words in (("aten::diff", "torch.diff("), ("aten::new_ones", ".new_ones(")):
        assert (found[op].missing, found[op].count) == (True, 1)
        (site,) = found[op].sites
        assert (site.place.path, site.place.span.line) == (__file__, line_of(__file__, "the user's line"))
        assert site.module_path == "model.transformer"
        assert Path(site.library.path).name == "masking_utils.py"
        source = Path(site.library.path).read_text(encoding="utf-8").splitlines()
        assert words in source[site.library.span.line - 1]


class Next(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor) -> Tensor:
        return self.model(tokens, use_cache=False).logits[:, -1].argmax(-1, keepdim=True)


class Completer(nn.Module):
    def __init__(self, predictor: nn.Module) -> None:
        super().__init__()
        self.predictor = predictor

    def forward(self, tokens: Tensor) -> Tensor:
        token = tokens[:, -1:]
        while bool(token[0, 0] != 0) and tokens.size(1) < 12:
            token = self.predictor(tokens)
            tokens = torch.cat([tokens, token], dim=1)
        return tokens


def test_gpt2_converts_as_the_traced_body_of_a_scripted_loop(transformers) -> None:  # type: ignore[no-untyped-def]
    """Both in one Core ML program, which goes round as often as eager does."""
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=97, n_positions=32, n_embd=16, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0
    )
    module = Completer(Next(transformers.GPT2LMHeadModel(config))).eval()
    tokens = torch.randint(1, 97, (1, 7))
    subject = subject_of(module, tokens, others=[(tokens[:, :4],), (tokens[:, 1:7],), (tokens.flip(1),)])
    subject.ranges = {(0, 1): (1, 11)}
    made = plan.build(subject, Settled("differs", control_flow=("",)))
    assert (made.status, made.traced) == ("works", ("predictor",)), made.message
    report = Report()
    conversion = convert(subject, Request("test"), made.program, "mixed", report)
    assert conversion.status == "works", conversion.message
    assert [composite.op for composite in conversion.composites] == ["aten::diff", "aten::new_ones"]
    verdict = verify(conversion.model, subject, module, report, "mixed")
    assert verdict.verified and len(verdict.tried) == 4
