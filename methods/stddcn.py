"""Spatio-temporal distilled dense-connectivity network (Hao & Zhang, Pattern Recognition 92, 2019).

An appearance stream (RGB) and a motion stream (optical flow), trained end to end, with block-level dense
links between their stages, and their fusion as the teacher of both. Only the abstract and the highlights are
public: what they leave open is a setting, and the form is a reconstruction.

    input of stage s of a:  x_a^{s-1} (+) Σ_{r<s} P_{r→s}(x_m^r), and the same for m      (links)
    z_f = (z_a + z_m) / 2
    L = CE(z_a) + CE(z_m) + w CE(z_f) + λ T² [KL(q_T(z_f) ‖ q_T(z_a)) + KL(q_T(z_f) ‖ q_T(z_m))]
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from backbones.base.streams import GLOBAL, LOCAL, OTHER, STREAMS, PerStream, StreamName
from backbones.contract import Backbone, Features, State, stage_shapes
from methods.contract import Losses, Method
from methods.parts.distillation_losses import kl_per_video
from methods.parts.links import Links
from methods.stddcn_settings import STDDCNSettings


class STDDCN(Method):
    """The motion stream is the one over flow; where both streams see the same, the local one.

    `joint`: with dense links a stream needs the other one, in training and in testing.
    """

    Settings = STDDCNSettings
    settings: STDDCNSettings

    def __init__(self, local: Backbone, glob: Backbone, settings: STDDCNSettings) -> None:
        super().__init__(local, glob, settings)
        self.joint = settings.dense
        self.joint_terms = ("*",) if settings.dense else ()  # through the links
        self.links = nn.ModuleDict()
        if settings.dense:
            shapes = PerStream(stage_shapes(local), stage_shapes(glob))
            for name in self._linked():
                self.links[name] = Links(shapes[name], shapes[OTHER[name]], settings.merge)

    def _linked(self) -> tuple[StreamName, ...]:
        """The streams into which links lead."""
        only_global = self.glob.modality == "flow" != self.local.modality
        motion = GLOBAL if only_global else LOCAL
        return {
            "both": STREAMS,
            "motion-to-appearance": (OTHER[motion],),
            "appearance-to-motion": (motion,),
        }[self.settings.direction]

    def features(self, clips: Mapping[StreamName, Tensor], train: bool) -> dict[StreamName, Features]:
        """A single stream, as when it is timed, runs without links."""
        if not self.links or len(clips) < len(STREAMS):
            return super().features(clips, train)
        stages = PerStream.of(lambda name: list(self.stream(name).stages_to_run().values()))
        states: dict[StreamName, State] = dict(clips)
        maps: PerStream[list[Tensor]] = PerStream([], [])
        for stage in range(max(map(len, stages.values()))):
            going = [name for name in STREAMS if stage < len(stages[name])]
            entering = {name: self._entering(name, stage, states[name], maps) for name in going}
            for name in going:
                states[name] = stages[name][stage](entering[name])
                maps[name].append(self.stream(name).read(states[name]))
        return {name: self._end(name, states[name], maps[name][-1]) for name in STREAMS}

    def _entering(self, name: StreamName, stage: int, state: State, maps: PerStream[list[Tensor]]) -> State:
        """The state that goes into a stage; for a linked stream, merged with the other one's maps."""
        if stage == 0 or name not in self.links:
            return state
        merged = self.links[name](stage, maps[name][-1], maps[OTHER[name]][:stage])
        return self.stream(name).write(state, merged)

    def _end(self, name: StreamName, state: State, fmap: Tensor) -> Features:
        logits, embedding = self.stream(name).head(state)
        return Features(logits, embedding, fmap)

    def losses(self, local: Features, glob: Features, labels: Tensor) -> tuple[Losses, dict[str, Tensor]]:
        chosen = self.settings
        logits = PerStream(local.logits, glob.logits)
        fused = (local.logits + glob.logits) / 2
        terms = {f"{name}/ce": self.cross_entropy(logits[name], labels) for name in STREAMS}
        if chosen.fusion_weight:
            terms["fused/ce"] = chosen.fusion_weight * self.cross_entropy(fused, labels)
        if chosen.distill:
            for name in STREAMS:
                teacher = fused if chosen.teacher == "fusion" else logits[OTHER[name]]
                values = kl_per_video(logits[name], teacher, chosen.temperature, chosen.t_squared)
                terms[f"{name}/kl"] = chosen.kl_weight * values.mean()
        return terms, {}
