"""The folders of a campaign's data sets, and what cannot be run without one. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from harness.campaign.planned import Wanted
from harness.campaign.shared_settings import Base
from harness.config.preset_files import preset
from harness.config.resolve import parse_settings
from harness.data.registry import DATASETS


@dataclass(frozen=True)
class DataRoots:
    """by_dataset: folders; "" is for every data set that has none of its own."""

    by_dataset: Mapping[str, str]

    @classmethod
    def parse(cls, texts: Iterable[str], dataset: str = "") -> DataRoots:
        """From "ucf101=DIR", or "DIR" for `dataset` ("": for all)."""
        roots = {}
        for text in texts:
            name, equals, path = text.partition("=")
            if equals and DATASETS.find(name):
                roots[name] = path
            else:
                roots[dataset] = text
        return cls(roots)

    def of(self, dataset: str) -> str:
        """The folder of a data set; "" where it has or needs none."""
        needed = DATASETS.get(dataset).needs_root
        return (self.by_dataset.get(dataset) or self.by_dataset.get("", "")) if needed else ""

    def given(self, dataset: str) -> str:
        """The folder that was given for a data set, whether or not it needs one."""
        return self.by_dataset.get(dataset) or self.by_dataset.get("", "")

    def lacks(self, dataset: str) -> bool:
        return DATASETS.get(dataset).needs_root and not self.of(dataset)


def with_data(asked: Sequence[Wanted], roots: DataRoots) -> tuple[list[Wanted], dict[str, list[str]]]:
    """(what can be run, {data set: tables that need its folder})."""
    runnable: list[Wanted] = []
    lacking: dict[str, dict[str, None]] = {}
    for want in asked:
        assert want.base
        dataset = DATASETS.get(want.dataset or _dataset_of(want.base)).name
        if roots.lacks(dataset):
            lacking.setdefault(dataset, {})[want.table] = None
        else:
            runnable.append(want)
    return runnable, {name: list(tables) for name, tables in lacking.items()}


@cache  # many cells share one
def _dataset_of(base: Base) -> str:
    given = parse_settings(base.pairs).get("data", {}).get("dataset")
    return given or preset(base.preset)["data"]["dataset"]
