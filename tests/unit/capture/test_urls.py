import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.capture import hide_password, propose_substreams


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://10.0.0.5/ch1", "rtsp://10.0.0.5/ch1"),
        ("rtsp://admin@10.0.0.5/ch1", "rtsp://admin@10.0.0.5/ch1"),
        ("rtsp://admin:secret@10.0.0.5/ch1", "rtsp://admin:***@10.0.0.5/ch1"),
        ("rtsp://admin:p@ss/w:rd@10.0.0.5/ch1", "rtsp://admin:***@10.0.0.5/ch1"),
        ("http://cam/flv?user=a&password=b&channel=0", "http://cam/flv?user=a&password=***&channel=0"),
        ("rtsp://cam/user=a_password=b_channel=1.sdp", "rtsp://cam/user=a_password=***"),
        ("https://cam/live?token=abc#x", "https://cam/live?token=***#x"),
        ("/videos/clip.mp4", "/videos/clip.mp4"),
    ],
)
def test_passwords_are_hidden(url: str, shown: str) -> None:
    assert hide_password(url) == shown


@given(st.text("abc:/@?#&=%", min_size=1))
def test_no_password_before_the_host_is_ever_shown(password: str) -> None:
    assert hide_password(f"rtsp://user:{password}Zq9@host/path") == "rtsp://user:***@host/path"


@pytest.mark.parametrize(
    ("main", "sub"),
    [
        ("rtsp://u:p@h/Streaming/Channels/101", "rtsp://u:p@h/Streaming/Channels/102"),
        ("rtsp://h/Streaming/Channels/1601?x=1", "rtsp://h/Streaming/Channels/1602?x=1"),
        ("rtsp://h/cam/realmonitor?channel=1&subtype=0", "rtsp://h/cam/realmonitor?channel=1&subtype=1"),
        ("rtsp://h:554/h264Preview_01_main", "rtsp://h:554/h264Preview_01_sub"),
        ("rtsp://h/axis-media/media.amp", "rtsp://h/axis-media/media.amp?resolution=640x360"),
        ("rtsp://h/axis-media/media.amp?camera=1", "rtsp://h/axis-media/media.amp?resolution=640x360&camera=1"),
        ("rtsp://h/stream1", "rtsp://h/stream2"),
        ("rtsp://h/videoMain", "rtsp://h/videoSub"),
    ],
)
def test_substreams_of_known_vendors_are_proposed_first(main: str, sub: str) -> None:
    assert propose_substreams(main)[0] == sub


@pytest.mark.parametrize("url", ["rtsp://h/other", "rtsp://stream1:subtype=0@h/x", "rtsp://h", "clip/stream1.mp4"])
def test_nothing_is_proposed_for_unknown_patterns_credentials_and_files(url: str) -> None:
    assert propose_substreams(url) == []
