"""Which files the corpus has: containers x codecs x pixel formats x damage.

The list never depends on what is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

FRAMES, SIZE, GOP = 36, (64, 48), 12


@dataclass(frozen=True)
class Case:
    """One file.

    container: its suffix; format: what is written, where the suffix does not say it. kind: how it is made
    out of the encoded frames, a name in `make.KINDS`. damage: what is done to the file, a name in
    `damage.DAMAGES`. expect: "same" frames as the reference, unless the reader names what is wrong;
    "broken"; "told": accepted only with a word about it. says: what the reader must say.
    """

    container: str
    codec: str
    pixels: str
    options: dict[str, str] = field(default_factory=dict)
    variant: str = ""
    kind: str = "plain"
    damage: str = ""
    expect: str = "same"
    says: str = ""
    format: str | None = None

    @property
    def name(self) -> str:
        parts = (self.codec, self.pixels, self.variant, self.damage)
        return f"{'_'.join(part for part in parts if part)}.{self.container}"


_H264 = ("yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv420p10le", "gray")
_HEVC = ("yuv420p", "yuv422p10le", "yuv444p", "yuv420p10le", "gray")
_MJPEG = ("yuvj420p", "yuvj422p", "yuvj444p")
_FFV1 = ("yuv420p", "yuv422p", "yuv444p", "bgr0", "gray", "yuv420p10le", "yuv411p")
_PRORES = ("yuv422p10le", "yuv444p10le")
_ONE = ("yuv420p",)
# For each container the codecs that are usual in it, with their pixel formats.
MATRIX: dict[str, dict[str, tuple[str, ...]]] = {
    "mp4": {
        **{"h264": _H264, "hevc": _HEVC, "mpeg4": _ONE, "mpeg1": _ONE, "mpeg2": _ONE, "vp9": _ONE},
        **{"av1": ("yuv420p", "yuv420p10le"), "mjpeg": _MJPEG},
    },
    "mov": {
        **{"h264": _H264[:3], "hevc": _HEVC[:2], "mpeg4": _ONE, "mpeg2": _ONE, "mjpeg": _MJPEG},
        **{"prores": _PRORES, "raw": ("rgb24", "uyvy422")},
    },
    "mkv": {
        **{"h264": _H264, "hevc": _HEVC, "mpeg1": _ONE, "mpeg2": ("yuv420p", "yuv422p"), "mpeg4": _ONE},
        **{"vp8": _ONE, "vp9": ("yuv420p", "yuv422p", "yuv444p", "gbrp"), "av1": _ONE, "mjpeg": _MJPEG},
        **{"theora": _ONE, "prores": _PRORES, "ffv1": _FFV1, "raw": ("yuv420p",)},
    },
    "webm": {"vp8": _ONE, "vp9": ("yuv420p", "yuv444p"), "av1": ("yuv420p", "yuv420p10le")},
    "avi": {
        **{
            "h264": _ONE,
            "mpeg4": _ONE,
            "mpeg1": _ONE,
            "mpeg2": _ONE,
            "mjpeg": _MJPEG,
            "wmv2": _ONE,
            "vp8": _ONE,
        },
        **{"ffv1": _FFV1[:4], "raw": ("yuv420p", "bgr24", "yuyv422"), "msmpeg4": _ONE},
    },
    "flv": {"flv1": _ONE, "h264": _ONE, "hevc": _ONE, "av1": _ONE, "vp9": _ONE},
    "wmv": {"wmv1": _ONE, "wmv2": _ONE, "msmpeg4": _ONE, "h264": _ONE, "mpeg4": _ONE, "mjpeg": _MJPEG[:1]},
    "mpg": {"mpeg1": _ONE, "mpeg2": ("yuv420p", "yuv422p"), "h264": _ONE},
    "vob": {"mpeg1": _ONE, "mpeg2": _ONE},
    "ts": {
        "mpeg1": _ONE,
        "mpeg2": _ONE,
        "mpeg4": _ONE,
        "h264": ("yuv420p", "yuv420p10le"),
        "hevc": _HEVC[:2],
    },
    "m2ts": {"mpeg2": _ONE, "h264": _ONE, "hevc": _ONE},
    "3gp": {"h263": _ONE, "h264": _ONE, "mpeg4": _ONE},
    "ogv": {"theora": ("yuv420p", "yuv422p", "yuv444p"), "vp8": _ONE},
    "gif": {"gif": ("rgb8", "gray")},
}
_B = {"bf": "2"}
# Codec, variant, options; for each container of the second tuple.
VARIANTS: tuple[tuple[str, str, dict[str, str], tuple[str, ...]], ...] = (
    ("h264", "open-gop", {"x264-params": "open-gop=1:bframes=3"}, ("mp4", "mkv", "ts", "avi", "flv")),
    ("h264", "pyramid", {"x264-params": "bframes=5:b-pyramid=normal"}, ("mp4", "mkv", "ts", "mov", "mpg")),
    ("h264", "refresh", {"x264-params": "intra-refresh=1"}, ("mp4", "mkv", "ts")),
    ("h264", "one-key", {"x264-params": "keyint=250"}, ("mp4", "mkv", "flv")),
    ("h264", "intra", {"x264-params": "keyint=1"}, ("mp4", "mkv", "avi")),
    ("h264", "interlaced", {"x264-params": "interlaced=1"}, ("mp4", "mkv", "ts")),
    ("hevc", "open-gop", {"x265-params": "open-gop=1:bframes=3"}, ("mp4", "mkv", "ts")),
    ("mpeg4", "b-frames", _B, ("mp4", "mkv", "avi", "mov", "wmv")),
    ("mpeg1", "b-frames", _B, ("mpg", "mkv", "ts")),
    ("mpeg2", "b-frames", _B, ("mpg", "vob", "mkv", "ts", "m2ts", "mp4")),
    ("mpeg2", "interlaced", {"flags": "+ildct+ilme"}, ("mpg", "ts", "mkv")),
    ("vp8", "hidden", {"auto-alt-ref": "1", "lag-in-frames": "16"}, ("webm", "mkv", "ogv")),
    ("vp9", "hidden", {"auto-alt-ref": "1", "lag-in-frames": "16"}, ("webm", "mkv", "mp4")),
    ("ffv1", "long-gop", {"level": "3", "g": "36", "coder": "1"}, ("mkv", "avi")),
)
DAMAGED = (
    *(
        ("mp4", "h264"),
        ("mp4", "hevc"),
        ("mp4", "mpeg4"),
        ("mp4", "av1"),
        ("mov", "prores"),
        ("mov", "mjpeg"),
    ),
    *(("mkv", "h264"), ("mkv", "ffv1"), ("mkv", "vp9"), ("mkv", "hevc"), ("mkv", "mpeg2"), ("webm", "vp8")),
    *(("webm", "vp9"), ("webm", "av1"), ("avi", "mpeg4"), ("avi", "mjpeg"), ("avi", "h264"), ("avi", "raw")),
    *(("flv", "flv1"), ("flv", "h264"), ("wmv", "wmv2"), ("wmv", "msmpeg4"), ("mpg", "mpeg1")),
    *(("mpg", "mpeg2"), ("vob", "mpeg2"), ("ts", "h264"), ("ts", "mpeg2"), ("ts", "hevc"), ("m2ts", "h264")),
    *(("3gp", "h263"), ("3gp", "h264"), ("ogv", "theora"), ("gif", "gif")),
)
# Containers that say how much they hold, so that a missing part can be known.
PROMISING = ("mp4", "mov", "3gp", "mkv", "webm", "avi", "flv", "wmv")
DAMAGES = ("cut30", "cut60", "cut90", "flip1", "flip5a", "flip5b", "flip50", "zeros", "trailing")
LOST = ("no-first-key", "no-middle")
_NO_VIDEO = ("mp4", "mov", "mkv", "webm", "avi", "flv", "wmv", "mpg", "ts", "3gp", "ogv")
NOT_VIDEO = (
    *("text", "ansi", "html", "csv", "json", "srt", "ass", "vtt", "ffconcat", "m3u8", "sdp", "mpd", "png"),
    *("jpeg", "bmp", "ppm", "wav", "zip", "noise", "ffmetadata"),
)
OTHER_KINDS: dict[str, tuple[tuple[str, str], ...]] = {
    "sound": (
        *((c, "h264") for c in ("mp4", "mkv", "avi", "flv", "ts", "mov")),
        ("webm", "vp9"),
        ("mpg", "mpeg2"),
    ),
    "long-sound": (("mp4", "h264"), ("mkv", "h264"), ("flv", "h264"), ("avi", "mpeg4")),
    "late": (
        ("mp4", "h264"),
        ("mkv", "h264"),
        ("ts", "h264"),
        ("webm", "vp9"),
        ("flv", "h264"),
        ("mpg", "mpeg2"),
    ),
    "edit": (
        ("mp4", "h264"),
        ("mov", "h264"),
        ("mp4", "mpeg4"),
        ("mp4", "hevc"),
        ("3gp", "h264"),
        ("mov", "prores"),
    ),
    "fragments": (("mp4", "h264"), ("mp4", "hevc"), ("mov", "h264")),
    "faststart": (("mp4", "h264"), ("mov", "h264"), ("mp4", "mpeg4")),
    "live": (("mkv", "h264"), ("webm", "vp9")),
    "uneven": (("mp4", "h264"), ("mkv", "h264"), ("webm", "vp9"), ("flv", "h264"), ("mov", "mpeg4")),
    "not-utf8": (("mp4", "h264"), ("mkv", "h264"), ("avi", "mpeg4"), ("mpg", "mpeg2"), ("webm", "vp9")),
    "twice": (("mpg", "mpeg2"), ("ts", "h264"), ("ts", "mpeg2"), ("vob", "mpeg2"), ("m2ts", "h264")),
    "two": (
        ("mp4", "h264"),
        ("mkv", "h264"),
        ("mov", "h264"),
        ("ts", "h264"),
        ("avi", "mpeg4"),
        ("wmv", "wmv2"),
    ),
    "second-default": (("mkv", "h264"), ("mkv", "vp9"), ("mkv", "mpeg4")),
    "cover": (("mp4", "h264"), ("mkv", "h264"), ("mov", "h264")),
}
_WRONG_NAME = (("mkv", "h264", "mp4"), ("avi", "mpeg4", "mp4"), ("mp4", "h264", "avi"), ("ts", "h264", "mp4"))


def cases() -> list[Case]:
    found = [*_whole(), *_variants(), *_damaged(), *_others()]
    assert len({case.name for case in found}) == len(found)
    return found


def _pixels(container: str, codec: str) -> str:
    return MATRIX[container][codec][0]


def _whole() -> Iterator[Case]:
    for container, codecs in MATRIX.items():
        for codec, formats in codecs.items():
            yield from (Case(container, codec, pixels) for pixels in formats)


def _variants() -> Iterator[Case]:
    for codec, variant, options, containers in VARIANTS:
        yield from (Case(container, codec, "yuv420p", options, variant) for container in containers)


def _damaged() -> Iterator[Case]:
    for container, codec in DAMAGED:
        base = Case(container, codec, _pixels(container, codec))
        for damage in DAMAGES:
            told = damage in ("cut30", "cut60") and container in PROMISING
            yield replace(base, damage=damage, expect="told" if told else "same")
        for kind in LOST:
            yield replace(base, kind=kind, damage=kind)
    for kind, container, codec in (
        ("fragments", "mp4", "h264"),
        ("faststart", "mp4", "h264"),
        ("edit", "mp4", "h264"),
    ):
        base = Case(container, codec, "yuv420p", kind=kind, variant=kind)
        for damage in DAMAGES:
            told = damage in ("cut30", "cut60") and kind != "fragments"
            yield replace(base, damage=damage, expect="told" if told else "same")


def _others() -> Iterator[Case]:
    for kind, which in OTHER_KINDS.items():
        for container, codec in which:
            says = "video streams" if kind in ("two", "second-default") else ""
            yield Case(container, codec, _pixels(container, codec), kind=kind, variant=kind, says=says)
    for container in _NO_VIDEO:
        yield Case(container, "none", "", kind="no-video", variant="sound-alone", expect="broken")
    for kind in NOT_VIDEO:
        yield Case("mp4", "none", "", kind="not-video", variant=kind, expect="broken")
    for real, codec, named in _WRONG_NAME:
        yield Case(named, codec, "yuv420p", variant=f"is-{real}", format=real)
