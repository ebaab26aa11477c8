import re
from pathlib import Path

from typer.testing import CliRunner

from custodes.api.passwords import matches, stored_digest
from custodes.app.cli import app
from custodes.store import Store


def test_a_new_password_replaces_the_old_one_and_is_shown_once(tmp_path: Path) -> None:
    config = tmp_path / "custodes.toml"
    config.write_text('data = "data"\n[cameras.door.source]\nurl = "rtsp://192.0.2.1/one"\n', encoding="utf-8")
    shown = []
    for _ in range(2):
        done = CliRunner().invoke(app, ["password", str(config)])
        assert done.exit_code == 0, done.output
        shown.append(re.search(r"([a-z2-9]{5}-){3}[a-z2-9]{5}", done.output).group())
    store = Store.open(tmp_path / "data" / "custodes.db")
    digest = stored_digest(store)
    store.close()
    assert matches(shown[1], digest)
    assert not matches(shown[0], digest)
