"""Files that are whole, or not there, and nobody else's."""

from pathlib import Path

import pytest

from custodes.disk import create, destroy, write


def left(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_written_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "deep/down/file"
    for content in (b"one", b"two"):
        write(path, content)
        assert left(tmp_path) == {"file": content}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_created_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deep/file"
    assert create(path, b"one")
    assert not create(path, b"two")
    assert left(tmp_path) == {"file": b"one"}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("make", [write, create])
def test_a_failure_leaves_nothing_behind(make: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("custodes.disk.os.fsync", full)
    with pytest.raises(OSError, match="space"):
        make(tmp_path / "file", b"content")  # type: ignore[operator]
    assert left(tmp_path) == {}


def test_what_is_destroyed_was_overwritten_and_is_gone(tmp_path: Path) -> None:
    path, also = tmp_path / "key", tmp_path / "also"
    write(path, b"secret" * 5)
    also.hardlink_to(path)
    destroy(path)
    assert list(left(tmp_path)) == ["also"]
    assert b"secret" not in also.read_bytes()
    assert len(also.read_bytes()) == 30
    destroy(path)
