"""How figures look: readable in print and in grey, the same file from the same data."""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.files import write_atomically
from results.figures.model import Sheet

FORMATS = ("svg", "png", "pdf")
# Okabe and Ito's palette: told apart by colour-blind readers, and of different lightness in grey.
BLUE, ORANGE, GREY, BLACK, GREEN = "#0072B2", "#E69F00", "#9A9A9A", "#222222", "#009E73"
SHADE = "#E8F1F8"  # behind a row that stands out
SETTINGS: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "legend.fontsize": 8,
    "hatch.linewidth": 0.6,
    "savefig.dpi": 150,
    # Text stays text in both; a fixed salt gives elements the same names each time.
    "text.parse_math": False,  # a dollar in a name is no formula
    "svg.fonttype": "none",
    "svg.hashsalt": "mbd-harness",
    "pdf.fonttype": 42,
}
# Without dates, so that the same data make the same file.
METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None, "ModDate": None},
    "png": {"Software": None},
}
NOTE_SIZE = 6.5
NOTE_LETTERS = 19.5  # of that size in an inch
# Words in the names of fonts that have many scripts; installed ones are taken in this order.
SCRIPTS = ("CJK", "Source Han Sans", "WenQuanYi", "Hiragino Sans", "PingFang", "YaHei", "Malgun", "Gothic")
OVER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8}  # of words over what is drawn


def _other_scripts() -> list[str]:
    """Fonts of this machine for what DejaVu Sans lacks, Chinese, Japanese and Korean above all."""
    from matplotlib.font_manager import get_font_names

    return [name for name in get_font_names() if any(word in name for word in SCRIPTS)]


@contextmanager
def styled() -> Iterator[None]:
    """With the settings of all figures meanwhile."""
    import matplotlib

    # A user's matplotlibrc does not change a figure of the papers.
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS | {"font.family": ["DejaVu Sans", *_other_scripts()]})
        yield


def canvas(sheet: Sheet, width: float, height: float, images: bool = False) -> Any:
    """A figure (inches) with the sheet's title above and its notes below. images: panels of fixed aspect."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    letters = int(width * NOTE_LETTERS)
    lines = [line for note in sheet.notes for line in textwrap.wrap(note, letters, subsequent_indent="  ")]
    below = 0.125 * len(lines) + 0.1
    bottom = below / (height + below)
    layout = ConstrainedLayoutEngine(rect=(0, bottom, 1, 1 - bottom), compress=images)
    figure = Figure(figsize=(width, height + below), layout=layout)
    FigureCanvasAgg(figure)
    title = textwrap.fill(sheet.title, int(width * 10.5))
    figure.suptitle(title, x=0.012, ha="left", fontsize=10.5, weight="bold")
    figure.text(0.012, bottom - 0.02 / (height + below), "\n".join(lines), fontsize=NOTE_SIZE, va="top",
                color="#444444", linespacing=1.35, gid="notes")  # fmt: skip
    return figure


def save(figure: Any, path: Path, shape: str) -> str:
    """Gives the letters that no font here has and that are boxes in the file; text of SVG stays text."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        write_atomically(path, lambda target: figure.savefig(target, format=shape, metadata=METADATA[shape]))
    if shape == "svg":
        return ""
    codes = [re.match(r"Glyph (\d+) .* missing from", str(each.message)) for each in caught]
    return "".join(dict.fromkeys(chr(int(found[1])) for found in codes if found))


def readable_on(background: Any) -> str:
    """White or black letters, whichever stand out more (WCAG's contrast). background: RGBA from 0 to 1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in background[:3]]
    luminance = sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "white" if luminance < 0.213 else BLACK  # equal contrast: (L + 0.05)² = 1.05 · (0.016 + 0.05)


def spread(points: Sequence[dict[str, Any]]) -> Any:
    """Lengths below and above each value, as matplotlib takes them; 0 where there is no interval."""
    below = [each["value"] - each["low"] if each["low"] is not None else 0.0 for each in points]
    above = [each["high"] - each["value"] if each["high"] is not None else 0.0 for each in points]
    return [below, above]
