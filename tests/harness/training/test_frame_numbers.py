"""The numbers of a clip's frames reach the network that asks for them, in training and in testing."""

from backbones.parts.longformer import TemporalEncoder


def test_numbers_reach_the_network(tiny_run, no_costs, monkeypatch):
    """168 frames, clips of four at stride 8, which span 25: they start at 0 to 143, in testing at both."""
    seen = {True: [], False: []}
    embed = TemporalEncoder.embed

    def spy(self, frames, numbers=None):
        if numbers is not None:
            seen[self.training].append(numbers.clone())
        return embed(self, frames, numbers)

    monkeypatch.setattr(TemporalEncoder, "embed", spy)
    folder = tiny_run("global.positions=frame", "test.global_clips=2", "train.epochs=1")
    trained = [row for numbers in seen[True] for row in numbers.tolist()]
    assert len(trained) == 16
    assert all(row == list(range(row[0], row[0] + 32, 8)) and 0 <= row[0] <= 143 for row in trained)
    assert len({row[0] for row in trained}) > 8
    tested = [row for numbers in seen[False] for row in numbers.tolist()]
    assert tested == [[0, 8, 16, 24], [143, 151, 159, 167]] * 16
    seen[True].clear()
    other = tiny_run("test.global_clips=2", "train.epochs=1")
    assert not seen[True]
    assert other.id != folder.id
