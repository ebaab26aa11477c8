import pytest
from pydantic import ValidationError

from custodes.capture import SourceSettings

ADDRESS = "rtsp://admin:hunter2@10.0.0.5/ch1"


def test_the_password_is_shown_nowhere() -> None:
    settings = SourceSettings(url=ADDRESS, sub_url=ADDRESS)
    for text in (repr(settings), str(settings), settings.model_dump_json(), f"{settings.model_dump()}"):
        assert "hunter2" not in text
    assert settings.url.get_secret_value() == ADDRESS


@pytest.mark.parametrize("url", ["ftp://admin:hunter2@h/x", "", "rtsp://"])
def test_a_wrong_address_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SourceSettings(url=url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["clip.mp4", "/videos/clip.mp4", "file:///clip.mp4", "RTSP://h/x", "https://h/x"])
def test_files_and_streams_are_accepted(url: str) -> None:
    assert SourceSettings(url=url).url.get_secret_value() == url
