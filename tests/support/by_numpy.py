"""MBD's formulas the slow way, in NumPy and SciPy: loops over videos, norms, textbook divergences."""

import numpy as np
from scipy.special import softmax
from scipy.stats import entropy


def distribution(z, bank):
    """softmax(-||z - y||) over the rows of `bank`."""
    weights = np.exp([-np.linalg.norm(z - y) for y in bank])
    return weights / weights.sum()


def dominance(logits, labels, reading):
    """m of each video, by reading; logits (B, K)."""
    scores = softmax(np.asarray(logits, dtype=np.float64), axis=1)
    one_hot = np.eye(scores.shape[1])
    found = []
    for z, label in zip(scores, labels, strict=True):
        if reading == "R2":
            found.append(distribution(z, [one_hot[j] for j in labels]).max())
        elif reading == "R5":
            found.append(distribution(z, one_hot)[label])
        elif reading == "max_softmax":
            found.append(z.max())
        else:
            found.append(distribution(z, one_hot).max())
    return np.array(found)


def kl(teacher, student, temperature):
    """Per video, in nats, times T²."""
    p, q = softmax(teacher / temperature, axis=1), softmax(student / temperature, axis=1)
    return temperature**2 * entropy(p, q, axis=1)


def mse(one, other):
    return np.array([np.mean((a - b) ** 2) for a, b in zip(one, other, strict=True)])


def mean_over(values, members, counted):
    """Sum over the members by the number counted; 0 for an empty group."""
    return values[members].sum() / max(counted, 1)
