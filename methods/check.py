"""The contract of a method as rules, checked on two small streams of different shapes."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import partial, wraps
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from backbones.base.rulebook import Finding, Rulebook, named_error
from backbones.base.streams import StreamName
from methods.contract import STREAMS, Method, not_one_number
from methods.parts.small_streams import CLASSES, RegularizedStream, SmallStream

VIDEOS, FRAMES = 5, (4, 2)
# What `begin` is given: of a run so long that a warm-up is over in its middle, whether it counts steps,
# epochs or a share of the run. An even number of epochs, as phases may alternate between them.
STEPS, PER_EPOCH = 200_000, 1_000
MOMENTS = (0, STEPS // 2, STEPS - 1)


class Subject:
    """A method under check, with a batch of clips and labels.

    moment: the step of a run that the method is told (`Method.begin`); None: as built, which is how a run's
    time is estimated.
    """

    moment: int | None = None

    def __init__(self, method_class: type[Method], settings: object = None) -> None:
        self.method_class = method_class
        self.settings = method_class.Settings() if settings is None else settings
        self.method = self.build(0)
        generator = torch.Generator().manual_seed(1)
        self.clips = {
            name: torch.randn(VIDEOS, 3, frames, 8, 8, generator=generator)
            for name, frames in zip(STREAMS, FRAMES, strict=True)
        }
        self.labels = torch.arange(VIDEOS) % CLASSES

    def build(self, seed: int, stream: type[SmallStream] = SmallStream) -> Method:
        torch.manual_seed(seed)
        return self._told(self.method_class(stream(4, FRAMES[0]), stream(6, FRAMES[1]), self.settings))

    def _told(self, method: Method) -> Method:
        if self.moment is not None:
            method.begin(self.moment, STEPS, PER_EPOCH)
        return method

    def at(self, moment: int | None) -> Subject:
        """A copy at that step of a run."""
        copied = self.fresh()
        copied.moment = moment
        copied._told(copied.method)
        return copied

    def fresh(self) -> Subject:
        return copy.deepcopy(self)

    def step(self, method: Method | None = None) -> Any:
        """A training step (`Step`), its randomness fixed."""
        torch.manual_seed(2)
        return (method or self.method).train()(self.clips, self.labels)


BOOK: Rulebook[Subject] = Rulebook(lambda subject: subject.fresh())
RULES = BOOK.rules


def rule(check: Callable[[Subject], str]) -> Callable[[Subject], str]:
    """Registers a rule that must hold as built and at every one of `MOMENTS`."""

    @wraps(check)
    def always(subject: Subject) -> str:
        for moment in (None, *MOMENTS):
            try:
                found = check(subject.at(moment))
            except Exception as error:  # users' code may raise anything; the finding reports it
                found = named_error(error)
            if found:
                told = f" (after begin(step={moment}, steps={STEPS}, per_epoch={PER_EPOCH}))"
                return found + told * (moment is not None)
        return ""

    return BOOK.rule(always)


def check_method(method_class: type[Method], settings: object = None) -> list[Finding]:
    """Every rule on the method, with its default settings where none are given."""
    return BOOK.examine_all(Subject(method_class, settings))


@rule
def settings_round_trip(subject: Subject) -> str:
    """Settings are a frozen dataclass of plain values: written as JSON and read again they are equal."""
    settings: Any = subject.settings
    if not dataclasses.is_dataclass(settings) or isinstance(settings, type):
        return f"Settings is {type(settings).__name__}, not a dataclass"
    if not getattr(settings, "__dataclass_params__").frozen:  # noqa: B009
        return "Settings is not frozen: write @dataclass(frozen=True)"
    plain = dataclasses.asdict(settings)
    try:
        TypeAdapter(type(settings)).validate_python(plain)
    except ValidationError as error:
        first = error.errors()[0]
        return f"the default {'.'.join(map(str, first['loc']))} = {first['input']!r}: {first['msg']}"
    again = type(settings)(**json.loads(json.dumps(plain)))
    return "" if again == settings else f"{again} is not {settings}"


@rule
def losses_are_named_after_a_stream(subject: Subject) -> str:
    """There is a loss, and every one is called "<stream>/<term>" (or "fused/<term>")."""
    names = list(subject.step().losses)
    if not names:
        return "there is no loss"
    owners = (*STREAMS, "fused")
    wrong = [name for name in names if name.partition("/")[0] not in owners or not name.partition("/")[2]]
    return f"{', '.join(wrong)}: expected local/… or global/…" if wrong else ""


@rule
def losses_are_finite_scalars(subject: Subject) -> str:
    """Losses are finite scalars in float32, and statistics finite, also where the logits are large."""
    for scale in (1.0, 1e4):
        with torch.no_grad():
            for name in STREAMS:
                subject.method.stream(name).get_parameter("fc.weight").mul_(scale)
        step = subject.step()
        numbers = {name: value for name, value in step.stats.items() if not not_one_number(value)}
        for name, value in (step.losses | numbers).items():
            if why := not_one_number(value):
                return f"{name} is {why}"
            if not bool(value.isfinite()):
                return f"{name} is {value.tolist()}" + (" where logits are large" if scale > 1 else "")
        wrong = [name for name, value in step.losses.items() if value.dtype != torch.float32]
        if wrong:
            return f"{wrong[0]} is in {step.losses[wrong[0]].dtype}"
    return ""


@rule
def statistics_are_numbers(subject: Subject) -> str:
    """Each value of the second dictionary of `losses` is a tensor with one number, 0 to 1 if in `shares`."""
    shares = subject.method.shares
    if isinstance(shares, str):
        return f"shares is the word {shares!r}: expected a tuple of names, as ({shares!r},)"
    for name, value in subject.step().stats.items():
        if why := not_one_number(value):
            return f"statistic {name} is {why}"
        if name in shares and not 0 <= float(value) <= 1:
            return f"statistic {name} is {float(value):.4g}: what is in shares is between 0 and 1"
    return ""


@rule
def every_parameter_learns(subject: Subject) -> str:
    """The sum of the losses reaches every parameter but those of frozen streams (DDP breaks otherwise). Where
    the method is `sometimes_idle`, each at some step."""
    without = _not_reached(subject)
    if subject.method.sometimes_idle:
        built = Subject(subject.method_class, subject.settings)
        others = [_not_reached(built.at(moment)) for moment in (None, *MOMENTS)]
        without = [name for name in without if all(name in each for each in others)]
    return f"no gradient for {', '.join(without[:3])} ({len(without)} in all)" if without else ""


def _not_reached(subject: Subject) -> list[str]:
    """The parameters that a training step gives no gradient."""
    subject.method.zero_grad(set_to_none=True)
    torch.stack(list(subject.step().losses.values())).sum().backward()
    named = [(name, p) for name, p in subject.method.named_parameters() if p.requires_grad]
    return [name for name, p in named if p.grad is None]


@rule
def teachers_are_detached(subject: Subject) -> str:
    """No term sends a gradient into a frozen stream, nor "<stream>/…" (but `joint_terms`) into the other."""
    step, method = subject.step(), subject.method
    for term, value in step.losses.items():
        owner = term.partition("/")[0]
        both = owner not in STREAMS or any(fnmatchcase(term, pattern) for pattern in method.joint_terms)
        for other in STREAMS:
            if other not in method.frozen and (both or other == owner):
                continue
            weights = [p for p in method.stream(other).parameters() if p.requires_grad]
            if not weights or not value.requires_grad:
                continue
            grads = torch.autograd.grad(value, weights, retain_graph=True, allow_unused=True)
            if any(grad is not None and bool(grad.count_nonzero()) for grad in grads):
                return f"'{term}' sends a gradient into the {other} stream: detach, or declare joint_terms"
    return ""


@rule
def label_smoothing_is_heard(subject: Subject) -> str:
    """Every "…/ce" term is made by `self.cross_entropy`, so that `train.label_smoothing` reaches it."""
    plain = subject.step().losses
    subject.method.label_smoothing = 0.5
    smoothed = subject.step().losses
    names = [name for name in plain if name.endswith("/ce")]
    deaf = [name for name in names if torch.equal(plain[name], smoothed[name])]
    return f"{', '.join(deaf)} ignores label smoothing: use self.cross_entropy" if deaf else ""


@rule
def frozen_streams_stay_as_they_are(subject: Subject) -> str:
    """A frozen stream is in evaluation mode, gets no gradient, and is the same after a training step."""
    method = subject.build(0, RegularizedStream).train()
    optimizers = method.optimizers(partial(torch.optim.SGD, lr=0.1, momentum=0.9, weight_decay=0.1))
    before = copy.deepcopy(method.state_dict())
    losses = subject.step(method).losses
    torch.stack(list(losses.values())).sum().backward()
    for optimizer in optimizers:
        optimizer.step()
    updated = {id(p) for each in optimizers for group in each.param_groups for p in group["params"]}
    seen = method.features({name: clip.requires_grad_() for name, clip in subject.clips.items()}, train=True)
    faults = (_not_frozen(method, name, before, updated, list(losses)) for name in method.frozen)
    recorded = [name for name in method.frozen if seen[name].logits.requires_grad]
    forward = f"the forward pass of the frozen {recorded[0]} stream records gradients" if recorded else ""
    return next(filter(None, faults), forward)


def _not_frozen(
    method: Method, name: StreamName, before: dict[str, Tensor], updated: set[int], losses: list[str]
) -> str:
    """What shows, after a training step, that the stream is not frozen. updated: of the optimizers, by id."""
    stream, prefix = method.stream(name), f"streams.{name}."
    after = method.state_dict()
    changed = [key for key in before if key.startswith(prefix) and not torch.equal(before[key], after[key])]
    if any(module.training for module in stream.modules()):
        return f"the frozen {name} stream is in training mode"
    if changed:
        return f"a training step changes the frozen {name} stream: {', '.join(changed[:3])}"
    if any(p.requires_grad or p.grad is not None for p in stream.parameters()):
        return f"parameters of the frozen {name} stream require a gradient"
    if any(id(p) in updated for p in stream.parameters()):
        return f"an optimizer holds parameters of the frozen {name} stream"
    own = [term for term in losses if term.startswith(f"{name}/")]
    return f"'{own[0]}' trains nothing: the {name} stream is frozen" if own else ""


@rule
def a_step_is_repeatable(subject: Subject) -> str:
    """With the same seed the same batch gives the same losses: all randomness is from torch's generator."""
    first, second = subject.step().losses, subject.fresh().step().losses
    changed = [name for name in first if not torch.equal(first[name], second[name])]
    return f"{', '.join(changed)} differ" if changed else ""


@rule
def a_batch_of_one_works(subject: Subject) -> str:
    """The last micro-batch may be a single video, which is then alone in its dominance group."""
    one = {name: clip[:1] for name, clip in subject.clips.items()}
    losses = subject.method.train()(one, subject.labels[:1]).losses
    wrong = [name for name, value in losses.items() if not bool(value.isfinite())]
    return f"{', '.join(wrong)} not finite" if wrong else ""


@rule
def state_dict_is_complete(subject: Subject) -> str:
    """A second instance that loads the state dict gives the same losses: a stopped run can be resumed."""
    second = subject.build(3)
    second.load_state_dict(subject.method.state_dict())
    expected, losses = subject.step().losses, subject.step(second).losses
    changed = [name for name in expected if not torch.allclose(expected[name], losses[name])]
    return f"{', '.join(changed)} differ in the second instance" if changed else ""


@rule
def each_stream_is_evaluated_alone(subject: Subject) -> str:
    """In evaluation, without labels, a stream's clips alone give its features; logits are (B, K)."""
    subject.method.eval()
    with torch.inference_mode():
        for name, clip in subject.clips.items():
            features = subject.method({name: clip})
            if list(features) != [name]:
                return f"given clips of {name}, it gives features of {list(features)}"
            if features[name].logits.shape != (VIDEOS, CLASSES):
                return f"{name} logits are {tuple(features[name].logits.shape)}, not {(VIDEOS, CLASSES)}"
    return ""
