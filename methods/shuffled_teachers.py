"""MBD with teachers that speak of another video (a control): a harm that a study must be able to find.

Groups, terms and weights are MBD's. But what a student is compared with, scores and middle features alike,
is the teacher's output for the video before it in the batch, whose class is mostly another one. The order of
a batch is drawn anew in each epoch, so that a video has another wrong teacher each time.
"""

from __future__ import annotations

from torch import Tensor

from methods.mbd import MBD


class ShuffledTeachers(MBD):
    """Each video of a (micro-)batch is taught with the outputs for the video before it, the first with those
    for the last. Alone in its batch, a video is its own neighbour."""

    mixable = False  # a clip that is mixed with the video before it would be taught by half of itself

    def taught_by(self, outputs: Tensor) -> Tensor:
        return outputs.roll(1, dims=0)
