"""Makes docs/results.md from the committed records; the prose is in results_page/results_page.md.jinja.

python scripts/make_results_page.py            # rewrites docs/results.md
python scripts/make_results_page.py --check    # exit code 1 where the page is not what the records give
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent / "results_page")]

import study_difficulty
import study_sections as studies

from results.claims.networks import table as reported_costs
from results.tables.cost import cost_table

PAGE = ROOT / "docs" / "results.md"
MEASURED = ROOT / "results" / "measured"


def _grid(headings: Sequence[str], rows: Any, names: int) -> list[str]:
    """A Markdown table whose first `names` columns name the rows."""
    aligned = [":---"] * names + ["---:"] * (len(headings) - names)
    return [f"| {' | '.join(cells)} |" for cells in (headings, aligned, *rows)]


def costs() -> str:
    """Every counted network, beside what papers and model zoos report of it."""
    made = cost_table()
    rows = [[cell.text for cell in row] for row in made.rows]
    notes = [f"- {line}" for line in made.footer[:3]]
    more = "- sources of the reported numbers: `harness table cost`"
    notes += [*_apart(), more]
    return "\n".join([f"{made.title}:", "", *_grid(made.columns, rows, names=2), "", *notes])


def _apart() -> list[str]:
    """A line for each network of which two sources give multiply-adds that differ more than twofold."""
    lines, found = [], [each for each in reported_costs() if each.gmacs]
    for one in (each for each in found if each.provenance == "reported"):
        for other in (each for each in found if each.provenance == "derived"):
            same = (one.backbone, one.frames, one.size) == (other.backbone, other.frames, other.size)
            fold = max(one.gmacs, other.gmacs) / min(one.gmacs, other.gmacs)
            if same and fold > 2:
                clip = f"{one.frames}x{one.size}x{one.size}"
                lines.append(
                    f"- {one.backbone}, {clip}: {one.gmacs:g} is what {one.source} has ({one.note}); "
                    f"{other.gmacs:g}, from the layers, agrees with the count here and is {fold:.0f} times "
                    "as much"
                )
    return lines


def verdicts() -> tuple[str, str]:
    """(simulated rates of verdicts in Markdown, trials of each row)."""
    text = (MEASURED / "verdict-errors.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    (trials,) = {row["trials"] for row in rows}
    shown = [(row["kind"], row["truth"]) for row in rows]
    spreads = list(dict.fromkeys((row["between"], row["within"], row["pairs"]) for row in rows))
    names = list(dict.fromkeys(shown))
    head = ["spread", "pairs", *(": ".join(name) for name in names)]
    rates = {
        (row["kind"], row["truth"], row["between"], row["within"], row["pairs"]): (
            f"{row['any wrong']} / {row['decided']}"
        )
        for row in rows
    }
    lines = [
        [f"{b} / {w}", pairs, *(rates[(*name, b, w, pairs)] for name in names)] for b, w, pairs in spreads
    ]
    return "\n".join(_grid(head, lines, names=2)), trials


def more() -> list[tuple[str, str]]:
    """Name and title of each rendered table."""
    files = sorted((MEASURED / "tables").glob("*.md"))
    return [(path.stem, path.read_text(encoding="utf-8").partition("\n")[0].strip("*")) for path in files]


def page() -> str:
    template = (Path(__file__).parent / "results_page" / "results_page.md.jinja").read_text(encoding="utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    rates, trials = verdicts()
    functions = {"costs": costs, "study": studies.state} | {
        each.__name__: each for each in (*studies.SHOWN, *study_difficulty.SHOWN)
    }
    values = {"verdicts": rates, "trials": trials, "more": more()}
    return environment.from_string(template).render(**functions, **values)


def main(arguments: list[str]) -> int:
    made = page()
    if "--check" in arguments:
        return int(not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != made)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(made, encoding="utf-8")
    print(f"written: {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
