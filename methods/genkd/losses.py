"""The loss terms of generative model-based feature distillation (Wang et al., AAAI 2024), on tensors alone.

x: last map (B, C, T, H, W). a: attention (B, C, T) in (0, 1). Gaussians are diagonal, their means and log
variances (B, T, C). All terms are means over every element, as in the authors' code.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

KL_WEIGHT = 0.1


def attended(x: Tensor, attention: Tensor) -> Tensor:
    """x times a, (B, C, T, H, W), rescaled so that each clip's sum of absolute values is that of x.

    For maps after a ReLU this is the authors' sum; they take it over the batch (of one clip, in testing).
    """
    weighted = x * attention[..., None, None]
    axes = (1, 2, 3, 4)
    before, after = (value.abs().sum(dim=axes, keepdim=True) for value in (x, weighted))
    return weighted * (before / after.clamp_min(1e-12))


def gaussian_kl(mean: Tensor, log_variance: Tensor, prior: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) || N(prior, 1)) in nats, per dimension. All (B, T, C)."""
    return -0.5 * (1 + log_variance - (mean - prior).square() - log_variance.exp()).mean()


def vae_loss(x: Tensor, rebuilt: Tensor, mean: Tensor, log_variance: Tensor, attention: Tensor) -> Tensor:
    """Reconstruction plus 0.1 KL to the prior N(a, 1), a scalar. The target x gets no gradient.

    x, rebuilt: (B, C, T, H, W). mean, log_variance: (B, T, C). attention: (B, C, T).
    """
    prior = attention.transpose(1, 2)
    return F.mse_loss(rebuilt, x.detach()) + KL_WEIGHT * gaussian_kl(mean, log_variance, prior)


def generative_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of two VAEs' reconstructions (B, C, T, H, W); no gradient reaches the
    teacher's.
    """
    return F.mse_loss(student, teacher.detach())


def attention_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of two attentions (B, C, T); no gradient reaches the teacher's."""
    return F.mse_loss(student, teacher.detach())


def prior_loss(x: Tensor, from_prior: Tensor) -> Tensor:
    """Mean squared difference of x and what the VAE makes of its prior alone, (B, C, T, H, W); both get
    gradients.
    """
    return F.mse_loss(from_prior, x)


def summed_scores(steps: Tensor) -> Tensor:
    """Softmax scores of logits (B, K, S), summed over the steps (B, K): the authors' logits."""
    return F.softmax(steps, dim=1).sum(dim=2)


def ramp(epoch: int, epochs: int) -> float:
    """min(epoch, epochs) / epochs: from 0 before the first epoch to 1."""
    return min(epoch, epochs) / epochs
