"""A place to run the commands of the pages in."""

import pytest
from support import workplace as places


@pytest.fixture(scope="session")
def _made():
    """The session's workplace, once it is made."""
    return []


@pytest.fixture
def workplace(_made, no_costs, tmp_path_factory, clips_root, tiny_pairs, monkeypatch):
    """The session's workplace, as the current folder. The first test makes it, without measuring costs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    monkeypatch.setenv("COLUMNS", "200")
    # Imports all libraries in a process of its own; tests of how commands start do it once.
    monkeypatch.setattr("harness.doctor.probing.examine", lambda device, precision: ())
    places.built_once(monkeypatch)
    if not _made:
        cache = clips_root / "mbd-harness" / "localglobal"
        streams = [pair for pair in tiny_pairs if not pair.startswith("data.")]
        _made.append(places.make(tmp_path_factory.mktemp("workplace"), cache, streams))
    monkeypatch.chdir(_made[0].folder)
    return _made[0]
