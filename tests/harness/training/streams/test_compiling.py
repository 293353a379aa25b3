"""What the compiler, or compiled code, refuses is one line; every other failure is itself."""

import pytest
import torch
from support.known_network import Known

from backbones.base.errors import UsageError, UserError
from harness.training.streams import compiling


def raising(error):
    def backend(graph, inputs):
        def run(*_):
            raise error

        return run

    return backend


@pytest.fixture
def net_and_clip():
    torch._dynamo.reset()
    yield Known(), torch.randn(2, 3, 2, 6, 6)
    torch._dynamo.reset()


def test_a_layout_that_the_compiler_did_not_foresee_is_one_line(monkeypatch, net_and_clip):
    """As torch 2.11 said it on a GPU of a channels-last 3D kernel."""
    net, clip = net_and_clip
    seen = AssertionError("expected size 3==3, stride 1==27 at dim=1\nThis error most often comes from …")
    monkeypatch.setattr(compiling, "BACKEND", raising(seen))
    line = r"^--compile: the compiled streams do not fit this device .*expected size 3==3, stride 1==27"
    with pytest.raises(UserError, match=line) as caught, compiling.compiled([net], wanted=True):
        net(clip)
    assert "\n" not in str(caught.value)
    net(clip)  # and runs as it did before


def test_an_assertion_of_other_code_is_not_laid_on_the_compiler(monkeypatch, net_and_clip):
    net, clip = net_and_clip
    monkeypatch.setattr(compiling, "BACKEND", raising(AssertionError("a sum that does not hold")))
    with pytest.raises(AssertionError, match="a sum that"), compiling.compiled([net], wanted=True):
        net(clip)


def test_what_cannot_be_compiled_at_all_is_one_line(monkeypatch, net_and_clip):
    def broken(graph, inputs):
        raise RuntimeError("no kernel for this\nand a page more")

    net, clip = net_and_clip
    monkeypatch.setattr(compiling, "BACKEND", broken)
    line = r"^--compile: a stream cannot be compiled .*no kernel for this"
    with pytest.raises(UserError, match=line) as caught, compiling.compiled([net], wanted=True):
        net(clip)
    assert "\n" not in str(caught.value)


def test_stages_that_are_computed_again_are_not_compiled():
    """torch's own: NotImplementedError, "checkpoint not implemented for … context_fn"."""
    compiling.check_compiler("cpu", wanted=False, recomputes=True)
    with pytest.raises(UsageError, match=r"^--compile and --gradient-checkpointing .* leave one of them out"):
        compiling.check_compiler("cpu", wanted=True, recomputes=True)
