"""The projections phi that make middle features of two streams comparable (MBD, equations 10, 11)."""

from __future__ import annotations

from torch import Tensor, nn

from methods.parts.distillation_losses import squared_difference


def projection(given: int, wanted: int, form: str) -> nn.Module:
    """(B, given) to (B, wanted): "linear", "linear+norm" (LayerNorm after it), "two-layer" (GELU between)."""
    linear = nn.Linear(given, wanted)
    if form == "linear":
        return linear
    if form == "linear+norm":
        return nn.Sequential(linear, nn.LayerNorm(wanted))
    return nn.Sequential(linear, nn.GELU(), nn.Linear(wanted, wanted))


class Alignment(nn.Module):
    """One direction: a student's middle features against its teacher's.

    side: whose features are projected, to the other's width; "both": to the smaller of the two widths.
    detach: no gradient reaches the teacher's stream; a projection of its features still learns, from this
    loss.
    """

    def __init__(self, student: int, teacher: int, form: str, side: str, detach: bool = True) -> None:
        super().__init__()
        self.detach = detach
        width = {"student": teacher, "teacher": student, "both": min(student, teacher)}[side]
        self.student = nn.Identity() if side == "teacher" else projection(student, width, form)
        self.teacher = nn.Identity() if side == "student" else projection(teacher, width, form)

    def forward(self, student: Tensor, teacher: Tensor) -> Tensor:
        """student (B, D_s), teacher (B, D_t): mean squared difference of each video (B,)."""
        target = teacher.detach() if self.detach else teacher
        return squared_difference(self.student(student), self.teacher(target))
