"""The checks find what they are for: each broken network here breaks one rule."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from backbones.check import (
    BF16_TOLERANCE,
    RULES,
    Subject,
    bf16_gradient_errors,
    check_backbone,
    examine,
)
from backbones.contract import Backbone, Features
from backbones.parts.conv import Conv3d, pad_time_by_hand


class Small(Backbone):
    """Keeps the contract; its subclasses break one rule each."""

    middle = "body"

    def __init__(self) -> None:
        super().__init__()
        self.frames, self.size, self.classes = 2, 8, 3
        self.stem_conv = self.convolution(3, 4)
        self.body_conv = self.convolution(4, 4)
        self.fc = nn.Linear(4, 3)

    def convolution(self, inputs: int, outputs: int) -> nn.Module:
        return Conv3d(inputs, outputs, 3, padding=1)

    @property
    def stages(self) -> Mapping[str, Callable[[Any], Any]]:
        return {"stem": self.stem_conv, "body": lambda x: torch.tanh(self.body_conv(x))}

    def head(self, state: Any) -> tuple[Tensor, Tensor]:
        embedding = self.pool(state)
        return self.fc(embedding), embedding


class Softmaxed(Small):
    def head(self, state: Any) -> tuple[Tensor, Tensor]:
        logits, embedding = super().head(state)
        return logits.softmax(dim=1), embedding


class SoftmaxedInEvaluation(Small):
    def head(self, state: Any) -> tuple[Tensor, Tensor]:
        logits, embedding = super().head(state)
        return (logits if self.training else logits.softmax(dim=1)), embedding


class OtherClasses(Small):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 7)


class NoMiddle(Small):
    middle = "layer2"


class ForgetsTheMap(Small):
    def write(self, state: Any, fmap: Tensor) -> Any:
        return state


class PoolsToMaps(Small):
    def pool(self, state: Any) -> Tensor:
        return state.mean(dim=(3, 4))

    def head(self, state: Any) -> tuple[Tensor, Tensor]:
        embedding = state.mean(dim=(2, 3, 4))
        return self.fc(embedding), embedding


class Bypass(Small):
    def forward(self, clip: Tensor, pooled: Any = ()) -> Features:
        return super().forward(clip.flip(2), pooled)


class Idle(Small):
    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Linear(2, 2)


class Noisy(Small):
    def head(self, state: Any) -> tuple[Tensor, Tensor]:
        return super().head(state + torch.randn_like(state))


class BatchStatistics(Small):
    def head(self, state: Any) -> tuple[Tensor, Tensor]:
        return super().head(state - state.mean(dim=0, keepdim=True))


class ChangesItsInput(Small):
    def forward(self, clip: Tensor, pooled: Any = ()) -> Features:
        return super().forward(clip.mul_(2), pooled)


class HidesWeights(Small):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = torch.randn(4)

    def head(self, state: Any) -> tuple[Tensor, Tensor]:
        embedding = self.pool(state) * self.hidden
        return self.fc(embedding), embedding


class Plain(Small):
    def convolution(self, inputs: int, outputs: int) -> nn.Module:
        return nn.Conv3d(inputs, outputs, 3, padding=1)


class HalfGradient(Conv3d):
    """Stands in for the fault: in bf16, the weight gets half its gradient."""

    def forward(self, input: Tensor) -> Tensor:
        if input.dtype is not torch.bfloat16:
            return super().forward(input)
        half = (self.weight + self.weight.detach()) / 2
        return torch.nn.functional.conv3d(input, half, self.bias, padding=1)


class FaultyBf16(Small):
    def convolution(self, inputs: int, outputs: int) -> nn.Module:
        return HalfGradient(inputs, outputs, 3, padding=1)


class OneChannel(Small):
    """A 1x1x1 convolution of one channel, whose factor the BatchNorm after it undoes: its gradient is 0."""

    def convolution(self, inputs: int, outputs: int) -> nn.Module:
        squeeze, spread = Conv3d(inputs, 1, 3, padding=1), nn.Conv3d(1, outputs, 1, bias=False)
        return nn.Sequential(squeeze, spread, nn.BatchNorm3d(outputs))


BROKEN: list[tuple[type[Small], str]] = [
    (Softmaxed, "logits_are_raw"),
    (SoftmaxedInEvaluation, "logits_are_raw"),
    (OtherClasses, "shapes_are_right"),
    (PoolsToMaps, "shapes_are_right"),
    (NoMiddle, "middle_is_a_stage"),
    (ForgetsTheMap, "write_undoes_read"),
    (Bypass, "stages_and_head_give_forward"),
    (Idle, "every_parameter_learns"),
    (Noisy, "evaluation_is_deterministic"),
    (BatchStatistics, "clips_are_independent"),
    (ChangesItsInput, "clip_is_not_changed"),
    (HidesWeights, "state_dict_is_complete"),
    (Plain, "time_is_padded_by_hand"),
    (FaultyBf16, "bf16_gradients_are_right"),
]


def test_a_right_network_passes_everything() -> None:
    findings = check_backbone(Small)
    assert [finding.rule for finding in findings] == list(RULES)
    assert [finding for finding in findings if not finding.holds] == []


def test_rounding_of_a_gradient_that_is_nothing_is_no_fault() -> None:
    """As in SlowFast's fast pathway at width 1/8, where rounding is all that is left of the gradient."""
    subject = Subject(OneChannel)
    errors = bf16_gradient_errors(subject.backbone, subject.clip)
    assert max(errors.values()) < BF16_TOLERANCE
    subject.backbone.train()(subject.clip).logits.square().sum().backward()
    grads = {name: p.grad.norm() for name, p in subject.backbone.named_parameters() if p.grad is not None}
    assert grads["body_conv.1.weight"] < 1e-3 * grads["body_conv.2.weight"]


@pytest.mark.parametrize(("broken", "rule"), BROKEN, ids=lambda value: getattr(value, "__name__", value))
def test_each_rule_finds_its_fault(broken: type[Small], rule: str) -> None:
    finding = examine(rule, Subject(broken))
    assert not finding.holds
    assert finding.detail


def test_every_rule_is_tried() -> None:
    assert {rule for _, rule in BROKEN} == set(RULES)


def test_a_network_that_raises_is_a_finding() -> None:
    class Raises(Small):
        def head(self, state: Any) -> tuple[Tensor, Tensor]:
            raise RuntimeError("no head today")

    finding = examine("shapes_are_right", Subject(Raises))
    assert (finding.holds, finding.detail) == (False, "RuntimeError: no head today")


def test_padding_by_hand_mends_a_plain_network() -> None:
    finding = examine("time_is_padded_by_hand", Subject(lambda: pad_time_by_hand(Plain())))  # type: ignore[arg-type, return-value]
    assert finding.holds, finding.detail
