"""Signs: one page, all that has to be on it, and a QR code that can be scanned."""

from typing import Any

import cv2
import numpy as np
import pypdfium2
import pytest
from examples import GATE, MILL, camera

from custodes.domain.errors import ConfigError
from custodes.register import CameraFact, languages, sign_pdf, words

URL = "https://cameras.example.org/register"


def sign(one: CameraFact, *tags: str, base_url: str = URL) -> tuple[str, Any]:
    """Return the text of a sign and its picture, as one prints it at 150 dots an inch."""
    document = pypdfium2.PdfDocument(sign_pdf(one, [words(tag) for tag in tags], base_url))
    assert len(document) == 1
    page = document[0]
    assert [round(side) for side in page.get_size()] == [595, 842]
    text = " ".join(page.get_textpage().get_text_range().split())
    return text, np.asarray(page.render(scale=150 / 72).to_pil())


def scanned(picture: Any) -> str:
    return cv2.QRCodeDetector().detectAndDecode(picture)[0]


@pytest.mark.parametrize("tag", languages())
def test_a_sign_says_what_people_have_to_be_told(tag: str) -> None:
    gate = camera("gate", GATE)
    assert gate.charter is not None
    say = words(tag)
    text, _ = sign(gate, tag)
    for said in (
        say("sign.headline"),
        say("sign.faces"),
        "Grad Ćuprija, +381 35 000 000",
        "dpo@example.org",
        gate.charter.sign.text,
        gate.charter.purpose.statement,
        "GDPR Art. 6(1)(e)",
        say("kept.sealed"),
        say("hours", hours=24),
        say("sign.rights"),
        gate.charter.version[:16],
    ):
        assert " ".join(said.split()) in text, said


@pytest.mark.parametrize("tags", [["en"], ["sr-Cyrl", "en"]])
def test_the_code_leads_to_the_cameras_page_in_the_first_language(tags: list[str]) -> None:
    text, picture = sign(camera("gate", GATE), *tags)
    address = f"{URL}/{tags[0]}/cameras/gate.html"
    assert scanned(picture) == address
    assert address in text


def test_a_slash_at_the_end_of_the_address_does_no_harm() -> None:
    assert "register/en/cameras/mill.html" in sign(camera("mill", MILL), "en", base_url=f"{URL}/")[0]


def test_without_an_address_the_sign_names_the_contact_instead() -> None:
    text, picture = sign(camera("mill", MILL), "en", base_url="")
    assert scanned(picture) == ""
    assert words("en")("sign.ask", contact="Traffic office, traffic@example.org") in text


def test_a_purpose_that_the_sign_states_anyway_is_not_told_twice() -> None:
    purpose = MILL["purpose"]["statement"]
    stated = {**MILL, "sign": {"text": f"{MILL['sign']['text']}. {purpose}"}}
    assert sign(camera("mill", MILL), "en")[0].count(purpose) == 1
    assert sign(camera("mill", stated), "en")[0].count(purpose) == 1


def test_long_texts_are_set_smaller_and_too_long_ones_refused() -> None:
    name = "City of Example, traffic@example.org. Traffic office, traffic@example.org. "
    long = {**MILL, "sign": {"text": name + "Counting helps. " * 60}}
    assert "Counting helps." in sign(camera("mill", long), *languages())[0]
    longer = {**long, "purpose": {"statement": "Count bicycles on Mill Street hourly. " * 50}}
    longer["legal_basis"] = {**MILL["legal_basis"], "law": "Road Traffic Act, Art. 12. " * 70}
    with pytest.raises(ConfigError, match="does not fit"):
        sign(camera("mill", longer), *languages())


def test_without_a_charter_there_is_no_sign() -> None:
    with pytest.raises(ConfigError, match="no charter"):
        sign(camera("bare", None), "en")


def test_the_same_camera_makes_the_same_bytes() -> None:
    made = {sign_pdf(camera("gate", GATE), [words("sr-Cyrl"), words("en")], URL) for _ in range(2)}
    assert len(made) == 1
