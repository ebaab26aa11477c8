"""What `custodes run` says when it cannot begin."""

import socket
from pathlib import Path

import pytest

from custodes.app.serve import serve
from custodes.app.settings import Settings
from custodes.domain.errors import ConfigError


def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = Settings.model_validate(
            {
                "data": str(tmp_path / "data"),
                "server": {"port": port},
                "cameras": {"gate": {"source": {"url": str(tmp_path / "a.mp4")}}},
            }
        )
        with pytest.raises(ConfigError, match=f"port {port} of 127.0.0.1 cannot be listened on, because address"):
            serve(settings)
    assert not (tmp_path / "data").exists()
