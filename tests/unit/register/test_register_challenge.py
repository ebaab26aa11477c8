"""Who stands at a recognition point is told beforehand what is asked of them there."""

import pytest
from examples import GATE, camera, facts, settings
from test_register_documents import text_of
from test_register_signs import sign
from test_register_site import page

from custodes.register import CameraFact, document_pdf, dpia, languages, markdown, render_register, ropa, words

BOTH = ["verify", "identify"]


def gate(challenge: str, modes: list[str]) -> CameraFact:
    document = {**GATE, "recognition": {**GATE["recognition"], "modes": modes}}
    return camera("gate", document, assessed=False, settings=settings(challenge))


@pytest.mark.parametrize(
    ("challenge", "modes", "said"),
    [
        ("identify", BOTH, "challenge_some"),
        ("identify", ["identify"], "challenge_all"),
        ("identify", ["verify"], ""),
        ("everybody", ["verify"], "challenge_all"),
        ("everybody", BOTH, "challenge_all"),
        ("nobody", BOTH, ""),
        ("", BOTH, ""),
    ],
)
def test_register_sign_and_drafts_say_who_has_to_move(challenge: str, modes: list[str], said: str) -> None:
    one = gate(challenge, modes)
    there = facts(one)
    for tag in languages():
        say = words(tag)
        all_texts = {
            "register": " ".join(page(f"{tag}/cameras/gate.html", render_register(there)).text.split()),
            "sign": sign(one, tag)[0],
            "DPIA": text_of(document_pdf(dpia(one, there, say))),
            "RoPA": markdown(ropa(there, say)).replace("\\", ""),
        }
        for name, text in all_texts.items():
            for key in ("challenge_some", "challenge_all"):
                assert (say(f"recognition.{key}") in text) is (key == said), (tag, name, key)
        assert (say("recognition.unchallenged") in all_texts["DPIA"]) is (not said)


def test_cameras_of_one_charter_that_ask_for_different_things_are_told_apart() -> None:
    document = {**GATE, "cameras": ["back", "gate"], "recognition": {**GATE["recognition"], "modes": BOTH}}
    two = [camera(key, document, assessed=False, settings=settings(asks)) for key, asks in
           (("back", "everybody"), ("gate", "identify"))]  # fmt: skip
    text = markdown(ropa(facts(*two), words("en")))
    assert text.count(words("en")("recognition.challenge_some")) == 1
    assert text.count(words("en")("recognition.challenge_all")) == 1
