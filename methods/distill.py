"""Distillation losses between two streams, one value per video, so that a group can be averaged."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def kl_per_video(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """KL(q_teacher || q_student) of softened scores in nats, times T² (MBD, equations 5, 6).

    student, teacher: logits (B, K); no gradient reaches the teacher. Returns (B,).
    T² keeps the gradient's size independent of the temperature (Hinton et al., 2015).
    """
    log_q = F.log_softmax(student / temperature, dim=-1)
    log_p = F.log_softmax(teacher.detach() / temperature, dim=-1)
    return F.kl_div(log_q, log_p, log_target=True, reduction="none").sum(dim=-1) * temperature**2


def mse_per_video(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over the D dimensions of the squared difference (MBD, equation 7).

    student, teacher: (B, D); no gradient reaches the teacher. Returns (B,).
    """
    return (student - teacher.detach()).square().mean(dim=-1)
