"""A search for plaintext: after a full run, nothing lies on the disk that somebody without the keys could read.

The test knows what it is looking for: names, reasons, passwords, a template, the camera's packets and a face. It
searches whatever the server wrote, and everything that looks like a picture or a video there is decoded.

Left out are the folders of keys; `client`, what people took home; and what the operator wrote: configuration, charters.
"""

import base64
import gzip
import io
import os
import re
import secrets
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from sim.marker import face_clip, face_mark, grey_pictures
from sim.originals import packets
from sim.plaintext import FaceMark, Needles, Search, byte_forms, template_forms, text_forms

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def marker(what: str) -> str:
    """Return a name that is nowhere else."""
    return f"{what}.{secrets.token_hex(6)}"


@dataclass
class Markers:
    """What is planted, by what it is."""

    texts: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    vectors: list[np.ndarray] = field(default_factory=list)

    def needles(self, clip: Path) -> Needles:
        found: dict[bytes, tuple[str, str]] = {}
        for what, text in self.texts.items():
            found |= {needle: (what, form) for needle, form in text_forms(text).items()}
        for what, blob in self.blobs.items():
            found |= {needle: (what, form) for needle, form in byte_forms(blob).items()}
        for vector in self.vectors:
            found |= {needle: ("template", form) for needle, form in template_forms(vector).items()}
        return Needles(found | packet_needles(clip) | pixel_needles(clip))


def packet_needles(clip: Path) -> dict[bytes, tuple[str, str]]:
    """Pieces of 24 bytes of every packet that the camera sends."""
    found = {}
    for packet in packets(clip):
        data = bytes(packet.packet)
        for at in range(8, len(data) - 24, max(24, len(data) // 6)):
            found[data[at : at + 24]] = ("packet", "as it is")
    return found


def pixel_needles(clip: Path) -> dict[bytes, tuple[str, str]]:
    """Pieces of rows through the face, as they lie in memory once decoded."""
    found = {}
    for grey in grey_pictures(clip)[::4]:
        for row in range(grey.shape[0] // 4, grey.shape[0] // 2, 8):
            piece = grey[row, grey.shape[1] // 3 :][:40].tobytes()
            if len(set(piece)) > 20:
                found[piece] = ("pixels", "as they are")
    return found


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return face_clip(tmp_path_factory.mktemp("footage") / "face.mp4")


@pytest.fixture(scope="module")
def face(clip: Path) -> FaceMark:
    return face_mark(clip)


def annexb(clip: Path) -> list[bytes]:
    """Return the packets of a clip with start codes, parameter sets first."""
    with av.open(str(clip)) as video:
        filtered = av.BitStreamFilterContext("h264_mp4toannexb", video.streams.video[0])
        return [bytes(out) for packet in video.demux(video=0) if packet.size for out in filtered.filter(packet)]


def parameter_sets(clip: Path) -> bytes:
    units = re.split(rb"\x00?\x00\x00\x01", annexb(clip)[0])
    return b"".join(b"\0\0\0\1" + unit for unit in units if unit and unit[0] & 0x1F in {7, 8})


def search_for(markers: Markers, clip: Path, face: FaceMark) -> Search:
    return Search(markers.needles(clip), face, parameter_sets(clip))


# The search can find what it is looking for


def a_page(folder: Path, name: str) -> None:
    """Leave `name` in a database, in a page that is free since the row was deleted, and one in its write-ahead log."""
    with closing(sqlite3.connect(folder / "some.db", isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete=OFF")
        database.execute("CREATE TABLE t (x)")
        database.execute("INSERT INTO t VALUES (?)", (name,))
        database.execute("DELETE FROM t")


PLANTED = {
    "deleted row": "name",
    "utf-16": "name",
    "base64": "name",
    "hex": "name",
    "gzip": "name",
    "zip": "name",
    "file name": "name",
    "template": "template",
    "template in JSON": "template",
    "packet": "packet",
    "pixels": "pixels",
    "jpeg": "face",
    "png": "face",
    "mp4": "face",
    "annex b": "face",
    "lengths": "face",
}


def plant(kind: str, folder: Path, name: str, vector: np.ndarray, clip: Path) -> None:
    path, noise = folder / "planted", b"\x07" * 999
    picture = grey_pictures(clip)[40]
    with av.open(str(clip)) as video:
        middle = [bytes(packet) for packet in video.demux(video=0)][60:90]
    ways = {
        "deleted row": lambda: a_page(folder, name),
        "utf-16": lambda: path.write_text(f"who: {name}.", encoding="utf-16-be"),
        "base64": lambda: path.write_bytes(b"eyJ3aG8iO" + byte_encoded(f'{{"who":"{name}"}}')),
        "hex": lambda: path.write_text(f"'{name}'".encode().hex()),
        "gzip": lambda: path.write_bytes(noise + gzip.compress(name.encode() * 9)),
        "zip": lambda: zipped(path, name),
        "file name": (folder / f"{name}.txt").touch,
        "template": lambda: path.write_bytes(b"x" + vector.astype(np.float32).tobytes()),
        "template in JSON": lambda: path.write_bytes(b'{"v":"' + byte_encoded(vector.astype("<f4").tobytes())),
        "packet": lambda: path.write_bytes(noise + middle[5][: len(middle[5]) // 2]),
        "pixels": lambda: path.write_bytes(noise + picture.tobytes()),
        "jpeg": lambda: path.write_bytes(noise + cv2.imencode(".jpg", cv2.resize(picture, (264, 216)))[1].tobytes()),
        "png": lambda: path.write_bytes(cv2.imencode(".png", picture[50:400, 60:500])[1].tobytes()),
        "mp4": lambda: path.write_bytes(noise + reencoded(clip)),
        "annex b": lambda: path.write_bytes(noise + b"".join(annexb(clip)[60:90])),
        "lengths": lambda: path.write_bytes(noise + b"".join(middle)),
    }
    ways[kind]()


def byte_encoded(data: str | bytes) -> bytes:
    return base64.b64encode(data.encode() if isinstance(data, str) else data)


def zipped(path: Path, name: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner", name * 9)


def reencoded(clip: Path) -> bytes:
    """Return the clip, smaller and compressed anew: no packet of it is the camera's."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as video:
        stream = video.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 264, 216, "yuv420p"
        for grey in grey_pictures(clip)[:30]:
            small = cv2.cvtColor(cv2.resize(grey, (264, 216)), cv2.COLOR_GRAY2RGB)
            video.mux(stream.encode(av.VideoFrame.from_ndarray(small, format="rgb24")))
        video.mux(stream.encode(None))
    return out.getvalue()


@pytest.mark.parametrize("kind", PLANTED)
def test_what_is_planted_is_found(kind: str, clip: Path, face: FaceMark, tmp_path: Path) -> None:
    name, vector = marker("somebody"), np.random.default_rng(5).normal(size=128).astype(np.float32)
    search = search_for(Markers({"name": name}, {}, [vector]), clip, face)
    (tmp_path / "noise").write_bytes(os.urandom(1 << 20))
    assert search.below(tmp_path) == set()
    plant(kind, tmp_path, name, vector, clip)
    assert PLANTED[kind] in {found.what for found in search.below(tmp_path)}
