"""A file's own `ct.convert` call as code: what is made of the code is what the file gave."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.torch, pytest.mark.coreml]
pytest.importorskip("torch")
ct = pytest.importorskip("coremltools")
np = pytest.importorskip("numpy")

from tslint.probe.plan import recorded  # noqa: E402
from tslint.probe.plan.code import Unwritable  # noqa: E402


@pytest.mark.parametrize(
    "given, written",
    [
        (
            ct.TensorType("x", shape=(1, ct.RangeDim(1, 5, default=3))),
            'ct.TensorType(name="x", shape=(1, ct.RangeDim(1, 5, default=3)))',
        ),
        (ct.TensorType(shape=ct.Shape((2,)), dtype=np.int32), "ct.TensorType(shape=(2,), dtype=np.int32)"),
        (ct.TensorType(shape=(2, 3), dtype=np.float16), "ct.TensorType(shape=(2, 3), dtype=np.float16)"),
        (
            ct.TensorType(shape=ct.EnumeratedShapes(shapes=[(1, 2), (1, 3)], default=(1, 3))),
            "ct.TensorType(shape=ct.EnumeratedShapes(shapes=[(1, 2), (1, 3)], default=(1, 3)))",
        ),
        (
            ct.ImageType(name="i", shape=(1, 3, 8, 8), scale=0.5, bias=[0, -1, 1], color_layout=ct.colorlayout.BGR),
            'ct.ImageType(name="i", shape=(1, 3, 8, 8), scale=0.5, bias=[0, -1, 1], color_layout=ct.colorlayout.BGR)',
        ),
    ],
)
def test_types(given, written):
    assert recorded.types({"inputs": [given]}) == (written,)
    again = eval(written, {"ct": ct, "np": np})
    assert recorded.types({"inputs": [again]}) == (written,)


def test_other_arguments():
    given = {
        "inputs": [], "model": object(), "minimum_deployment_target": ct.target.iOS17, "source": "pytorch",
        "compute_units": ct.ComputeUnit.CPU_ONLY, "outputs": [ct.TensorType(name="y")], "classifier_config": None,
    }  # fmt: skip
    assert recorded.options(given) == (
        "minimum_deployment_target=ct.target.iOS17", 'source="pytorch"', "compute_units=ct.ComputeUnit.CPU_ONLY",
        'outputs=[ct.TensorType(name="y")]',
    )  # fmt: skip


def test_what_no_code_says():
    with pytest.raises(Unwritable, match=r"an argument of `ct\.convert` is a object"):
        recorded.options({"pass_pipeline": object()})
    with pytest.raises(Unwritable, match=r"an input of `ct\.convert` is a dict"):
        recorded.types({"inputs": [{}]})
