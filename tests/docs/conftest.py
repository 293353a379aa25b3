"""A place to run the commands of the pages in."""

import pytest
from support import workplace as places


@pytest.fixture(scope="session")
def _workplace(tmp_path_factory, clips_root, tiny_pairs):
    cache = clips_root / "mbd-harness" / "localglobal"
    streams = [pair for pair in tiny_pairs if not pair.startswith("data.")]
    return places.make(tmp_path_factory.mktemp("workplace"), cache, streams)


@pytest.fixture
def workplace(_workplace, clips_root, monkeypatch):
    """The session's workplace, as the current folder."""
    monkeypatch.chdir(_workplace.folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    monkeypatch.setenv("COLUMNS", "200")
    return _workplace
