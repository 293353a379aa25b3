"""The pixels of the generated clips: the same everywhere, and the cues where the laws say."""

import colorsys
import hashlib
from itertools import pairwise

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter
from scipy.stats import binom
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from harness.data.sets.localglobal import draw, figure, plan, render
from harness.data.sets.localglobal.encode import codec, write_video

# Without jitter and with that flicker, pixels are those of the first version of these clips.
SETTINGS = plan.Settings(train_per_class=30, length=160, lead=16, tremble=32, jitter=0, flicker=310)
CLIPS = {clip.id: clip for clip in plan.clips(SETTINGS)}
PINNED = {
    "train/local-legs/000.mp4": "43cf8b1d875b251b16df63094094a9c7d0f813a836188f9504af896fee326c2c",
    "train/global-rlcv/000.mp4": "6ccda712e033339082d5d29fcfeca0cfd6e847ebc881a90ffa81e4f82acf1e9e",
    "test/shared-cyan/025.mp4": "a3e0066a7b72a6a1eb0536f01d214a17b77b7788c2f7a683687f179eb3bb118c",
    "test/conflict-bounce/007.mp4": "3d55819077d4e5e5df346fa9a2199deaff888ea3d9735bdca9ed49446c46f30a",
}


def digest(pixels):
    return hashlib.sha256(pixels.tobytes()).hexdigest()


@pytest.mark.parametrize("name", PINNED)
def test_pixels_are_pinned(name):
    """Whoever changes these on purpose raises `plan.VERSION`, so that old caches are not used."""
    assert digest(render.render(CLIPS[name])) == PINNED[name]


@pytest.mark.parametrize("shown", [slice(39, 160, 8), slice(0, 3), slice(150, 999)])
def test_some_of_the_frames_are_those_of_the_whole(shown):
    clip = CLIPS["test/conflict-bounce/007.mp4"]
    assert (render.render(clip, shown) == render.render(clip)[shown]).all()


def test_fingerprint_is_sha256_of_names_labels_splits_and_pixels():
    names = sorted(PINNED)
    labels = {"local-legs": 1, "global-rlcv": 4, "shared-cyan": 10, "conflict-bounce": 14}
    lines = [f"{n} {labels[n.split('/')[1]]} {n.split('/')[0]} {PINNED[n]}" for n in names]
    expected = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert plan.fingerprint([CLIPS[name] for name in reversed(names)], PINNED) == expected


def test_sine_table():
    assert (
        digest(draw.SINE.astype("<i4")) == "04e55672190048d62fb5edf06d2af4f86ce4197e892937f305eff11ced32b7c9"
    )
    exact = np.sin(np.arange(draw.TURN) * 2 * np.pi / draw.TURN) * draw.ONE
    assert np.abs(draw.SINE - exact).max() < 0.0025 * draw.ONE


def test_draws_are_uniform_and_depend_on_every_word():
    numbers = draw.Draw("a", 1).many(6000, -1, 1)
    assert set(numbers) == {-1, 0, 1}
    assert np.abs(np.bincount(numbers + 1) - 2000).max() < 200
    assert draw.Draw("a", 1).one(0, 10**9) != draw.Draw("a", 2).one(0, 10**9)


def test_limbs_cover_what_exact_geometry_says():
    """Against distances in floating point: full within radius - ½ pixel, none beyond radius + ½ pixel."""
    pen = figure._Pen(1, 40)
    x, y, angle, length, radius = 200, 240, 150, 300, 40
    pen.line(*(np.array([value], dtype=np.int32) for value in (x, y, angle)), length, radius)
    row, column = (np.mgrid[:40, :40] + 0.5) * 16
    turn = angle * 2 * np.pi / draw.TURN
    along = (column - x) * np.sin(turn) + (row - y) * np.cos(turn)
    across = (column - x) * np.cos(turn) - (row - y) * np.sin(turn)
    distance = np.hypot(across, along - np.clip(along, 0, length)) / 16
    assert (pen.coverage[0][distance < radius / 16 - 0.7] == 256).all()
    assert (pen.coverage[0][distance > radius / 16 + 0.7] == 0).all()
    assert (pen.coverage[0] > 0).sum() > 100


def test_hues_against_colorsys():
    hues = np.arange(0, draw.TURN, 7, dtype=np.int32)
    exact = np.array([colorsys.hsv_to_rgb(hue / draw.TURN, 1, 1) for hue in hues]) * 255
    assert np.abs(render.hue_colour(hues) - exact).max() <= 3


def test_a_scene_is_the_same_for_all_classes_and_no_other():
    frames = {clip.id: render.scene(clip).background for clip in plan.clips(SETTINGS) if clip.scene < 2}
    by_group: dict[tuple[str, str], set[str]] = {}
    for name, background in frames.items():
        part, _, number = name.split("/")
        by_group.setdefault((part, number), set()).add(digest(background))
    assert {part for part, _ in by_group} == {"train", "validation", "fit", "test"}
    assert [len(found) for found in by_group.values()] == [1] * 8
    assert len(set.union(*by_group.values())) == 8
    assert [clip.group for clip in plan.clips(SETTINGS)].count("train-003") == 16


# Proof of the construction on decoded pixels: one simple classifier, the frames of one or the other stream.


def written_and_read(frames, path, name=None):
    write_video(path, frames, name or codec())
    reformatter = VideoReformatter()
    with av.open(str(path)) as container:
        rgb = [reformatter.reformat(frame, format="rgb24") for frame in container.decode(video=0)]
        return np.stack([frame.to_ndarray() for frame in rgb])


SCENES = {"train": 20, "test": 16}
STARTS = {"local": (144, 1), "global": (39, 8)}  # latest start of the 16 frames, and their stride


@pytest.fixture(scope="module")
def views(tmp_path_factory):
    """{family: ({stream: decoded frames (N, 16, 72, 72, 3)}, members (N,))}; 20 scenes to fit, 16 to test.

    Frames stand alone in the files (tested below), so only those that a stream sees are written, of all clips
    into one file.
    """
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    wanted = [c for c in CLIPS.values() if c.scene < SCENES.get(c.part, 0)]
    return {family: _views([c for c in wanted if c.family == family], path) for family in ("local", "global")}


def _views(clips, path):
    seen = {}
    for stream, (latest, stride) in STARTS.items():
        starts = [draw.Draw("start", clip.id, stream).one(0, latest) for clip in clips]
        shown = [slice(start, start + 16 * stride, stride) for start in starts]
        frames = np.stack([render.render(*each) for each in zip(clips, shown, strict=True)])
        seen[stream] = written_and_read(np.concatenate(frames), path).reshape(frames.shape)
    return seen, np.array([clip.member for clip in clips])


def motion_features(frames):
    """Mean absolute difference of neighbouring frames (after brightening), on a grid of 9 x 9 places."""
    grey = frames.mean(-1)
    change = sum(np.abs(after - before) for before, after in pairwise(np.moveaxis(grey, 1, 0)))
    return np.log(change.reshape(len(frames), 9, 8, 9, 8).mean((2, 4)) + 1).reshape(len(frames), -1)


def colour_features(frames):
    """Of each frame, how many pixels are vividly red, lime, cyan and violet."""
    hues = render.hue_colour(np.array([0, 256, 512, 768], dtype=np.int32)).astype(np.int16)
    channels = np.ascontiguousarray(np.moveaxis(frames, -1, 0)).astype(np.int16)
    near = [(sum(map(np.abs, map(np.subtract, channels, hue))) < 160).sum((2, 3)) for hue in hues]
    return np.minimum(np.stack(near, -1), 30).reshape(len(frames), -1)


def all_features(frames):
    return np.hstack([motion_features(frames), colour_features(frames)])


def right_answers(features, labels):
    """Number right among the last 64 clips, of a linear classifier fitted on the first 80."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    model.fit(features[:80], labels[:80])
    return int((model.predict(features[80:]) == labels[80:]).sum())


CHANCE = binom.ppf([0.001, 0.999], 64, 0.25)  # 6 … 27 of 64


def clear(right):
    return right > CHANCE[1] + 4


def at_chance(right):
    return CHANCE[0] <= right <= CHANCE[1]


def test_the_motion_cue_is_seen_by_the_local_stream_only(views):
    seen, members = views["local"]
    assert clear(right_answers(motion_features(seen["local"]), members))
    assert at_chance(right_answers(all_features(seen["global"]), members))


def test_the_order_cue_is_seen_by_the_global_stream_only(views):
    seen, members = views["global"]
    assert clear(right_answers(colour_features(seen["global"]), members))
    assert at_chance(right_answers(all_features(seen["local"]), members))


@pytest.mark.parametrize("name", ["libx264", "mpeg4"])
def test_decoded_frames_know_nothing_of_their_neighbours(name, tmp_path):
    """Else the coding of what moves betrays the motion cue to every eighth frame (it did)."""
    frames = render.render(CLIPS["train/local-legs/000.mp4"])[:40]
    forth = written_and_read(frames, tmp_path / "forth.mp4", name)
    back = written_and_read(frames[::-1], tmp_path / "back.mp4", name)
    assert (forth == back[::-1]).all()


def test_files_are_what_players_expect(tmp_path):
    path, frames = tmp_path / "clip.mp4", render.render(CLIPS["train/local-legs/000.mp4"])
    back = written_and_read(frames, path)
    assert back.shape == frames.shape
    assert np.abs(back.astype(int) - frames).mean() < 6
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert (video.width, video.height, video.average_rate) == (72, 72, 25)
        assert video.codec_context.name == "h264"
