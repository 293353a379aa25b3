"""Where no cluster answers, and what is said of it."""

import os
import sys
from types import SimpleNamespace

import pytest

from backbones.base.errors import UserError
from harness.campaign.engines.ray.connection import QUIET, connected


@pytest.fixture
def ray(monkeypatch):
    """In Ray's place, so that nothing is waited for: a minute, where an address does not answer."""
    said = {}

    def init(**given):
        said.update(given)
        if given["address"] == "local":
            return
        raise ConnectionError("Could not find any running Ray instance.\nPlease specify one.")

    for name in (*QUIET, "RAY_AUTH_MODE"):
        monkeypatch.setenv(name, "")  # taken back at the end, whatever is set meanwhile
        monkeypatch.delenv(name)
    monkeypatch.setitem(
        sys.modules, "ray", SimpleNamespace(init=init, shutdown=lambda: said.update(ended=True))
    )
    return said


@pytest.mark.parametrize(("address", "where"), [("auto", "of Ray \\("), ("h:6379", "Ray at h:6379 ")])
def test_where_no_cluster_is_a_line_says_what_to_do(ray, address, where):
    words = r"Could not find any running Ray instance\): give --engine-set address=HOST:PORT"
    with pytest.raises(UserError, match=f"{where}.*{words}"), connected(address):
        pass


def test_one_of_this_machine_tells_nobody_and_serves_nobody_else(ray, monkeypatch):
    with connected("local"):
        assert (os.environ["RAY_USAGE_STATS_ENABLED"], os.environ["RAY_AUTH_MODE"]) == ("0", "token")
        assert (ray["include_dashboard"], ray["log_to_driver"]) == (False, False)
    assert ray["ended"]
