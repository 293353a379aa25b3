"""Which tests judge which source file: the one table that another layout changes."""

from __future__ import annotations

from fnmatch import fnmatch


def _in(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{folder}/test_{name}.py" for name in names)


EVERY_METHOD = _in("methods", "all_methods", "contract", "settings")
OF_MBD = (
    *_in("methods", "mbd", "controls"),
    *_in("methods/parts", "interpretations", "dominance", "distillation_terms", "groups"),
)
OF_GENKD = (*_in("methods/genkd", "genkd", "genkd_phases"), *_in("methods/parts", "representation"))
OF_KD = _in("methods/genkd", "kd", "kd_terms")
OF_STDDCN = _in("methods", "stddcn")
OF_FUSION = _in("methods/fusion", "rules", "learned_rules", "fusion_parts")
OF_SETTINGS = _in("methods", "settings")
FITTING = _in("harness/evaluation", "fusion_fitting")
STATISTICS = _in("results/statistics", "nested", "orders", "numbers", "power")
STUDIES = _in("results/studies", "analysis", "arms", "study_controls", "measure", "questions", "unnamed")

# The first fitting line says which tests judge a source file; a file without one is not changed.
TESTS_OF: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("*/__init__.py", ()),
    ("methods/*check.py", ()),
    ("methods/*registry.py", ()),  # tables of names and words
    ("methods/*catalogue.py", ()),
    ("methods/genkd/kd.py", (*OF_KD, *EVERY_METHOD)),
    ("methods/genkd/*settings.py", (*OF_KD, *OF_GENKD, *OF_SETTINGS)),
    ("methods/genkd/losses.py", OF_GENKD),
    ("methods/parts/representation.py", OF_GENKD),
    ("methods/genkd/*.py", (*OF_GENKD, *EVERY_METHOD)),
    ("methods/parts/links.py", OF_STDDCN),
    ("methods/stddcn.py", (*OF_STDDCN, *EVERY_METHOD)),
    ("methods/defaults.py", (*_in("methods", "defaults"), *_in("harness/config", "warnings", "resolve"))),
    ("methods/*setting*.py", (*OF_SETTINGS, *OF_MBD, *OF_STDDCN)),
    ("methods/parts/distillation*.py", (*OF_MBD, *OF_KD, *OF_STDDCN)),
    ("methods/parts/dominance.py", (*OF_MBD, *OF_FUSION)),
    ("methods/contract.py", (*OF_MBD, *OF_GENKD, *OF_STDDCN, *EVERY_METHOD)),
    ("methods/parts/groups.py", (*OF_MBD, *OF_SETTINGS)),
    ("methods/parts/*.py", OF_MBD),
    ("methods/fusion/*.py", (*OF_FUSION, *OF_SETTINGS, *FITTING)),
    ("methods/*.py", (*OF_MBD, *EVERY_METHOD)),
    ("harness/data/clips/sample.py", _in("harness/data/clips", "sample", "sample_pins", "dataset")),
    (
        "harness/data/clips/dataset.py",
        (
            *_in("harness/data/clips", "dataset", "clip_items", "loader", "transform"),
            *_in("harness/data/video", "flow"),
        ),
    ),
    (
        "harness/evaluation/metrics.py",
        (*_in("harness/evaluation", "metrics", "metrics_edges"), *FITTING),
    ),
    (
        "harness/record/shares.py",
        (*_in("harness/record", "shares"), *_in("harness/evaluation", "score"), *FITTING),
    ),
    (
        "harness/evaluation/score.py",
        (
            *_in("harness/evaluation", "score", "metrics"),
            *_in("harness/record", "shares"),
            *FITTING,
            *_in("harness/execution", "evaluate_streams"),
        ),
    ),
    ("results/statistics/*.py", STATISTICS),
    ("results/verdict.py", _in("results", "verdict", "judge", "judge_studies")),
    (
        "results/judge.py",
        (
            *_in("results", "judge", "judge_studies", "judged_words"),
            *_in("results/claims", "dominance_claims", "own_paper"),
            *_in("results/outputs", "ensembles"),
        ),
    ),
    ("results/checked.py", _in("results", "judge")),
    ("results/studies/quick.py", _in("results/studies", "quick")),
    ("results/studies/report/*.py", _in("results/studies/report", "components", "whole")),
    ("results/studies/*.py", STUDIES),
)


def tests_of(file: str) -> tuple[str, ...]:
    """The tests that judge a source file."""
    return next((tests for glob, tests in TESTS_OF if fnmatch(file, glob)), ())
