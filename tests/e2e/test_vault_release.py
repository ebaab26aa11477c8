"""From a running server with sealed originals to a clip that outsiders verify: real processes, real witnesses."""

import time
from contextlib import closing
from pathlib import Path

import av
import pytest
import tomlkit
from click.testing import Result
from typer.testing import CliRunner

from api_support import charter_document, write_charter
from custodes.app.assessment import configuration_of
from custodes.app.cli import app
from custodes.app.logbook import log_key
from custodes.app.settings import load_settings
from custodes.charter import Charter
from custodes.domain.time import NS_PER_S, SystemClock, to_iso
from custodes.pipeline.shard import Folders
from custodes.store import Bodies
from servers import Server, free_port
from sim.logs import WITNESSES, WitnessProgram
from sim.originals import NAMES, found_in, key_pairs, marks_of

pytestmark = [pytest.mark.slow]

PASSPHRASE = "correct horse battery staple"  # noqa: S105
REASON = "Theft of a bicycle, case Zvezdara-17"
KEYS = key_pairs()


def cli(*words: object, answers: tuple[str, ...] = ()) -> Result:
    done = CliRunner().invoke(
        app,
        [str(word) for word in words],
        input="".join(f"{line}\n" for line in answers),
        env={"CUSTODES_TOKEN": ""},
    )
    assert done.exit_code == 0, f"{done.output}\n{done.exception!r}"
    return done


def configure(folder: Path, clip: Path, witnesses: list[WitnessProgram]) -> Path:
    config = folder / "custodes.toml"
    document = {
        "data": "data",
        "vault": {"keys": "keys", "custodians": {key.public.name: str(key.public) for key in KEYS}},
        "log": {
            "origin": "cameras.example.org/log",
            "witnesses": [{"key": str(one.verifier), "url": one.url} for one in witnesses],
        },
        "cameras": {"street": {"source": {"url": str(clip), "loop": True}, "recording": {"min_free_gb": 0}}},
    }
    config.write_text(tomlkit.dumps(document), encoding="utf-8")
    tables = {
        "storage": {"recording_hours": 24, "sealed_hours": 24, "event_hours": 24, "thumbnail_hours": 24},
        "custodians": {"needed": 2, "names": list(NAMES[:3])},
        "recipients": [{"name": "Police", "reason": "Criminal procedure act, Art. 286", "receives": ["sealed"]}],
        "dpia": {"reference": "DPIA 3/2026", "sha256": "a" * 64, "configuration": "b" * 64},
    }
    settings = load_settings(config)
    charter = Charter.model_validate({**charter_document("street"), **tables})
    assessed = configuration_of(charter, settings.cameras["street"], settings.detector)
    write_charter(folder / "charters", "street", **{**tables, "dpia": {**tables["dpia"], "configuration": assessed}})
    return config


def test_from_a_camera_to_a_verified_clip(street_clip: Path, tmp_path: Path) -> None:
    config = configure(tmp_path, street_clip, [])
    settings = load_settings(config)
    folders = Folders(data=settings.data)
    key = log_key(folders, settings.log.origin).verifier
    witnesses = [WitnessProgram(tmp_path / f"witness {n}", one, key) for n, one in enumerate(WITNESSES)]
    configure(tmp_path, street_clip, witnesses)
    server = Server(config, free_port())
    try:
        server.wait_until_live()
        end_ns = SystemClock().utc_ns()
        time.sleep(4)
        marks = marks_of(street_clip)
        assert found_in(tmp_path, marks) == set()
        cli(
            "vault", "request", "--server", server.base, "--camera", "street", "--recipient", "Police",
            "--start", to_iso(end_ns - 2 * NS_PER_S), "--end", to_iso(end_ns), "--reason", REASON,
            "--ceremony-key", tmp_path / "ceremony", "--out", tmp_path / "request.json",
            answers=(PASSPHRASE,) * 2,
        )  # fmt: skip
        policy = folders.data / "policy.txt"
        approvals = []
        for number, custodian in enumerate(KEYS[:2]):
            (tmp_path / f"key{number}").write_bytes(custodian.encrypted(PASSPHRASE))
            approvals.append(tmp_path / f"{number}.approval")
            done = cli(
                "vault", "approve", tmp_path / "request.json", "--key", tmp_path / f"key{number}",
                "--policy", policy, "--out", approvals[-1], answers=(PASSPHRASE, "y"),
            )  # fmt: skip
            assert REASON in done.output
        cli(
            "vault", "open", tmp_path / "request.json", *approvals, "--ceremony-key", tmp_path / "ceremony",
            "--sealed", folders.sealed, "--out", tmp_path / "export", answers=(PASSPHRASE,),
        )  # fmt: skip
        done = cli("audit", "verify-export", tmp_path / "export", "--policy", policy)
        assert "approved by: Data protection officer, Ombudsman" in done.output
        cli("vault", "note", "--server", server.base, *approvals, tmp_path / "export/manifest.json")
    finally:
        server.stop()
        for witness in witnesses:
            witness.kill()
    with av.open(str(tmp_path / "export/clip.mp4")) as clip:
        times = [frame.time for frame in clip.decode(video=0)]
    assert len(times) > 20
    assert times[-1] > 1.5
    assert found_in(tmp_path, marks) == set()
    assert found_in(folders.log, {REASON.encode()}) == found_in(folders.sealed, {REASON.encode()}) == set()
    with closing(Bodies.open(folders.journal / "bodies.db", folders.texts())) as bodies:
        kinds = [body.type for body in reversed(bodies.find("unseal"))]
        assert bodies.find("seal.key")
    assert kinds == ["unseal.request", "unseal.approval", "unseal.approval", "unseal.open"]
    done = CliRunner().invoke(app, ["vault", "verify", "--config", str(config)])
    assert done.exit_code == 0, done.output
    assert "0 of them wrong" in done.output
