"""Distillation losses between two streams, one value per video, so that a group can be averaged."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def kl_per_video(student: Tensor, teacher: Tensor, temperature: float, t_squared: bool = True) -> Tensor:
    """KL(q_teacher || q_student) of softened scores in nats, times T² (MBD, equations 5, 6).

    student, teacher: logits (B, K); no gradient reaches the teacher. Returns (B,).
    T² keeps the gradient's size independent of the temperature (Hinton et al., 2015).
    """
    return divergence(student, teacher.detach(), temperature, t_squared)


def divergence(student: Tensor, teacher: Tensor, temperature: float, t_squared: bool = True) -> Tensor:
    """`kl_per_video` where both sides learn. student, teacher: logits (B, K). Returns (B,)."""
    log_q = F.log_softmax(student / temperature, dim=-1)
    log_p = F.log_softmax(teacher / temperature, dim=-1)
    kl = F.kl_div(log_q, log_p, log_target=True, reduction="none").sum(dim=-1)
    return kl * temperature**2 if t_squared else kl


def mse_per_video(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over the D dimensions of the squared difference (MBD, equation 7).

    student, teacher: (B, D); no gradient reaches the teacher. Returns (B,).
    """
    return squared_difference(student, teacher.detach())


def squared_difference(one: Tensor, other: Tensor) -> Tensor:
    """`mse_per_video` where both sides learn. one, other: (B, D). Returns (B,)."""
    return (one - other).square().mean(dim=-1)


def final_per_video(
    student: Tensor, teacher: Tensor, kind: str, temperature: float, t_squared: bool, detach: bool = True
) -> Tensor:
    """The final layers' difference by `kind`: "kl", "mse" of the logits, "mse_scores" of softened scores.

    student, teacher: logits (B, K). detach: no gradient reaches the teacher. Returns (B,).
    """
    teacher = teacher.detach() if detach else teacher
    if kind == "kl":
        return divergence(student, teacher, temperature, t_squared)
    if kind == "mse":
        return squared_difference(student, teacher)
    return squared_difference(
        F.softmax(student / temperature, dim=-1), F.softmax(teacher / temperature, dim=-1)
    )
