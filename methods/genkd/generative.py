"""A stream that learns with an attention head and a conditional VAE (Wang et al., AAAI 2024).

Two phases alternate. "vae": the VAE learns to rebuild the last map from its attention; the network is held.
"network": stream and attention head learn from the labels, and from what the held VAE makes of the attention
alone. The classifier sees the map times the attention, also in testing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from backbones.base.streams import OTHER, PerStream, StreamName
from backbones.contract import Backbone, Features, State, shapes
from methods.contract import BuildOptimizer, Losses, Method
from methods.genkd.generative_settings import GenKDTeacherSettings, RepresentationSettings
from methods.genkd.losses import attended, prior_loss, ramp, summed_scores, vae_loss
from methods.parts.representation import Representation, frozen_prior

VAE, NETWORK = "vae", "network"
BETAS = (0.8, 0.999)


class Generative(Method):
    """What teacher and student have in common.

    learner: the stream that learns. equipped: the streams that have an attention head and a VAE.
    """

    settings: RepresentationSettings
    phases: Collection[str] = (VAE, NETWORK)
    ramp = 1.0

    def __init__(
        self,
        local: Backbone,
        glob: Backbone,
        settings: RepresentationSettings,
        learner: StreamName,
        equipped: Iterable[StreamName],
    ) -> None:
        super().__init__(local, glob, settings)
        self.learner = learner
        self.sometimes_idle = settings.alternation == "epoch"
        self.represent = nn.ModuleDict(
            {name: Representation(shapes(self.stream(name)).map.shape[1:]) for name in equipped}
        )

    def begin(self, step: int, steps: int, per_epoch: int) -> None:
        """Sets the phase and the ramp by the published epoch: a VAE epoch, then a network epoch.

        The last epoch is always the network's; where their number is odd, so is the first, which comes before
        published epoch 1.
        """
        epoch = step // per_epoch
        if self.settings.alternation == "step":
            self.phases, published = (VAE, NETWORK), epoch + 1
        else:
            turn = epoch - steps // per_epoch % 2
            self.phases, published = ((NETWORK if turn % 2 else VAE),), turn // 2 + 1
        self.ramp = ramp(published, self.settings.ramp_epochs)

    def optimizers(self, build: BuildOptimizer) -> list[Optimizer]:
        """The run's own (SGD) for the network, Adam for the VAE."""
        vae = self.vae_parameters()
        own = {id(parameter) for parameter in vae}
        network = [parameter for parameter in self.trained_parameters() if id(parameter) not in own]
        return [build(network), Adam(vae, lr=self.settings.vae_lr, betas=BETAS)]

    def vae_parameters(self) -> list[nn.Parameter]:
        """What learns in the phase "vae"."""
        return list(self.modules_of(self.learner).vae.parameters())

    def modules_of(self, stream: StreamName) -> Representation:
        return cast(Representation, self.represent[stream])

    def state(self, name: StreamName, clip: Tensor) -> State:
        """The last stage's state of a stream."""
        state: State = clip
        for stage in self.stream(name).stages_to_run().values():
            state = stage(state)
        return state

    def view(self, name: StreamName, clip: Tensor) -> Features:
        """A stream's features through its attention; extras: its map and its attention."""
        stream = self.stream(name)
        state = self.state(name, clip)
        x = stream.read(state)
        attention = self.modules_of(name).attention(x)
        seen = attended(x, attention)
        state = stream.write(state, seen)
        if self.settings.classification == "summed_scores":
            logits, embedding = summed_scores(stream.step_logits(state).float()), stream.pool(state)
        else:
            logits, embedding = stream.head(state)
        return Features(logits, embedding, seen, extras={"map": x, "attention": attention})

    def learned(self, clip: Tensor) -> Features:
        """The learner's features in training; extras: also what the losses of this step's phases need."""
        with torch.set_grad_enabled(NETWORK in self.phases):
            features = self.view(self.learner, clip)
        vae, (x, attention) = self.modules_of(self.learner).vae, features.extras.values()
        if VAE in self.phases:
            names = ("rebuilt", "mean", "log_variance")
            features.extras |= dict(zip(names, vae(x.detach(), attention.detach()), strict=True))
        if NETWORK in self.phases:
            features.extras["from_prior"] = frozen_prior(vae, attention)
        return features

    def own_losses(self, features: Features, labels: Tensor) -> Losses:
        """The learner's terms without a teacher, of this step's phases."""
        made, terms = features.extras, {}
        if VAE in self.phases:
            map_, attention = made["map"].detach(), made["attention"].detach()
            value = vae_loss(map_, made["rebuilt"], made["mean"], made["log_variance"], attention)
            terms[f"{self.learner}/vae"] = value
        if NETWORK in self.phases:
            weight = self.ramp * self.settings.prior_weight
            terms[f"{self.learner}/ce"] = self.cross_entropy(features.logits, labels)
            terms[f"{self.learner}/prior"] = weight * prior_loss(made["map"], made["from_prior"])
        return terms


class GenKDTeacher(Generative):
    """The teacher of `genkd`: one stream with its modules, by itself; the other stream is not used."""

    Settings = GenKDTeacherSettings
    settings: GenKDTeacherSettings

    def __init__(self, local: Backbone, glob: Backbone, settings: GenKDTeacherSettings) -> None:
        super().__init__(local, glob, settings, settings.stream, (settings.stream,))
        self.unused = (OTHER[settings.stream],)

    def features(self, clips: Mapping[StreamName, Tensor], train: bool) -> dict[StreamName, Features]:
        found: dict[StreamName, Features] = {}
        for name, clip in clips.items():
            if name in self.unused:
                found[name] = self.zero_features(name, len(clip), clip.device)
            else:
                found[name] = self.learned(clip) if train else self.view(name, clip)
        return found

    def losses(self, local: Features, glob: Features, labels: Tensor) -> tuple[Losses, dict[str, Tensor]]:
        return self.own_losses(PerStream(local, glob)[self.learner], labels), {}
