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
import signal
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import httpx
import numpy as np
import pytest
import tomlkit
from typer.testing import CliRunner
from websockets.sync.client import connect

from api_support import charter_document, write_charter
from custodes.app.assessment import configuration_of
from custodes.app.cli import app
from custodes.app.server_identity import opened_identity
from custodes.app.settings import Settings, load_settings
from custodes.charter import Charter, Charters, RecognitionMode
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, SystemClock, to_iso
from custodes.identity import DataSubject, Template, draft
from custodes.journal import Entry
from custodes.pipeline.shard import Folders
from custodes.store import Store
from servers import Server, free_port
from sim.marker import face_clip, face_mark, grey_pictures
from sim.originals import NAMES, key_pairs, packets
from sim.plaintext import FaceMark, Found, Needles, Search, byte_forms, template_forms, text_forms

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STREET = CameraId("street")
PASSPHRASE = "correct horse battery staple"  # noqa: S105
MODEL = "5f" * 32
RECIPIENT = "Qvortex tribunal"
"""The charter names it, so it is public in charters and register; that it got something is not."""
RECEIVES = ["recording", "event", "sealed"]
PUBLIC = ("data/charters/", "data/register/")


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


# A full run


def cli(*words: object, answers: tuple[str, ...] = (), token: str = "") -> str:
    done = CliRunner().invoke(
        app,
        [str(word) for word in words],
        input="".join(f"{line}\n" for line in answers),
        env={"CUSTODES_TOKEN": token},
    )
    assert done.exit_code == 0, f"{done.output}\n{done.exception!r}"
    return done.output


class Site:
    """One server with sealed recording, and everybody who has to do with it."""

    def __init__(self, folder: Path, clip: Path) -> None:
        self.folder, self.clip, self.markers = folder, clip, Markers()
        self.client, self.temporary, self.said = folder / "client", folder / "temporary", folder / "server.log"
        self.client.mkdir()
        self.temporary.mkdir()
        self.config = self._configured()
        self.settings: Settings = load_settings(self.config)
        self.folders = Folders(data=self.settings.data)
        self.names = [marker(one) for one in ("qzanna", "xboris")]
        self.texts = self.markers.texts
        self.texts |= {"account": self.names[0], "other account": self.names[1]}
        self.passwords = [self._account(name) for name in self.names]
        made = cli("token", "new", self.names[0], "--config", self.config)
        self.token = re.search(r"custodes_\S+", made)[0]
        self.texts |= {"password": self.passwords[0], "token": self.token}
        self.port = free_port()
        self.server = self.started()

    def started(self) -> Server:
        server = Server(self.config, self.port, token=self.token, said=self.said, temporary=self.temporary)
        server.wait_until_live()
        return server

    def _configured(self) -> Path:
        config, keys = self.folder / "custodes.toml", key_pairs()
        document = {
            "data": "data",
            "vault": {"keys": "hour keys", "custodians": {key.public.name: str(key.public) for key in keys}},
            "identity": {"keys": "subject keys"},
            "log": {"origin": "cameras.example.org/log", "heartbeat_s": 2.0},
            "cameras": {
                "street": {
                    "source": {"url": str(self.clip), "loop": True},
                    "recording": {"min_free_gb": 0, "segment_s": 2},
                }
            },
        }
        config.write_text(tomlkit.dumps(document), encoding="utf-8")
        tables = {
            "storage": {"recording_hours": 24, "sealed_hours": 24, "event_hours": 24, "thumbnail_hours": 24},
            "custodians": {"needed": 2, "names": list(NAMES[:3])},
            "recipients": [{"name": RECIPIENT, "reason": "Criminal procedure act, Art. 286", "receives": RECEIVES}],
            "dpia": {"reference": "DPIA 3/2026", "sha256": "a" * 64, "configuration": "b" * 64},
        }
        settings = load_settings(config)
        charter = Charter.model_validate({**charter_document("street"), **tables})
        assessed = configuration_of(charter, settings.cameras["street"], settings.detector)
        tables["dpia"] = {**tables["dpia"], "configuration": assessed}
        write_charter(self.folder / "charters", "street", **tables)
        return config

    def _account(self, name: str) -> str:
        return cli("account", "add", name, "--config", self.config).split()[-1]

    def log_in(self) -> None:
        """Log in; then try with a name that nobody has, and often enough with one that somebody has."""
        nobody = marker("wexnobody")
        self.texts |= {"tried name": nobody, "tried password": marker("tried")}
        with httpx.Client(base_url=self.server.base) as http:
            answer = http.post("/api/v1/session", json={"name": self.names[1], "password": self.passwords[1]})
            assert answer.status_code == 204
            self.texts["session"] = answer.cookies["custodes_session"]
            self.cookie = f"custodes_session={answer.cookies['custodes_session']}"
            for name in (nobody, *[self.names[1]] * 6):
                wrong = {"name": name, "password": self.texts["tried password"]}
                while (answer := http.post("/api/v1/session", json=wrong)).status_code == 429:
                    time.sleep(int(answer.headers["Retry-After"]))
                assert answer.status_code == 401

    def look(self) -> None:
        """Watch live, search, look at thumbnails and play back, as the one and as the other."""
        address = f"{self.server.base.replace('http', 'ws')}/api/v1/cameras/street/live"
        with connect(address, additional_headers={"Cookie": self.cookie}) as live:
            assert any(len(live.recv(timeout=30)) > 1000 for _ in range(6))
        deadline = time.monotonic() + 120
        while True:
            events = self.server.get("/api/v1/events?camera=street")["items"]
            shown = [one["event_id"] for one in events if one["thumbnail"]]
            segments = self.server.get("/api/v1/cameras/street/recordings?start=0&end=9000000000000")["segments"]
            if shown and len(segments) > 1:
                break
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert self.server.bytes(f"/api/v1/events/{shown[0]}/thumbnail.jpg")
        assert self.server.bytes(segments[0]["url"])

    def hold(self) -> None:
        self.texts["reason of a hold"] = marker("Reported theft")
        now_ns = SystemClock().utc_ns()
        words = [to_iso(now_ns + hours * 3600 * NS_PER_S)[:16] for hours in (-2, -1, 48)]
        interval = ["--interval", *words[:2], "--until", words[2]]
        cli(
            "retention",
            "hold",
            "--config",
            self.config,
            "street",
            *interval,
            "--reason",
            self.texts["reason of a hold"],
        )

    def ask(self) -> None:
        self.texts |= {"reason of a request": marker("Assault"), "recipient": RECIPIENT}
        now_ns = SystemClock().utc_ns()
        cli(
            "vault", "request", "--server", self.server.base, "--camera", "street", "--recipient", RECIPIENT,
            "--start", to_iso(now_ns - 3 * NS_PER_S), "--end", to_iso(now_ns), "--reason",
            self.texts["reason of a request"], "--ceremony-key", self.client / "ceremony",
            "--out", self.client / "request.json", answers=(PASSPHRASE,) * 2, token=self.token,
        )  # fmt: skip

    def export(self) -> None:
        """Have redacted recordings exported, and fetch what the recipient gets."""
        self.texts["reason of an export"] = marker("Burglary")
        now_ns = SystemClock().utc_ns()
        wanted = {
            "recipient": RECIPIENT, "reason": self.texts["reason of an export"],
            "start": to_iso(now_ns - 60 * NS_PER_S), "end": to_iso(now_ns),
        }  # fmt: skip
        with httpx.Client(base_url=self.server.base, headers={"Authorization": f"Bearer {self.token}"}) as http:
            asked = http.post("/api/v1/cameras/street/exports", json=wanted)
            assert asked.status_code == 202, asked.text
            deadline = time.monotonic() + 60
            while (item := http.get(f"/api/v1/exports/{asked.json()['id']}").json())["state"] != "ready":
                assert item["state"] != "failed", item["problem"]
                assert time.monotonic() < deadline
                time.sleep(0.3)
            packed = http.get(item["url"]).content
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            (manifest,) = [name for name in archive.namelist() if name.endswith("manifest.json")]
            assert self.texts["reason of an export"].encode() in archive.read(manifest)
        (self.client / "export.zip").write_bytes(packed)

    def enrol(self) -> None:
        """Enrol an adult to be searched for, and a minor with a pass."""
        document = {
            **charter_document(STREET),
            "recognition": {"modes": ["identify", "verify"], "alternative": "A badge from the reception opens it too."},
            "dpia": {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32},
        }
        charters, clock = Charters({STREET: Charter.model_validate(document)}), SystemClock()
        self.texts |= {what: marker(what) for what in ("Person", "Contact", "Guardian")}
        with closing(Store.open(self.folders.database, self.folders.texts())) as store:

            def owe(entry: Entry) -> None:
                store.owed.add(entry.kind, entry.body, clock.utc_ns(), camera=entry.camera)

            with opened_identity(self.settings, charters, clock, owe) as held:
                for mode, guardian in (
                    (RecognitionMode.IDENTIFY, ""),
                    (RecognitionMode.VERIFY, self.texts["Guardian"]),
                ):
                    now_ns = clock.utc_ns()
                    consent = draft(
                        charters, [STREET], [mode], given_ns=now_ns, expires_ns=now_ns + 86_400 * NS_PER_S,
                        minor=bool(guardian), guardian=guardian,
                    )  # fmt: skip
                    vector = np.random.default_rng(len(guardian)).normal(size=128)
                    template = Template((vector / np.linalg.norm(vector)).astype(np.float32))
                    person = DataSubject(name=self.texts["Person"], contact=self.texts["Contact"])
                    shown = held.enrolments.enrol(person, consent, template, MODEL).shown
                    self.markers.vectors += [template.vector, held.safe.rotated(template)]
                    if shown:
                        self.texts["pass"] = shown.text()
                        self.markers.blobs["secret of a pass"] = shown.secret

    def crash_worker(self, how: signal.Signals) -> None:
        worker = self.server.worker()
        assert worker is not None
        worker.send_signal(how)
        worker.wait(30)
        self.server.wait_until_live()

    def settled(self) -> None:
        """Wait until the log has what commands beside the server noted."""
        deadline = time.monotonic() + 60
        with closing(Store.open(self.folders.database, self.folders.texts())) as store:
            while store.owed.waiting():
                assert time.monotonic() < deadline
                time.sleep(0.3)

    def found(self, face: FaceMark) -> set[Found]:
        search = search_for(self.markers, self.clip, face)
        keys = [self.folder / name for name in ("hour keys", "subject keys", "data-keys")]
        found = search.below(self.folder, but=[*keys, self.client, self.config, self.folder / "charters"])
        assert search.files > 20
        assert search.pictures > 10
        return {one for one in found if one.what != "recipient" or not one.path.startswith(PUBLIC)}


@pytest.fixture
def site(clip: Path, tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path, clip)
    yield made
    made.server.process.kill()
    made.server.process.wait()


def test_nothing_lies_in_plain_after_a_full_run(site: Site, face: FaceMark) -> None:
    site.log_in()
    site.look()
    site.hold()
    site.enrol()
    site.ask()
    site.export()
    site.settled()
    for how in (signal.SIGABRT, signal.SIGSEGV):
        site.crash_worker(how)
    assert site.found(face) == set()
    site.server.process.kill()
    site.server.process.wait()
    assert site.found(face) == set()
    site.server = site.started()
    site.server.stop()
    assert site.found(face) == set()
    assert not [path for path in site.folder.rglob("*") if path.name.startswith("core")]
    left = site.folders.data / "left"
    left.write_bytes(site.names[0].encode() + cv2.imencode(".jpg", grey_pictures(site.clip)[0])[1].tobytes())
    assert {(one.path, one.what) for one in site.found(face)} == {("data/left", "account"), ("data/left", "face")}
