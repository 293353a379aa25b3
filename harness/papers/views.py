"""Views of a video in the papers' tests: 10 clips x 3 crops, as in the preset `paper` (MBD, section 3.4)."""

from __future__ import annotations

CLIPS, CROPS = 10, 3
PAPER_VIEWS = CLIPS * CROPS
