"""What the built-in papers give is what it was when their data were Python: by digests made before."""

from __future__ import annotations

import json

from tests.support.paper_outputs import FIXTURE, digest, outputs


def test_every_table_figure_claim_and_verdict_is_as_before():
    expected = json.loads(FIXTURE.read_text(encoding="utf-8"))
    found = {name: digest(value) for name, value in outputs().items()}
    assert [name for name in expected if found.get(name) != expected[name]] == []
    assert found.keys() == expected.keys()
