"""Where the tests are, and the real clips beside the checkout."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"

needs_real_clips = pytest.mark.skipif(
    not (SHARED / "ut-interaction").is_dir(), reason="the real clips of ../shared/data are not here"
)
needs_official_lists = pytest.mark.skipif(
    not (SHARED / "annotations").is_dir(), reason="the official lists of ../shared/data are not here"
)
