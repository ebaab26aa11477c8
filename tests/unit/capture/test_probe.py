"""What is no address of a camera is said to be none, before anything is asked."""

import pytest

from custodes.capture import probe
from custodes.domain.errors import CaptureError


@pytest.mark.parametrize("url", ["ftp://camera/film.mp4", "rtmp://camera/live"])
def test_other_kinds_of_addresses_are_refused_with_those_there_are(url: str) -> None:
    with pytest.raises(CaptureError, match=r"no address of a camera.*rtsp://, rtsps://, http://"):
        probe(url)


def test_the_refusal_does_not_show_the_password() -> None:
    with pytest.raises(CaptureError) as refused:
        probe("ftp://operator:s3cret@camera/film.mp4")
    assert "s3cret" not in refused.value.diagnostics()
