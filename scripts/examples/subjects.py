"""A data set of your own: videos called `anna_wave_1.mp4`; `--split anna` leaves Anna's out to test on."""

from harness.data.index import Video, VideoIndex
from harness.data.index_checks import existing_root, fingerprint, is_video
from harness.data.registry import DATASETS, DatasetEntry


def index(root, split, *, separator="_"):
    base = existing_root("my_subjects", root)
    files = [path for path in sorted(base.iterdir()) if is_video(path)]
    parts = {path: path.stem.split(separator) for path in files}
    classes = tuple(sorted({action for _, action, *_ in parts.values()}))
    videos = [
        Video(id=path.name, path=path, label=classes.index(action), group=subject)
        for path, (subject, action, *_) in parts.items()
    ]
    train = tuple(video for video in videos if video.group != split)
    test = tuple(video for video in videos if video.group == split)
    return VideoIndex("my_subjects", split, classes, train, test, fingerprint(classes, train, test))


DATASETS.add(
    DatasetEntry(
        name="my_subjects",
        builder=f"{__name__}:index",
        summary="one subject is left out to test on",
        source="an example",
        splits=("anna", "..."),
    )
)
