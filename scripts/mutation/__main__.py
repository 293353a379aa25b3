"""Do the tests notice a wrong program? One small fault at a time, and the fitting tests over it.

    pip install --target /tmp/cosmic cosmic-ray      # apart from the environment; only its operators are used
    python scripts/mutation --out /tmp/before.jsonl                            # 350 faults, drawn by seed 0
    python scripts/mutation --out /tmp/kd.jsonl --only 'methods/genkd/kd.py' --count 1000    # all of a file
    python scripts/mutation --out /tmp/after.jsonl --again /tmp/before.jsonl       # those that survived

A fault ("mutant") is one change by one of cosmic-ray's operators: another operator or comparison, a number
plus or minus 1, `not`, True for False, a decorator or a loop left out. Annotations stay as they are, and no
`==` becomes `is`, which between interned words and small numbers is the same.

Heavy libraries are loaded once; each fault is tried in a fork of this process, in a copy of the tree that is
deleted afterwards. Tests that make whole runs are left out: a room's own tests have to notice. Every test
starts from the same seeds, so that a trial says the same again.

killed: a test failed, or the process died. timeout: the tests took over 30 s and 5 times their usual time.
survived: all tests passed. incompetent: a test file could not be loaded; not counted. The score is killed and
timeout among all that count. A file given by --out is continued.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import os
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from faults import Mutant, Operators, drawn, mutants_of
from score import read, report
from trials import SURVIVED, Campaign, Result, copy_of, file_of
from which_tests import TESTS_OF, tests_of

ROOT = Path(__file__).resolve().parents[2]
# Loaded before the forks: other people's code only, so that each fork loads the changed file itself.
PRELOADED = (
    *("numpy", "pandas", "scipy.stats", "scipy.optimize", "torch", "torch._dynamo", "torchvision", "timm"),
    *("sklearn.calibration", "sklearn.linear_model", "sklearn.svm", "sklearn.model_selection"),
    *("av", "cv2", "pydantic", "rich", "click", "yaml", "fvcore.nn", "lightning_fabric", "hypothesis"),
    *(
        "pytest",
        "transformers.modeling_utils",
        "sklearn.utils.estimator_checks",
        "matplotlib.figure",
        "safetensors.torch",
    ),
)


def sources(root: Path, only: str) -> list[str]:
    """The files that some tests judge."""
    found = (path.relative_to(root).as_posix() for path in root.rglob("*.py"))
    return sorted(file for file in found if tests_of(file) and fnmatch(file, only))


def chosen(mutants: Sequence[Mutant], arguments: argparse.Namespace) -> list[Mutant]:
    """Those asked for: the survivors of another file, or a sample."""
    if arguments.again is None:
        return drawn(mutants, arguments.seed, arguments.count)
    wanted = {result.key for result in read(arguments.again) if result.outcome == SURVIVED}
    return drawn([mutant for mutant in mutants if mutant.key in wanted], arguments.seed, len(wanted))


def settled(again: Path | None) -> list[Result]:
    """Of the other file, what did not survive: it counts as it did there."""
    return [result for result in read(again) if result.outcome != SURVIVED] if again else []


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="JSON lines, one a mutant; continued")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--count", type=int, default=350, help="how many mutants")
    parser.add_argument("--only", default="*", metavar="GLOB", help="of these source files")
    parser.add_argument(
        "--again", type=Path, metavar="FILE", help="the survivors of this file, beside its others"
    )
    parser.add_argument(
        "--limit", type=float, metavar="S", help="of each trial; the usual time is not measured"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    parser.add_argument("--cosmic", default="/tmp/cosmic", help="where cosmic-ray is installed")
    return parser.parse_args()


def main() -> None:
    arguments = parsed()
    operators = Operators(arguments.cosmic)
    with copy_of(arguments.root.resolve()) as tree:
        files = sources(tree, arguments.only)
        gone = sorted(
            {test for _, tests in TESTS_OF for test in tests if not (tree / file_of(test)).exists()}
        )
        print("".join(f"not in this tree: {test}\n" for test in gone), end="")
        mutants = chosen([m for file in files for m in mutants_of(tree, file, operators)], arguments)
        done = {result.key for result in read(arguments.out)}
        left = [mutant for mutant in mutants if mutant.key not in done]
        if left:
            os.environ.setdefault("OMP_NUM_THREADS", "1")
            for name in PRELOADED:
                importlib.import_module(name)
            gc.freeze()  # so that the forks share what is loaded
            Campaign(tree, operators, arguments.out, arguments.limit).run(left)
    keys = {mutant.key for mutant in mutants}
    results = [result for result in read(arguments.out) if result.key in keys]
    report([*results, *settled(arguments.again)])


if __name__ == "__main__":
    main()
