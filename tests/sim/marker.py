"""A camera that shows one known face, and everything that would give its pictures away."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from custodes.perceive.detect.yunet import YuNet
from custodes.perceive.models import footage, model_path
from custodes.perceive.runtime import Network
from sim.plaintext import FaceMark

SIZE = (528, 432)
_EVERY = 12
"""Of how many pictures of the clip one shows the face as it is looked for."""


def face_clip(path: Path, *, fps: int = 10) -> Path:
    """Write 120 pictures of somebody talking, H.264 in MP4, as a camera would."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=fps, options={"g": str(fps), "preset": "veryfast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number, picture in enumerate(_pictures()):
            frame = picture.reformat(*SIZE, format="yuv420p")
            frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, fps), 0
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def face_mark(clip: Path) -> FaceMark:
    """Return the face in `face_clip`, from the brows to the mouth, so that no mask leaves any of it."""
    finder = YuNet(Network(model_path("yunet"), colours="BGR"))
    crops = []
    with av.open(str(clip)) as video:
        for frame in [*video.decode(video=0)][::_EVERY]:
            points = finder.find(frame.to_ndarray(format="bgr24")).points[0]
            (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
            wide, high = (right - left) / 4, (bottom - top) / 4
            rows, columns = slice(int(top - high), int(bottom + high)), slice(int(left - wide), int(right + wide))
            crops.append(frame.to_ndarray(format="gray")[rows, columns])
    return FaceMark(crops)


def grey_pictures(clip: Path) -> list[np.ndarray]:
    """Return the pictures of a clip, grey."""
    with av.open(str(clip)) as video:
        return [frame.to_ndarray(format="gray") for frame in video.decode(video=0)]


def _pictures() -> list[av.VideoFrame]:
    with av.open(str(footage("carphone"))) as video:
        return list(video.decode(video=0))
