"""Every leak of the campaign is caught, and where nothing leaks nothing is said."""

from __future__ import annotations

import pytest
from leaks.attacks import ATTACKS
from leaks.place import Place

pytestmark = pytest.mark.usefixtures("no_costs")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("leaks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        return Place.make(folder / "base")


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_it_is_caught(attack, base: Place, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    said = attack.tried(base.copy(tmp_path / "place"))
    assert attack.caught(said), said
    assert said.count("\n") == 0


def test_there_are_enough_of_them() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 10
    assert all(attack.how for attack in ATTACKS)
