"""The contract of a backbone as rules, for the registry's networks and for users' own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from backbones.base.rulebook import Finding, Rulebook
from backbones.contract import Backbone, Features, State, empty_clip, softmaxed

BF16_TOLERANCE = 0.02  # bf16 keeps 8 bits: its own error is 0.2–0.4 %, the known fault is 87 % and more
# A gradient that cancels to less than this share of its terms is judged by its terms: a convolution of one
# channel before a BatchNorm, which undoes any factor, has the gradient 0, and all that is left is rounding.
BF16_CANCELLED = 0.05
Build = Callable[[], Backbone]


class Subject:
    """A backbone under check, with a batch of two random clips of its frames and size."""

    def __init__(self, build: Build) -> None:
        torch.manual_seed(0)
        self.build = build
        self.backbone = build()
        self.clip = torch.randn_like(empty_clip(self.backbone, 2, "cpu"))

    def fresh(self) -> Subject:
        """A copy, so that no rule sees what another one changed."""
        torch.manual_seed(0)
        return copy.deepcopy(self)

    def features(self) -> Features:
        """Of the clips, in evaluation mode, with every stage's pooled vector."""
        self.backbone.eval()
        with torch.no_grad():
            return self.backbone(self.clip, pooled=tuple(self.backbone.stages))

    def states(self) -> dict[str, State]:
        """Every stage's state, computed one stage at a time in evaluation mode."""
        self.backbone.eval()
        states, state = {}, self.clip
        with torch.no_grad():
            for name, stage in self.backbone.stages.items():
                state = states[name] = stage(state)
        return states


BOOK: Rulebook[Subject] = Rulebook(lambda subject: subject.fresh())
RULES, rule = BOOK.rules, BOOK.rule


def check_backbone(build: Build) -> list[Finding]:
    """Every rule on the backbone that `build()` gives. Small frames, size and width keep this fast.

    A rule that raises does not hold, and its error is the detail.
    """
    return BOOK.examine_all(Subject(build))


def examine(name: str, subject: Subject) -> Finding:
    """One rule, on a copy of the subject."""
    return BOOK.examine(name, subject)


def differ(a: Tensor, b: Tensor, tolerance: float = 1e-4) -> bool:
    """Whether two tensors differ in shape, or by more than `tolerance` of the larger norm."""
    if a.shape != b.shape:
        return True
    return bool((a - b).norm() > tolerance * max(a.norm(), b.norm(), torch.tensor(1e-12)))


@rule
def shapes_are_right(subject: Subject) -> str:
    """Logits (B, K), embedding (B, D), map (B, C, T, H, W), every pooled vector (B, D)."""
    got, classes = subject.features(), subject.backbone.classes
    if got.logits.shape != (2, classes):
        return f"logits are {tuple(got.logits.shape)}, not (2, {classes})"
    wrong = [f"{name} {tuple(v.shape)}" for name, v in got.pooled.items() if v.dim() != 2 or len(v) != 2]
    if wrong:
        return f"pooled vectors that are not (B, D): {', '.join(wrong)}"
    if got.embedding.dim() != 2 or got.map.dim() != 5:
        return f"embedding is {tuple(got.embedding.shape)}, map is {tuple(got.map.shape)}"
    return ""


@rule
def logits_are_raw(subject: Subject) -> str:
    """Never softmaxed, in training or in evaluation."""
    for training in (True, False):
        with torch.no_grad():
            logits = subject.backbone.train(training)(subject.clip).logits
        if softmaxed(logits):
            return f"the logits of each clip sum to one ({'training' if training else 'evaluation'})"
    return ""


@rule
def middle_is_a_stage(subject: Subject) -> str:
    """`middle` names one of the stages."""
    names = list(subject.backbone.stages)
    return "" if subject.backbone.middle in names else f"'{subject.backbone.middle}' is not among {names}"


@rule
def write_undoes_read(subject: Subject) -> str:
    """`write(s, read(s))` equals s, and a map that is written is read back, at every stage."""
    backbone = subject.backbone
    for name, state in subject.states().items():
        fmap = backbone.read(state)
        if not same(backbone.write(state, fmap), state):
            return f"write(s, read(s)) is not s at '{name}'"
        if differ(backbone.read(backbone.write(state, 2 * fmap + 1)), 2 * fmap + 1):
            return f"a map that is written is not read back at '{name}'"
    return ""


def same(a: State, b: State) -> bool:
    """Whether two states are equal, whatever they are made of."""
    if isinstance(a, Tensor):
        return isinstance(b, Tensor) and a.shape == b.shape and torch.equal(a, b)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b)


@rule
def stages_and_head_give_forward(subject: Subject) -> str:
    """The stages one at a time, then the head, give what `forward` gives."""
    whole, states = subject.features(), subject.states()
    with torch.no_grad():
        logits, embedding = subject.backbone.head(states[list(states)[-1]])
        pooled = {name: subject.backbone.pool(state) for name, state in states.items()}
    wrong = [name for name in pooled if differ(pooled[name], whole.pooled[name])]
    if wrong:
        return f"pooled vectors differ at {', '.join(wrong)}"
    if differ(logits, whole.logits) or differ(embedding, whole.embedding):
        return "logits or embedding differ"
    return ""


@rule
def every_parameter_learns(subject: Subject) -> str:
    """Each parameter gets a finite gradient from the logits (one that gets none breaks DDP)."""
    logits = subject.backbone.train()(subject.clip).logits
    F.cross_entropy(logits, torch.arange(2) % logits.shape[1]).backward()
    named = list(subject.backbone.named_parameters())
    none = [name for name, p in named if p.requires_grad and p.grad is None]
    infinite = [name for name, p in named if p.grad is not None and not bool(p.grad.isfinite().all())]
    if none:
        return f"no gradient for {', '.join(none[:3])} ({len(none)} in all)"
    return f"gradient not finite for {', '.join(infinite[:3])} ({len(infinite)} in all)" if infinite else ""


@rule
def evaluation_is_deterministic(subject: Subject) -> str:
    """In evaluation mode the same clips give the same features twice."""
    first, second = subject.features(), subject.features()
    return "" if torch.equal(first.logits, second.logits) else "two passes give different logits"


@rule
def clips_are_independent(subject: Subject) -> str:
    """In evaluation mode a clip gives the same alone and in a batch; a batch of one works."""
    both = subject.features()
    with torch.no_grad():
        alone = subject.backbone(subject.clip[1:])
    return "" if not differ(alone.logits[0], both.logits[1]) else "a clip's logits depend on its batch"


@rule
def clip_is_not_changed(subject: Subject) -> str:
    """The clips given are not changed in place."""
    before = subject.clip.clone()
    with torch.no_grad():
        subject.backbone.train()(subject.clip)
    return "" if torch.equal(before, subject.clip) else "the input was changed in place"


@rule
def state_dict_is_complete(subject: Subject) -> str:
    """A second instance that loads the state dict gives the same features."""
    expected = subject.features()
    torch.manual_seed(1)
    second = subject.build()
    second.load_state_dict(subject.backbone.state_dict())
    with torch.no_grad():
        logits = second.eval()(subject.clip).logits
    return "the second instance's logits differ" if differ(logits, expected.logits, 1e-6) else ""


@rule
def time_is_padded_by_hand(subject: Subject) -> str:
    """On a CPU no temporal kernel is given padded time (see `backbones.parts.conv.pad_time_by_hand`)."""
    with PaddedConvolutions() as seen, torch.no_grad():
        subject.backbone.eval()(subject.clip)
    return f"{seen.count} convolutions leave the padding of time to PyTorch" if seen.count else ""


class PaddedConvolutions(TorchDispatchMode):
    """Counts 3D convolutions whose temporal kernel (> 1) reaches padded time."""

    count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten.convolution.default:
            weight, padding = args[1], args[4]
            self.count += weight.dim() == 5 and weight.shape[2] > 1 and padding[0] > 0
        return func(*args, **(kwargs or {}))


@rule
def bf16_gradients_are_right(subject: Subject) -> str:
    """Weight gradients of every 3D convolution in bf16 against fp32, same input and output gradient."""
    errors = bf16_gradient_errors(subject.backbone, subject.clip)
    wrong = {name: error for name, error in errors.items() if not error < BF16_TOLERANCE}
    listed = ", ".join(f"{name} {error:.0%}" for name, error in list(wrong.items())[:3])
    return f"{len(wrong)} of {len(errors)} are wrong: {listed}" if wrong else ""


def bf16_gradient_errors(backbone: nn.Module, clip: Tensor) -> dict[str, float]:
    """Relative error of the bf16 weight gradient of each 3D convolution, by its name (see BF16_CANCELLED).

    clip: (B, C, T, H, W). Both precisions see the same bf16-rounded input, weight and output gradient,
    recorded from one training step on it; the reference is the padded call in fp32.
    """
    convs = {name: m for name, m in backbone.named_modules() if isinstance(m, nn.Conv3d)}
    inputs: dict[str, Tensor] = {}
    grads: dict[str, Tensor] = {}
    hooks = [
        conv.register_forward_hook(partial(_record, name, inputs, grads)) for name, conv in convs.items()
    ]
    try:
        backbone.train()(clip).logits.square().sum().backward()
    finally:
        for hook in hooks:
            hook.remove()
        backbone.zero_grad()
    return {name: _gradient_error(convs[name], inputs[name], grads[name]) for name in grads}


def _record(
    name: str, inputs: dict[str, Tensor], grads: dict[str, Tensor], _: nn.Module, args: Any, output: Tensor
) -> None:
    inputs[name] = args[0].detach().clone()
    output.register_hook(lambda grad: grads.__setitem__(name, grad.detach().clone()))


def _gradient_error(conv: nn.Conv3d, x: Tensor, grad: Tensor) -> float:
    x, grad = x.bfloat16(), grad.bfloat16()
    low = nn.Parameter(conv.weight.detach().bfloat16())
    bias = {} if conv.bias is None else {"bias": conv.bias.detach().bfloat16()}
    y = torch.func.functional_call(conv, {"weight": low} | bias, (x,))
    (got,) = torch.autograd.grad(y, low, grad)
    expected = _exact_gradient(conv, x.float(), grad.float())
    terms = _exact_gradient(conv, x.float().abs(), grad.float().abs())
    size = torch.maximum(expected.norm(), BF16_CANCELLED * terms.norm())
    return float((got.float() - expected).norm() / size.clamp(min=1e-12))


def _exact_gradient(conv: nn.Conv3d, x: Tensor, grad: Tensor) -> Tensor:
    """Of the weight, in fp32, of the call with time padded by PyTorch; it does not depend on the weight."""
    weight = nn.Parameter(torch.zeros_like(conv.weight))
    padding = conv.padding if not isinstance(conv.padding, str) else (0, 0, 0)
    y = F.conv3d(x, weight, None, conv.stride, padding, conv.dilation, conv.groups)
    return torch.autograd.grad(y, weight, grad)[0]
