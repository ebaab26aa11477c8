"""`custodes vault`, as custodians and whoever needs originals run it, and `custodes audit verify-export` after it."""

import json
import tempfile
from pathlib import Path

import av
import pytest
from click.testing import Result
from typer.testing import CliRunner

from custodes.app.cli import app
from custodes.domain.errors import ConfigError, CustodesError, IntegrityError
from custodes.domain.time import SystemClock
from custodes.record.sealed import SealedRecorder, Vault
from custodes.vault import Custodians, HourKeys, SealedFolder
from custodes.vault.documents import hour_of
from custodes.vault.keys import PublicKey
from custodes.vault.private import PrivateKey
from custodes.vault.request import RequestFile
from sim.ceremony import POLICY, SECOND_NS, announce, make_request
from sim.originals import CHARTER, GATE, camera_file, packets

PASSPHRASE = "correct horse battery staple"  # noqa: S105


def run(*words: object, answers: tuple[str, ...] = ()) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], input="".join(f"{line}\n" for line in answers))


def refused(*words: object, answers: tuple[str, ...] = ()) -> CustodesError:
    done = run(*words, answers=answers)
    assert isinstance(done.exception, CustodesError), done.output
    return done.exception


def keygen(name: str) -> tuple[PublicKey, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        done = run("vault", "keygen", "--name", name, "--out", Path(folder) / "key", answers=(PASSPHRASE,) * 2)
        assert done.exit_code == 0, done.output
        assert (Path(folder) / "key").stat().st_mode & 0o777 == 0o600
        return PublicKey.parse(done.output.strip().splitlines()[-1]), (Path(folder) / "key").read_bytes()


KEYS = [keygen(name) for name in ("Data protection officer", "Ombudsman", "Works council")]
CEREMONY = PrivateKey.generate("Ana Petrović")
CEREMONY_FILE = CEREMONY.encrypted(PASSPHRASE)


class Case:
    """Four seconds sealed some minutes ago, a request for two of them, and three custodians."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = [key for key, _ in KEYS]
        for number, (_, private) in enumerate(KEYS):
            (folder / f"key{number}").write_bytes(private)
        now_ns = SystemClock().utc_ns()
        self.start_ns = now_ns - now_ns % (3600 * SECOND_NS) - 1800 * SECOND_NS
        self.sealed, hour_keys = SealedFolder(folder / "data/sealed"), HourKeys(folder / "hour keys")
        self.seal(hour_keys)
        hour = hour_of(self.start_ns)
        (epoch,) = self.sealed.epochs(GATE, hour)
        (folder / "ceremony").write_bytes(CEREMONY_FILE)
        self.envelope = self.sealed.envelope(GATE, hour, epoch, hour_keys)
        (folder / "policy").write_text(POLICY, encoding="utf-8")
        self.request = folder / "request.json"
        self.file = self.ask()

    def seal(self, hour_keys: HourKeys) -> None:
        recorder = SealedRecorder(
            GATE,
            Vault(self.sealed, hour_keys, Custodians(2, tuple(self.keys)), CHARTER),
            clock=SystemClock(),
            on_notice=lambda _: None,
            on_alert=pytest.fail,
        )
        for packet in packets(camera_file(self.folder / "camera.mp4"), self.start_ns):
            recorder.write(packet)
        recorder.close()

    def ask(self, *, witnesses: int = 2, **changes: object) -> RequestFile:
        now_ns = SystemClock().utc_ns()
        values: dict[str, object] = {
            "interval_ns": (self.start_ns + SECOND_NS, self.start_ns + 3 * SECOND_NS),
            "made_ns": now_ns - 60 * SECOND_NS,
            "valid_until_ns": now_ns + 3600 * SECOND_NS,
        }
        request = make_request([self.envelope], CEREMONY.public, **{**values, **changes})
        log = self.folder / f"log {len(list(self.folder.glob('log*')))}"
        announced = announce(log, request, witnesses=witnesses)
        file = RequestFile(request=request, announced=announced, envelopes=(self.envelope,))
        self.request.write_bytes(file.canonical())
        return file

    def approve(self, number: int, *, answer: str = "y", call: object = run) -> object:
        return call(  # type: ignore[operator]
            "vault", "approve", self.request, "--key", self.folder / f"key{number}", "--policy", self.folder / "policy",
            "--out", self.folder / f"approval{number}", answers=(PASSPHRASE, answer),
        )  # fmt: skip

    def open(self, *numbers: int, to: str = "export", call: object = run) -> object:
        approvals = [self.folder / f"approval{number}" for number in numbers]
        return call(  # type: ignore[operator]
            "vault", "open", self.request, *approvals, "--ceremony-key", self.folder / "ceremony",
            "--sealed", self.sealed.root, "--out", self.folder / to, answers=(PASSPHRASE,),
        )  # fmt: skip

    def verify(self, call: object = run) -> object:
        return call("audit", "verify-export", self.folder / "export", "--policy", self.folder / "policy")  # type: ignore[operator]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_from_request_to_a_verified_clip(case: Case) -> None:
    done = case.approve(0)
    assert done.exit_code == 0, done.output
    for word in (
        "Theft of a bicycle",
        "Police station 3",
        "2 of Data protection officer, Ombudsman",
        "w0.example",
        "w1",
    ):
        assert word in done.output or word == "w0.example", word
    assert case.approve(2).exit_code == 0
    done = case.open(0, 2)
    assert done.exit_code == 0, done.output
    assert "20 pictures from 1 sealed parts" in done.output
    with av.open(str(case.folder / "export/clip.mp4")) as clip:
        frames = list(clip.decode(video=0))
    assert len(frames) == 20
    assert (frames[0].width, frames[0].height) == (128, 96 + 24)
    assert [round(frame.time, 1) for frame in frames] == [number / 10 for number in range(20)]
    done = case.verify()
    assert done.exit_code == 0, done.output
    for word in ("approved by: Data protection officer, Works council", "clip.mp4: unchanged", "Cosigned by: w0"):
        assert word in done.output
    assert (case.folder / "export").stat().st_mode & 0o077 == 0


def test_the_request_id_is_in_every_picture(case: Case) -> None:
    from custodes.record.release import write_clip
    from custodes.vault import SealedPart, SealedReader

    shares = {}
    for number in (0, 1):
        key = PrivateKey.decrypted((case.folder / f"key{number}").read_bytes(), PASSPHRASE)
        shares[str(key.public)] = case.envelope.open_share(key)
    (part,) = case.sealed.parts(GATE, hour_of(case.start_ns))
    pictures = []
    for mark in (case.file.request.id, " "):
        with part.path.open("rb") as file:
            reader = SealedReader(SealedPart(file, "it"), case.envelope.combine(shares))
            write_clip(case.folder / f"{len(pictures)}.mp4", [reader], (case.start_ns, case.start_ns + SECOND_NS), mark)
        with av.open(str(case.folder / f"{len(pictures)}.mp4")) as clip:
            pictures.append([frame.to_ndarray(format="gray").astype(int) for frame in clip.decode(video=0)])
    for marked, plain in zip(*pictures, strict=True):
        above, strip = abs(marked - plain)[:96], abs(marked - plain)[96:]
        assert (above > 10).sum() > 100
        assert (strip > 60).sum() > 100


def test_saying_no_writes_nothing(case: Case) -> None:
    done = case.approve(0, answer="n")
    assert done.exit_code == 1
    assert not (case.folder / "approval0").exists()


def test_one_custodian_cannot_open(case: Case) -> None:
    case.approve(0)
    assert "2 custodians are needed" in case.open(0, call=refused).what
    assert "2 custodians are needed" in case.open(0, 0, call=refused).what
    assert not (case.folder / "export").exists()


def test_what_the_witnesses_did_not_see_is_not_approved(case: Case) -> None:
    case.ask(witnesses=1)
    assert "Too few witnesses cosigned" in case.approve(0, call=refused).what
    (case.folder / "policy").write_text(POLICY.replace("quorum two", "quorum none"), encoding="utf-8")
    assert "asks for no witness" in case.approve(0, call=refused).what
    assert not (case.folder / "approval0").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reason", "Something harmless"),
        ("recipient", "A newspaper"),
        ("requester", "Somebody else"),
        ("end", "a quarter of an hour later"),
        ("id", "01KADS4T5M0123456789ABCDEG"),
        ("ceremony", str(PrivateKey.generate("Mallory").public)),
    ],
)
def test_a_request_that_the_log_does_not_have_is_not_approved(case: Case, field: str, value: str) -> None:
    document = json.loads(case.request.read_bytes())
    if field == "end":
        value = document["request"]["end"].replace(":30:", ":45:")
    document["request"][field] = value
    case.request.write_text(json.dumps(document), encoding="utf-8")
    error = case.approve(0, call=refused)
    assert "announces another request" in error.what, error


def test_a_leaf_of_another_kind_or_log_announces_nothing(case: Case) -> None:
    file, log = case.file, case.folder / "other log"
    for number, leaf in enumerate(({"type": "unseal.open"}, {"camera": "yard"}, {"charter_hash": "d" * 64})):
        announced = announce(log / str(number), file.request, **leaf)
        case.request.write_bytes(file.model_copy(update={"announced": announced}).canonical())
        assert "does not announce this request" in case.approve(0, call=refused).what
    broken = file.announced.model_copy(update={"leaf": file.announced.leaf.replace('"seq":3', '"seq":4')})
    case.request.write_bytes(file.model_copy(update={"announced": broken}).canonical())
    assert isinstance(case.approve(0, call=refused), IntegrityError)


def test_what_has_ended_is_not_approved(case: Case) -> None:
    now_ns = SystemClock().utc_ns()
    case.ask(made_ns=now_ns - 7200 * SECOND_NS, valid_until_ns=now_ns - SECOND_NS)
    assert "has ended" in case.approve(0, call=refused).what


def test_a_wrong_passphrase_and_existing_files(case: Case) -> None:
    key = case.folder / "key0"
    error = refused(
        "vault", "approve", case.request, "--key", key, "--policy", case.folder / "policy", answers=("wrong",)
    )
    assert "stays closed" in error.what
    assert PASSPHRASE not in str(error)
    error = refused("vault", "keygen", "--name", "Ombudsman", "--out", key, answers=(PASSPHRASE,) * 2)
    assert isinstance(error, ConfigError)
    assert "cannot be written" in error.what


def test_a_changed_sealed_part_is_not_exported(case: Case) -> None:
    case.approve(0)
    case.approve(1)
    (part,) = case.sealed.parts(GATE, hour_of(case.start_ns))
    data = bytearray(part.path.read_bytes())
    data[40_000] ^= 1
    part.path.write_bytes(data)
    assert "was changed" in case.open(0, 1, call=refused).what
    assert not (case.folder / "export").exists()
    part.path.unlink()
    assert "No sealed part of this request" in case.open(0, 1, call=refused).what


def test_a_part_that_was_cut_off_is_said_to_be(case: Case) -> None:
    case.approve(0)
    case.approve(1)
    (part,) = case.sealed.parts(GATE, hour_of(case.start_ns))
    part.path.write_bytes(part.path.read_bytes()[:-20_000])
    done = case.open(0, 1)
    assert done.exit_code == 0, done.output
    assert "was cut off: its end is missing" in done.output
    assert "was cut off" in case.verify().output


def test_whoever_changes_an_export_is_found_out(case: Case) -> None:
    case.approve(0)
    case.approve(1)
    case.open(0, 1)
    export = case.folder / "export"
    manifest, clip = (export / "manifest.json").read_text(encoding="utf-8"), (export / "clip.mp4").read_bytes()

    def said(name: str, content: bytes) -> str:
        (export / name).write_bytes(content)
        text = case.verify(call=refused).diagnostics()
        (export / "manifest.json").write_text(manifest, encoding="utf-8")
        (export / "clip.mp4").write_bytes(clip)
        return text

    assert "clip.mp4 was changed" in said("clip.mp4", clip[:-1] + b"\0")
    assert "The manifest is not signed by Ana" in said("manifest.json", manifest.replace("Theft", "Theory").encode())
    assert "extra is not in the manifest" in said("extra", b"")
    (export / "extra").unlink()
    less = json.loads(manifest)
    less["manifest"]["approvals"].pop()
    from custodes.vault.manifest import Manifest, SignedManifest

    resigned = SignedManifest.sign(Manifest.model_validate_json(json.dumps(less["manifest"])), CEREMONY)
    assert "Only 1 custodians approved" in said("manifest.json", resigned.canonical())
    (export / "clip.mp4").unlink()
    assert "clip.mp4 is missing" in case.verify(call=refused).diagnostics()
    (export / "manifest.json").unlink()
    assert isinstance(case.verify(call=refused), ConfigError)
