"""What a method gives besides its losses: one fault breaks one rule, which says what is meant."""

import pytest
import torch

from methods import check
from methods.two_stream import TwoStream

ONE = "expected a tensor with one number"
NAMES = "expected a tuple of names, as ('weight',)"


def with_statistic(value, shares=()):
    """Two streams with one statistic, `weight`."""

    class Told(TwoStream):
        def losses(self, local, glob, labels):
            return super().losses(local, glob, labels)[0], {"weight": value}

    Told.shares = shares
    return Told


def broken(method):
    return [(each.rule, each.detail) for each in check.check_method(method) if not each.holds]


@pytest.mark.parametrize(
    ("value", "shares", "detail"),
    [
        (0.5, (), f"statistic weight is a float, 0.5: {ONE}, as torch.tensor(0.5)"),
        (torch.ones(3), (), f"statistic weight is a tensor of shape (3,): {ONE}, as its mean()"),
        (torch.tensor(7.0), ("weight",), "statistic weight is 7: what is in shares is between 0 and 1"),
        (torch.tensor(0.5), "weight", f"shares is the word 'weight': {NAMES}"),
    ],
)
def test_a_wrong_statistic(value, shares, detail):
    assert broken(with_statistic(value, shares)) == [("statistics_are_numbers", detail)]


def test_one_that_is_not_finite():
    found = broken(with_statistic(torch.tensor(float("nan"))))
    assert found == [("losses_are_finite_scalars", "weight is nan")]


@pytest.mark.parametrize(("value", "shares"), [(7, ()), (1.0, ("weight",))])
def test_right_ones(value, shares):
    assert broken(with_statistic(torch.tensor(value), shares)) == []


def test_a_loss_that_is_no_tensor_is_said():
    class Plain(TwoStream):
        def losses(self, local, glob, labels):
            return super().losses(local, glob, labels)[0] | {"local/kl": 0.5}, {}

    finding = check.BOOK.examine("losses_are_finite_scalars", check.Subject(Plain))
    assert finding.detail.startswith(f"local/kl is a float, 0.5: {ONE}")
