"""Passes: read back from their picture, and nothing else opens what they open."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.domain.errors import IntegrityError
from custodes.identity import Pass
from custodes.identity.sealing import pass_key


def test_a_camera_reads_a_pass_back() -> None:
    # The detector on ArUco's contours: OpenCV's older one misses about one clean code in fifty.
    detector = cv2.QRCodeDetectorAruco()
    for _ in range(10):
        shown = Pass.new()
        picture = cv2.imdecode(np.frombuffer(shown.png(), np.uint8), cv2.IMREAD_GRAYSCALE)
        on_paper = np.pad(picture, 40, constant_values=255)
        assert Pass.parse(detector.detectAndDecode(on_paper)[0]) == shown


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=32, max_size=32))
def test_text_and_back(id_: bytes, secret: bytes) -> None:
    shown = Pass(id_.hex(), secret)
    assert Pass.parse(shown.text()) == shown
    assert Pass.parse(f"  {shown.text().lower()}\n") == shown


@given(st.text(max_size=90), st.integers(0, 80), st.sampled_from("ABZ27 1é"))
def test_another_code_is_refused_without_being_quoted(text: str, place: int, letter: str) -> None:
    good = Pass("ab" * 8, b"\7" * 32).text()
    wrong = good[:place] + letter + good[place + 1 :]
    for one in (text, wrong, good[:-1], good + "A", good.replace("CUSTODES1:", "")):
        if one.strip().upper() == good:
            continue
        with pytest.raises(IntegrityError, match="is no pass of custodes") as caught:
            Pass.parse(one)
        assert one.strip() == "" or len(one) < 8 or one not in str(caught.value)


def test_a_pass_shows_no_secret() -> None:
    shown = Pass("ab" * 8, b"\7" * 32)
    assert repr(shown) == f"Pass(id='{'ab' * 8}')"
    assert "abab" not in Pass.new().text()


def test_pass_and_subject_make_the_key_together() -> None:
    keys = {
        pass_key(secret, subject, pass_id)
        for secret in (b"\1" * 32, b"\2" * 32)
        for subject in (b"\3" * 32, b"\4" * 32)
        for pass_id in ("ab" * 8, "cd" * 8)
    }
    assert len(keys) == 8
