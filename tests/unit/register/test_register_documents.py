"""Drafts of impact assessment and record of processing, as Markdown and PDF."""

from dataclasses import replace

import pypdfium2
import pytest
from examples import GATE, MILL, camera, everything, facts, settings

from custodes.charter import assessed_in
from custodes.domain.errors import ConfigError
from custodes.register import document_pdf, dpia, languages, markdown, ropa, words
from custodes.register.document import Bullets, Document, Heading, Rows, Text, ToWrite
from custodes.register.dpia import risks

EN = words("en")


def text_of(pdf: bytes) -> str:
    """Return the text of a PDF, with line breaks as spaces."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    return " ".join(" ".join(pages).split())


@pytest.mark.parametrize("tag", languages())
def test_the_draft_of_an_assessment_says_what_charter_and_configuration_say(tag: str) -> None:
    gate = camera("gate", GATE)
    assert gate.charter is not None
    say = words(tag)
    document = dpia(gate, facts(gate), say)
    for text in (markdown(document).replace("\\", ""), text_of(document_pdf(document))):
        for said in (
            "Grad Ćuprija",
            "Установити после пријављене крађе бицикла",
            gate.charter.necessity.alternatives[0],
            gate.charter.version,
            gate.configuration,
            "Police",
            say("kept.sealed"),
            say("risk.recognition"),
            say("towrite"),
            say("dpia.write_proportion"),
        ):
            assert said in text, said
    assert markdown(document).count("\n> **") == 10


@pytest.mark.parametrize("tag", languages())
def test_the_head_names_the_configuration_in_a_way_that_can_be_read_back(tag: str) -> None:
    gate = camera("gate", GATE)
    assert assessed_in(markdown(dpia(gate, facts(gate), words(tag))).encode()) == gate.configuration


@pytest.mark.parametrize("tag", languages())
def test_the_same_input_makes_the_same_bytes(tag: str) -> None:
    gate, there = camera("gate", GATE), everything()
    for make in (lambda: dpia(gate, there, words(tag)), lambda: ropa(there, words(tag))):
        assert markdown(make()) == markdown(make())
        assert document_pdf(make()) == document_pdf(make())


def test_only_risks_that_apply_are_listed() -> None:
    mill, gate = camera("mill", MILL).charter, camera("gate", GATE).charter
    assert mill is not None
    assert gate is not None
    solid = {**settings(), "redaction": {**settings()["redaction"], "style": "solid"}}
    always = {"missed", "clothes", "creep", "insider", "breach", "kept", "wrong", "watched"}
    assert set(risks(mill, settings())) == always | {"pixelate"}
    assert set(risks(mill, solid)) == always
    assert set(risks(gate, solid)) == always | {"sealed", "recognition", "passed"}


def test_without_a_log_the_draft_does_not_claim_one() -> None:
    gate = camera("gate", GATE)
    assert EN("measure.insider") in markdown(dpia(gate, everything(), EN))
    without = markdown(dpia(gate, replace(everything(), log=None), EN))
    assert EN("measure.insider") not in without
    assert EN("measure.insider_unlogged") in without


@pytest.mark.parametrize(("one", "why"), [("bare", "no charter"), ("absent", "not configured")])
def test_what_cannot_be_assessed_is_refused(one: str, why: str) -> None:
    there = next(found for found in everything().cameras if found.id == one)
    with pytest.raises(ConfigError, match=why):
        dpia(there, everything(), EN)


@pytest.mark.parametrize("tag", languages())
def test_the_record_has_an_activity_for_each_charter_and_every_dark_camera(tag: str) -> None:
    say, there = words(tag), everything()
    document = ropa(there, say)
    for text in (markdown(document).replace("\\", ""), text_of(document_pdf(document))):
        for one in there.cameras:
            standing, _ = one.standing(there.day)
            assert one.name in text
            if one.charter:
                assert one.charter.version in text
                assert one.charter.purpose.statement in text
            if standing != "chartered":
                assert say(f"why.{standing}") in text


def test_cameras_of_one_charter_are_one_activity() -> None:
    both = {**MILL, "cameras": ["bridge", "mill"]}
    text = markdown(ropa(facts(camera("bridge", both), camera("mill", both)), EN))
    assert text.count("## ") == 1
    assert "Cameras: Bridge, Mill" in text


def test_without_charters_there_is_nothing_to_record() -> None:
    with pytest.raises(ConfigError, match="nothing to record"):
        ropa(facts(camera("bare", None)), EN)


def test_markdown_of_every_kind_of_block() -> None:
    document = Document(
        "A | B",
        "City",
        "en",
        (
            Heading("One"),
            Heading("Two", 3),
            Text("x_y *z*", "Label:"),
            Bullets(("a\nb", "# c")),
            Rows(("h",), (("1|2",),), (1,)),
            Rows((), (("k", "<v>"),), (1, 1)),
            ToWrite("To do:", "why?"),
        ),
    )
    assert markdown(document) == (
        "# A \\| B\n\n## One\n\n### Two\n\n**Label:** x\\_y \\*z\\*\n\n- a b\n- \\# c\n\n"
        "| h |\n| --- |\n| 1\\|2 |\n\n|  |  |\n| --- | --- |\n| k | \\<v\\> |\n\n> **To do:** why?\n"
    )
    found = text_of(document_pdf(document))
    for said in ("A | B", "Label: x_y *z*", "# c", "1|2", "<v>", "To do: why?"):
        assert said in found


def test_a_long_document_has_numbered_pages_and_embedded_fonts() -> None:
    pdf = document_pdf(Document("Long", "City", "sr-Cyrl", tuple(Text(f"Ред {number}") for number in range(200))))
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) > 2
    assert "2" in document[1].get_textpage().get_text_range().split()
    assert b"/FontFile2" in pdf
    assert b"sr-Cyrl" in pdf
