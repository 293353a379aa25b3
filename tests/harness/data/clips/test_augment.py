"""RandAugment of clips: torchvision's own, one draw for all frames."""

import torch
from torchvision.transforms.v2 import RandAugment

from harness.data.clips.augment import randaugment
from harness.data.clips.dataset import TrainSampling
from harness.data.clips.sample import seed_of


def clip(frames=4, size=(24, 32)):
    return torch.randint(
        256, (frames, *size, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )


def test_each_frame_is_what_torchvision_makes_of_it_alone():
    given, changed = clip(), 0
    for number in range(12):
        key = (0, number, "video", "randaugment")
        found = randaugment(given, 2, 9, key)
        for frame, after in zip(given, found, strict=True):
            torch.manual_seed(seed_of(*key) % 2**63)
            alone = RandAugment(2, 9)(frame.permute(2, 0, 1)).permute(1, 2, 0)
            assert torch.equal(after, alone)
        changed += not torch.equal(found, given)
    assert changed > 6
    assert found.shape == given.shape
    assert found.is_contiguous()


def test_it_depends_on_its_key_alone():
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    keys = [(0, epoch, "video", "randaugment") for epoch in range(8)]
    first = [randaugment(clip(), 2, 9, key) for key in keys]
    torch.rand(3)
    assert all(torch.equal(randaugment(clip(), 2, 9, key), old) for key, old in zip(keys, first, strict=True))
    assert len({tuple(each.flatten().tolist()) for each in first}) > 4
    torch.random.set_rng_state(before)
    randaugment(clip(), 2, 9, keys[0])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_both_streams_are_changed_alike():
    """The same frames in both streams stay the same, whatever was drawn for where they are cut."""
    sampling = TrainSampling(seed=0, randaugment=2)
    assert sampling.draw_of("local") != sampling.draw_of("global")
    for epoch in range(4):
        assert torch.equal(*(sampling.augmented(clip(), (0, epoch, "video")) for _ in range(2)))
