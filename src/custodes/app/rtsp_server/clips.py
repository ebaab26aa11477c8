"""Any video as what an IP camera sends: H.264 without B-frames, a keyframe every two seconds."""

import hashlib
import os
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import platformdirs
from av.container import OutputContainer
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from custodes.capture import VideoSource, open_file

_KEYFRAME_EVERY_S: Final = 2.0
_TIME_BASE: Final = Fraction(1, 90_000)
_RECIPE: Final = "h264-main-crf21-gop2-v2"
"""Names what `_encode` does; part of the cached file's name."""


def camera_clip(clip: Path, cache: Path | None = None) -> Path:
    """Return an MP4 of `clip` as a camera would send it; made once and kept in `cache` (default: the user's).

    Raises:
        CaptureError: The clip is no video.
    """
    cache = cache or Path(platformdirs.user_cache_dir("custodes")) / "clips"
    source = open_file(clip, start_ns=0)
    try:
        digest = hashlib.sha256(_RECIPE.encode() + clip.read_bytes()).hexdigest()
        made = cache / f"{digest[:24]}.mp4"
        if not made.exists():
            cache.mkdir(parents=True, exist_ok=True)
            unfinished = made.with_suffix(f".{os.getpid()}.mp4")
            _encode(source, unfinished)
            unfinished.replace(made)
    finally:
        source.close()
    return made


def _encode(source: VideoSource, path: Path) -> None:
    with av.open(str(path), "w") as out:
        stream: VideoStream | None = None
        for frame in source.frames():
            if stream is None:
                stream = _add_stream(out, source.info.fps, frame.width & ~1, frame.height & ~1)
            size = {"width": stream.width, "height": stream.height}
            picture = frame.picture.reformat(**size, format="yuv420p", dst_color_range=ColorRange.MPEG)
            picture.pts = round(frame.time.media_s / _TIME_BASE)
            picture.time_base = _TIME_BASE
            picture.pict_type = av.video.frame.PictureType.NONE
            out.mux(stream.encode(picture))
        if stream is not None:
            out.mux(stream.encode(None))


def _add_stream(out: OutputContainer, fps: float, width: int, height: int) -> VideoStream:
    gop = str(max(1, round(fps * _KEYFRAME_EVERY_S)))
    options = {"preset": "superfast", "profile": "main", "crf": "21", "bf": "0", "g": gop, "keyint_min": gop}
    stream = out.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001), options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = _TIME_BASE
    # One slice a picture: GStreamer's RTP payloader would repeat the parameter sets before each slice of a keyframe,
    # which makes it two pictures for receivers.
    stream.codec_context.thread_count = 1
    return stream
