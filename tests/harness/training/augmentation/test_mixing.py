"""Mixed clips, against torchvision's own MixUp and CutMix."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torchvision import tv_tensors
from torchvision.transforms import v2

from harness.training.augmentation.mixing import Draw, Mixing, box
from methods.contract import Method

CLASSES = 7
LABELS = torch.tensor([3, 0, 6, 1])


def clips(*sizes):
    generator = torch.Generator().manual_seed(0)
    names = ("local", "global")[: len(sizes)]
    return {n: torch.randn(4, 3, 5, *s, generator=generator) for n, s in zip(names, sizes, strict=True)}


def by_torchvision(kind, clip, params):
    """(its clip, its soft labels); a video of it is (B, T, C, H, W)."""
    transform = kind(num_classes=CLASSES)
    transform.make_params = lambda _: params
    video, labels = transform(tv_tensors.Video(clip.transpose(1, 2)), LABELS)
    return video.as_subclass(torch.Tensor).transpose(1, 2), labels


def soft(own):
    one_hot = F.one_hot(LABELS, CLASSES).float()
    return own * one_hot + (1 - own) * one_hot.roll(1, 0)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_mixup_is_torchvisions(share):
    given = clips((6, 8))
    mixed, own = Draw(share).mixed(given)
    theirs, labels = by_torchvision(v2.MixUp, given["local"], {"lam": share})
    torch.testing.assert_close(mixed["local"], theirs)
    torch.testing.assert_close(soft(own), labels)


@pytest.mark.parametrize(("share", "centre"), [(0.3, (0.5, 0.5)), (0.1, (0.95, 0.1)), (0.99, (0.2, 0.7))])
def test_cutmix_is_torchvisions(share, centre, monkeypatch):
    given = clips((12, 16))
    drawn = iter([torch.tensor([int(centre[0] * 16)]), torch.tensor([int(centre[1] * 12)])])
    transform = v2.CutMix(num_classes=CLASSES)
    monkeypatch.setattr(transform._dist, "sample", lambda _: torch.tensor(share, dtype=torch.float64))
    monkeypatch.setattr(torch, "randint", lambda *_, size: next(drawn))
    params = transform.make_params([tv_tensors.Video(given["local"].transpose(1, 2))])
    assert box(share, centre, (12, 16)) == params["box"]
    mixed, own = Draw(share, centre).mixed(given)
    theirs, labels = by_torchvision(v2.CutMix, given["local"], params)
    assert torch.equal(mixed["local"], theirs)
    torch.testing.assert_close(soft(own), labels)


def test_both_streams_are_mixed_alike():
    """The same two videos and share; the box at the same place of frames of another size."""
    given = clips((12, 16), (24, 32))
    mixed, own = Draw(0.5, (0.5, 0.5)).mixed(given)
    assert box(0.5, (0.5, 0.5), (12, 16)) == (
        3,
        2,
        13,
        10,
    )  # half-widths 0.3536 * 16 and * 12, cut to 5 and 4
    assert box(0.5, (0.5, 0.5), (24, 32)) == (5, 4, 27, 20)
    assert own == pytest.approx(1 - (80 / 192 + 352 / 768) / 2)
    for name, clip in mixed.items():
        changed = (clip != given[name]).flatten(1, 2).any(1)
        assert all(torch.equal(changed[0], each) for each in changed)


def test_draws_repeat_by_their_key_and_leave_torchs_generator():
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    mixing = Mixing(0.4, 1.0, seed=5)
    assert mixing.draw(7, 0, 0) == mixing.draw(7, 0, 0)
    assert len({mixing.draw(*key).share for key in ((7, 0, 0), (8, 0, 0), (7, 1, 0), (7, 0, 4))}) == 4
    assert torch.equal(torch.random.get_rng_state(), before)


def test_shares_are_of_a_beta_distribution_and_either_kind_is_as_likely():
    drawn = [Mixing(0.2, 0.2, seed=0).draw(step, 0, 0) for step in range(4000)]
    shares = np.array([each.share for each in drawn])
    assert shares.mean() == pytest.approx(0.5, abs=0.03)
    assert shares.var() == pytest.approx(1 / (4 * (2 * 0.2 + 1)), abs=0.01)  # of Beta(a, a)
    assert np.mean([each.centre is not None for each in drawn]) == pytest.approx(0.5, abs=0.03)
    assert all(Mixing(0.2, 0, 0).draw(step, 0, 0).centre is None for step in range(20))
    assert all(Mixing(0, 0.2, 0).draw(step, 0, 0).centre is not None for step in range(20))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_that_of_soft_labels(smoothing):
    logits = torch.randn(4, CLASSES, generator=torch.Generator().manual_seed(1))

    class Stub:
        label_smoothing = smoothing
        mixed_with = (LABELS.roll(1), 0.7)

    found = Method.cross_entropy(Stub, logits, LABELS)
    soft_loss = F.cross_entropy(logits, soft(0.3), label_smoothing=smoothing)
    torch.testing.assert_close(found, soft_loss)
