"""Group means where the batch lies on several processes, by hand."""

import pytest
import torch

from methods.parts import groups, prototypes
from methods.parts.groups import by_dominance, group_mean, over_processes

VALUES = torch.tensor([1.0, 2.0, 4.0])
MEMBERS = torch.tensor([True, False, True])


@pytest.fixture
def two_processes(monkeypatch):
    """The other process has two members (of three videos), and the sums that it sends are kept."""
    sent = []

    def add(values):
        sent.append(values.clone())
        values += 3 if values.item() == 3 else 2

    monkeypatch.setattr(groups.distributed, "is_available", lambda: True)
    monkeypatch.setattr(groups.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(groups.distributed, "all_reduce", add)
    monkeypatch.setattr(groups.distributed, "get_world_size", lambda: 2)
    return sent


def test_one_process_divides_by_its_own_group():
    assert group_mean(VALUES, MEMBERS).item() == 2.5
    assert group_mean(VALUES, MEMBERS, "group").item() == 2.5
    assert group_mean(VALUES, MEMBERS, "batch").item() == pytest.approx(5 / 3)
    assert group_mean(VALUES, torch.zeros(3, dtype=torch.bool)).item() == 0
    assert group_mean(VALUES, torch.tensor([False, True, False])).item() == 2


def test_two_processes_divide_by_the_whole_batchs_group(two_processes):
    """Gradients are averaged over the two afterwards: 2 * 5 / (2 + 2), and 2 * 5 / (3 + 3)."""
    assert group_mean(VALUES, MEMBERS).item() == 2.5
    assert two_processes[-1].item() == 2
    assert group_mean(VALUES, MEMBERS, "batch").item() == pytest.approx(10 / 6)
    assert group_mean(VALUES, torch.zeros(3, dtype=torch.bool)).item() == 0


def test_a_sum_over_processes_leaves_what_was_given(two_processes):
    given = torch.tensor(7)
    total, processes = over_processes(given)
    assert (total.item(), processes, given.item()) == (9, 2, 7)


@pytest.mark.parametrize(("available", "begun"), [(False, False), (True, False)])
def test_without_other_processes_nothing_is_sent(monkeypatch, available, begun):
    monkeypatch.setattr(groups.distributed, "is_available", lambda: available)
    monkeypatch.setattr(groups.distributed, "is_initialized", lambda: begun)
    monkeypatch.setattr(groups.distributed, "all_reduce", lambda _: pytest.fail("sent"))
    assert over_processes(VALUES) == (VALUES, 1)


@pytest.mark.parametrize(
    ("tie", "local", "glob"),
    [
        ("local", [True, True, False], [False, False, True]),
        ("global", [True, False, False], [False, True, True]),
        ("both", [True, True, False], [False, True, True]),
        ("neither", [True, False, False], [False, False, True]),
    ],
)
def test_who_teaches(tie, local, glob):
    found = by_dominance(torch.tensor([0.6, 0.5, 0.3]), torch.tensor([0.4, 0.5, 0.7]), tie)
    assert (found.local.tolist(), found.glob.tolist()) == (local, glob)


def test_prototypes_sum_over_processes(monkeypatch):
    """The other process has the same batch: counts and sums double, so the means stay."""
    monkeypatch.setattr(prototypes, "over_processes", lambda values: (2 * values, 2))
    kept = prototypes.Prototypes(3, 2, momentum=0.75)
    kept.update(torch.tensor([[2.0, 0.0], [4.0, 2.0], [1.0, 1.0]]), torch.tensor([0, 0, 2]))
    assert kept.means.tolist() == [[3.0, 1.0], [0.0, 0.0], [1.0, 1.0]]
    assert kept.seen.tolist() == [True, False, True]
    kept.update(torch.tensor([[7.0, 5.0], [8.0, 8.0]]), torch.tensor([0, 1]))
    assert kept.means.tolist() == [
        [4.0, 2.0],
        [8.0, 8.0],
        [1.0, 1.0],
    ]  # 3/4 old and 1/4 new; the first sets it
    assert kept.seen.all()


def test_prototypes_know_nothing_before_the_first_batch():
    kept = prototypes.Prototypes(3, 2, momentum=0.5)
    assert kept.dominance(torch.zeros(4, 2)).tolist() == [1.0] * 4
    assert set(kept.state_dict()) == {"means", "seen"}
    embedding = torch.tensor([[1.0, 0.0]], requires_grad=True)
    kept.update(embedding, torch.tensor([1]))
    assert not kept.means.requires_grad
    assert not kept.dominance(embedding).requires_grad
    assert kept.dominance(embedding).tolist() == [1.0]  # of one class seen, it is the largest


def test_prototypes_dominance_by_hand():
    """Distances 3 and 4 to the two classes seen; the third does not count, though it is nearer."""
    kept = prototypes.Prototypes(3, 2, momentum=0.5)
    kept.update(torch.tensor([[3.0, 0.0], [0.0, 4.0]]), torch.tensor([0, 2]))
    e = 2.718281828459045
    assert kept.dominance(torch.zeros(1, 2)).item() == pytest.approx(1 / (1 + 1 / e))
