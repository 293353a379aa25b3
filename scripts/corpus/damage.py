"""What is done to whole files, and files that are no video at all."""

from __future__ import annotations

import io
import random
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

from corpus.plan import Case
from PIL import Image

_HEAD = 64  # bytes at the beginning that stay: a file that does not open at all says little


def _cut(share: float) -> Callable[[bytes, str], bytes]:
    return lambda content, _: content[: int(len(content) * share)]


def _flip(count: int, salt: str = "") -> Callable[[bytes, str], bytes]:
    def flip(content: bytes, name: str) -> bytes:
        draw, changed = random.Random(name + salt), bytearray(content)
        for _ in range(count):
            changed[draw.randrange(_HEAD, len(changed))] ^= 1 << draw.randrange(8)
        return bytes(changed)

    return flip


def _zeros(content: bytes, name: str) -> bytes:
    """A tenth of the file, at most 4 KB, is zero, as a lost block of a disk."""
    size = min(4096, len(content) // 10)
    start = random.Random(name).randrange(len(content) // 4, len(content) - size)
    return content[:start] + bytes(size) + content[start + size :]


DAMAGES: dict[str, Callable[[bytes, str], bytes]] = {
    "cut30": _cut(0.3),
    "cut60": _cut(0.6),
    "cut90": _cut(0.9),
    "flip1": _flip(1),
    "flip5a": _flip(5, "a"),
    "flip5b": _flip(5, "b"),
    "flip50": _flip(50),
    "zeros": _zeros,
    "trailing": lambda content, _: content + bytes(range(256)) * 8,
}
_TEXTS = {
    "text": "this is no video\n" * 50,
    "ansi": "\x1b[31mred\x1b[0m \x1b[1;32mgreen\x1b[0m\n" * 200,
    "html": "<!DOCTYPE html><html><body>404 Not Found</body></html>\n" * 20,
    "csv": "path,label\na.mp4,run\n" * 50,
    "json": '{"error": "quota"}\n' * 50,
    "srt": "1\n00:00:00,000 --> 00:00:02,000\nHello\n\n2\n00:00:02,000 --> 00:00:04,000\nthere\n\n",
    "ass": "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
    "Dialogue: 0,0:00:00.00,0:00:02.00,Default,,0,0,0,,Hi\n",
    "vtt": "WEBVTT\n\n00:00.000 --> 00:02.000\nHello\n",
    "ffconcat": "ffconcat version 1.0\nfile beside.mp4\n",
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nbeside.ts\n#EXT-X-ENDLIST\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period/></MPD>\n',
    "ffmetadata": ";FFMETADATA1\ntitle=x\n",
}


def not_video(case: Case, target: Path) -> None:
    """A file that FFmpeg may open, or that has the name of a video; one that names another has it beside."""
    kind = case.variant
    if kind in ("ffconcat", "m3u8"):
        from corpus.make import KINDS

        KINDS["plain"](Case("mp4", "h264", "yuv420p"), target.with_name("beside.mp4"))
        KINDS["plain"](Case("ts", "h264", "yuv420p"), target.with_name("beside.ts"))
    if kind in _TEXTS:
        target.write_text(_TEXTS[kind])
    elif kind == "wav":
        with wave.open(str(target), "wb") as sound:
            sound.setnchannels(1), sound.setsampwidth(2), sound.setframerate(8000)
            sound.writeframes(bytes(16000))
    elif kind == "zip":
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("a.txt", "a" * 1000)
    elif kind == "noise":
        target.write_bytes(random.Random(0).randbytes(20000))
    else:
        picture = io.BytesIO()
        Image.new("RGB", (64, 48), (200, 30, 30)).save(picture, kind)
        target.write_bytes(picture.getvalue())
