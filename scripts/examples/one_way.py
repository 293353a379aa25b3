"""A method of your own: the global stream teaches the local one, never back (Hinton et al., 2015)."""

from dataclasses import dataclass

from methods.contract import Method
from methods.parts.distillation_losses import kl_per_video
from methods.registry import METHODS, MethodEntry


@dataclass(frozen=True)
class Settings:
    """`--set method.temperature=4` reaches it."""

    temperature: float = 2.0


class OneWay(Method):
    Settings = Settings

    def losses(self, local, glob, labels):
        return {
            "local/ce": self.cross_entropy(local.logits, labels),
            "global/ce": self.cross_entropy(glob.logits, labels),
            "local/kl": kl_per_video(local.logits, glob.logits, self.settings.temperature).mean(),
        }, {}


METHODS.add(
    MethodEntry(
        name="my_one_way",
        target=f"{__name__}:OneWay",
        summary="the global stream teaches the local one",
        paper="Hinton et al., 2015",
        equations="section 2",
        fusion="average",
    )
)
