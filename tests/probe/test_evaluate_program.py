"""The interpreter: loops, branches, lists, states, classifiers, value inference, and what it keeps in memory."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from converted import Calls, convert, quiet, verdict

pytestmark = [pytest.mark.torch, pytest.mark.coreml]
torch = pytest.importorskip("torch")
with quiet():
    coremltools = pytest.importorskip("coremltools")
    from coremltools.converters.mil.mil import Builder as mb
    from coremltools.converters.mil.mil import types

from torch import Tensor, nn  # noqa: E402

from tslint.probe.evaluate import BrokenProgramError, Graph, Run, UnevaluableError, read  # noqa: E402
from tslint.probe.evaluate.graph import Block, as_tensor  # noqa: E402


def converted(program: Any, **options: Any) -> Graph:
    with quiet():
        return read(
            coremltools.convert(
                program,
                convert_to="mlprogram",
                compute_precision=coremltools.precision.FLOAT32,
                skip_model_load=True,
                **options,
            )
        )


def test_list_written_in_a_loop_and_gathered() -> None:
    @mb.program(input_specs=[mb.TensorSpec(shape=(2,)), mb.TensorSpec(shape=(1,), dtype=types.int32)])
    def program(x: Any, count: Any) -> Any:
        held = mb.make_list(init_length=1, dynamic_length=True, elem_shape=(2,))
        total = mb.squeeze(x=count)

        def body(index: Any, items: Any) -> Any:
            scaled = mb.mul(x=x, y=mb.cast(x=index, dtype="fp32"))
            return mb.add(x=index, y=1), mb.list_write(ls=items, index=index, value=scaled)

        index, held = mb.while_loop(
            _cond=lambda index, items: mb.less(x=index, y=total), _body=body, loop_vars=(numpy.int32(0), held)
        )
        length = mb.list_length(ls=held)
        every = mb.list_gather(ls=held, indices=mb.range_1d(start=0, end=length, step=1))
        held = mb.list_scatter(ls=held, indices=[1, 0], value=numpy.ones((2, 2), dtype=numpy.float32))
        return every, mb.list_read(ls=held, index=0), mb.add(x=length, y=index)

    graph = converted(program)
    x = torch.tensor([1.0, -2.0])
    every, first, total = Run(graph)([x, torch.tensor([3])])
    assert every.tolist() == [[0, 0], [1, -2], [2, -4]]
    assert first.tolist() == [1, 1]
    assert int(total) == 6
    assert Run(graph)([x, torch.tensor([5])])[0].shape == (5, 2)


def test_list_read_where_nothing_was_written() -> None:
    @mb.program(input_specs=[mb.TensorSpec(shape=(1,), dtype=types.int32)])
    def program(index: Any) -> Any:
        held = mb.make_list(init_length=2, dynamic_length=False, elem_shape=(2,))
        return mb.list_read(ls=held, index=mb.squeeze(x=index))

    graph = converted(program)
    with pytest.raises(UnevaluableError, match="nothing was written"):
        Run(graph)([torch.tensor([1])])
    with pytest.raises(BrokenProgramError, match=r"`list_read` \(.*index 2 of a list of 2"):
        Run(graph)([torch.tensor([2])])


def test_branches_nested_in_a_loop_see_values_around_them() -> None:
    @mb.program(input_specs=[mb.TensorSpec(shape=(1,)), mb.TensorSpec(shape=(1,), dtype=types.int32)])
    def program(x: Any, count: Any) -> Any:
        doubled = mb.mul(x=x, y=2.0)

        def body(index: Any, value: Any) -> Any:
            even = mb.squeeze(x=mb.equal(x=mb.mod(x=index, y=2), y=0))
            changed = mb.cond(
                pred=even, _true_fn=lambda: mb.add(x=value, y=doubled), _false_fn=lambda: mb.sub(x=value, y=x)
            )
            return mb.add(x=index, y=1), changed

        start = mb.sub(x=count, y=count)
        return mb.while_loop(
            _cond=lambda index, value: mb.squeeze(x=mb.less(x=index, y=count)), _body=body, loop_vars=(start, x)
        )[1]

    graph = converted(program)
    results = [float(Run(graph)([torch.tensor([1.0]), torch.tensor([count])])[0]) for count in range(5)]
    assert results == [1, 3, 2, 4, 3]


def test_endless_loop_ends_without_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    @mb.program(input_specs=[mb.TensorSpec(shape=(1,))])
    def program(x: Any) -> Any:
        return mb.while_loop(
            _cond=lambda value: mb.squeeze(x=mb.less(x=value, y=2.0)),
            _body=lambda value: mb.mul(x=value, y=1.0 + 1e-9),
            loop_vars=(x,),
        )

    monkeypatch.setattr("tslint.probe.evaluate.program.MOST_ROUNDS", 50)
    with pytest.raises(UnevaluableError, match=r"`while_loop` \(.*still running after 50 rounds"):
        Run(converted(program))([torch.tensor([1.0])])


class Counter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("total", torch.zeros(2))

    def forward(self, x: Tensor) -> Tensor:
        self.total.add_(x)
        return self.total * 2


def test_state_is_kept_apart_from_the_inputs() -> None:
    states = [coremltools.StateType(wrapped_type=coremltools.TensorType(shape=(2,)), name="total")]
    answer = verdict(
        Counter(),
        torch.tensor([1.0, 2.0]),
        others=[[torch.tensor([3.0, 4.0])]],
        inputs=[coremltools.TensorType(name="x", shape=(2,))],
        states=states,
        minimum_deployment_target=coremltools.target.iOS18,
        half=True,  # Core ML keeps states in float16
    )
    assert (answer.verified, answer.tried) == (True, ("the example", "other 1"))


def test_label_of_a_classifier_is_left_out() -> None:
    module = nn.Sequential(nn.Linear(4, 3), nn.Softmax(-1))
    config = coremltools.ClassifierConfig(["cat", "dog", "sheep"])
    answer = verdict(module, torch.randn(1, 4), classifier_config=config)
    assert (answer.verified, answer.message) == (True, "")


def test_op_without_evaluator_goes_to_value_inference(monkeypatch: pytest.MonkeyPatch) -> None:
    from tslint.probe.evaluate.registry import EVALUATORS

    for kind in ("leaky_relu", "concat", "topk"):
        monkeypatch.delitem(EVALUATORS, kind)
    module = Calls(lambda x: torch.cat([nn.functional.leaky_relu(x, 0.3), x + 1], 1).topk(2, 1))
    assert verdict(module, torch.randn(3, 4)).verified is True
    monkeypatch.delitem(EVALUATORS, "conv")
    answer = verdict(nn.Conv1d(2, 3, 1), torch.randn(1, 2, 4))
    assert answer.verified is None
    assert answer.message.startswith("not evaluated: `conv` (")
    assert answer.message.endswith(") has no evaluator")


def test_parameter_that_an_evaluator_does_not_know_gives_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    import inspect

    from tslint.probe.evaluate.registry import EVALUATORS, Registered

    monkeypatch.setitem(EVALUATORS, "relu", Registered(lambda y: y, False, inspect.signature(lambda y: y)))
    answer = verdict(nn.ReLU(), torch.randn(3))
    assert answer.verified is None
    assert "`relu` (" in answer.message


def test_values_are_forgotten_after_their_last_use() -> None:
    module = nn.Sequential(*(layer for _ in range(6) for layer in (nn.Linear(4, 4), nn.Tanh())))
    graph = read(convert(module.eval(), (torch.randn(1, 4),)))
    run = Run(graph)
    most = 0

    def watched(node: Any, original: Any = run._node) -> Any:
        nonlocal most
        most = max(most, len(run.values) - len(graph.constants))
        return original(node)

    run._node = watched  # type: ignore[method-assign]
    run([torch.randn(1, 4)])
    assert len(graph.block.nodes) == 12
    assert most <= 2


def test_constants_share_the_memory_of_the_converted_model() -> None:
    mlmodel = convert(nn.Linear(64, 64).eval(), (torch.randn(1, 64),))
    operations = {op.name: op for op in mlmodel._mil_program.functions["main"].operations}
    weight = next(op for op in operations.values() if op.op_type == "linear").weight.val
    held = [value for value in read(mlmodel).constants.values() if getattr(value, "shape", ()) == (64, 64)]
    assert [numpy.shares_memory(value.numpy(), weight) for value in held] == [True]


def test_scopes_name_the_module_of_an_op() -> None:
    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(4, 4), nn.Tanh())

        def forward(self, x: Tensor) -> Tensor:
            return self.body(x) + 1

    graph = read(convert(Outer().eval(), (torch.randn(1, 4),)))
    assert isinstance(graph.block, Block)
    assert [(node.kind, node.scope) for node in graph.block.nodes] == [
        ("linear", "body.0"),
        ("tanh", "body.1"),
        ("add", ""),
    ]


@pytest.mark.parametrize("sizes", [[], [2, 3]])
def test_sizes_that_were_symbols_are_numbers(sizes: list[int]) -> None:
    found = as_tensor(numpy.array(sizes, dtype=object))  # what coremltools keeps of the sizes behind flexible inputs
    assert (found.dtype, found.tolist()) == (torch.int32, sizes)
