"""The gate: imagery cannot leave a worker unredacted by accident."""

import pickle
import re
from fractions import Fraction
from pathlib import Path

import av
import pytest

import custodes
from custodes.capture.raw import EncodedPacket, RawFrame
from custodes.domain.events import CameraId
from custodes.domain.imagery import RedactedFragment, RedactedFrame, RedactedStill, SealedSegment
from custodes.domain.time import MediaTime

PACKAGE = Path(custodes.__file__).parent
NOW = MediaTime(0, Fraction(1, 1000), 0)


@pytest.mark.parametrize("kind", [RedactedFrame, RedactedFragment, RedactedStill, SealedSegment])
def test_redacted_imagery_has_no_public_constructor(kind: type) -> None:
    with pytest.raises(TypeError, match="no public constructor"):
        kind()


def test_only_redact_record_and_recognition_make_what_has_no_constructor() -> None:
    sealing = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        if re.search(r"(?<!Permit)\._seal\(", path.read_text(encoding="utf-8"))
    }
    assert sealing <= {"domain", "redact", "record", "recognition"}
    permits = [p for p in PACKAGE.rglob("*.py") if "Permit._seal(" in p.read_text(encoding="utf-8")]
    assert {path.parent.name for path in permits} == {"journal"}
    frames = [p for p in PACKAGE.rglob("*.py") if "RedactedFrame._seal(" in p.read_text(encoding="utf-8")]
    assert {path.parent.name for path in frames} == {"redact"}
    sealed = [p for p in PACKAGE.rglob("*.py") if "SealedSegment._seal(" in p.read_text(encoding="utf-8")]
    assert [path.relative_to(PACKAGE).as_posix() for path in sealed] == ["record/sealed.py"]
    made = {
        path.relative_to(PACKAGE).as_posix(): sorted(re.findall(r"(\w+)\._seal\(", path.read_text(encoding="utf-8")))
        for path in PACKAGE.joinpath("recognition").glob("*.py")
    }
    assert {name: kinds for name, kinds in made.items() if kinds} == {
        "recognition/attempt.py": ["Presenting"],
        "recognition/presented.py": ["PresentedFace"],
    }


@pytest.mark.parametrize(
    "pixels",
    [
        RawFrame(av.VideoFrame(16, 16, "yuv420p"), NOW),
        EncodedPacket(av.Packet(8), NOW, key=True),
        RedactedFrame._seal(av.VideoFrame(16, 16, "yuv420p"), NOW, False),
    ],
)
def test_frames_refuse_pickling_and_show_no_data(pixels: object) -> None:
    with pytest.raises(TypeError, match=r"leave its worker|stays in its worker"):
        pickle.dumps(pixels)
    assert "planes" not in repr(pixels)
    assert len(repr(pixels)) < 80


def test_fragments_may_cross_to_the_server() -> None:
    fragment = RedactedFragment._seal(CameraId("a"), "s", 1, b"moof", 5, 6, "avc1.42c01f")
    copy = pickle.loads(pickle.dumps(fragment))  # noqa: S301  our own bytes
    assert (copy.camera, copy.number, copy.data, copy.start_ns, copy.codec) == ("a", 1, b"moof", 5, "avc1.42c01f")
    assert "moof" not in repr(fragment)


def test_luma_is_a_view_and_bgr_a_copy() -> None:
    picture = av.VideoFrame(30, 20, "yuv420p")
    frame = RawFrame(picture, NOW)
    assert frame.luma().shape == (20, 30)
    assert frame.bgr().shape == (20, 30, 3)
    assert not frame.luma().flags.owndata
