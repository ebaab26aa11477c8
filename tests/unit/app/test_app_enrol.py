"""`custodes subject enrol`: from photos of real faces to a receipt, a pass, and being recognised."""

import io
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from offices import GATE, Office, charters
from PIL import Image, ImageOps

from custodes.app.server_identity import opened_identity
from custodes.domain.errors import ConfigError
from custodes.domain.time import SystemClock
from custodes.identity import Enrolled, Gallery, NotRecognised, Outcome, Pass, Recognised, Template, Verifier
from custodes.identity.attempts import Attempts, Result
from custodes.perceive.embed import MATCH_COSINE, Flaw, aligned, load_embedder, load_locator, load_photo
from custodes.perceive.models import model_table
from sim.codes import read_code, read_png
from sim.heic import heic

pytestmark = pytest.mark.needs_fixtures

PERSON, OTHER = 1, 2
CHARTERS = charters(next(row.digest for row in model_table() if row.recognises))
Save = Callable[[Image.Image, Path], None]


def portrait(fixtures: Path, number: int, person: int = PERSON) -> Image.Image:
    """Return a photo of a person, twice as large as it is and on grey, as a camera at a desk would take it."""
    photo = Image.open(fixtures / f"faces_orl/s{person}/{number}.pgm").convert("RGB")
    return ImageOps.expand(photo.resize((184, 224)), 40, (128, 128, 128))


class Desk:
    """Somebody at the desk, with photos in a folder."""

    def __init__(self, office: Office, folder: Path, fixtures: Path) -> None:
        self.office = office
        self.folder = folder / "photos"
        self.folder.mkdir()
        self.home = folder / "home"
        self.fixtures = fixtures
        office.adopt(CHARTERS)

    def photos(self, *numbers: int, person: int = PERSON) -> list[Path]:
        paths = [self.folder / f"{person}-{number}.png" for number in numbers]
        for number, path in zip(numbers, paths, strict=True):
            portrait(self.fixtures, number, person).save(path)
        return paths

    def enrol(self, photos: list[Path], *more: str, mode: str = "verify") -> tuple[int, str]:
        named = [word for path in photos for word in ("--photo", str(path))]
        fixed = ("--camera", GATE, "--mode", mode, "--name", "Ana Anić", "--contact", "ana@example.org", "--agreed")
        return self.office.subject("enrol", *named, *fixed, "--out", str(self.home), *more)

    def shown(self) -> Pass:
        return Pass.parse(read_png((self.home / "pass.png").read_bytes()))

    def compared(self, number: int, person: int = PERSON, shown: Pass | None = None) -> Outcome:
        """Compare another photo, as a recognition point would."""
        file = io.BytesIO()
        portrait(self.fixtures, number, person).save(file, "PNG")
        bgr, embedder = load_photo(file.getvalue()), load_embedder()
        face = aligned(bgr, load_locator().locate(bgr).points[0])
        probe = Template(np.asarray(embedder.embed(face[None])[0], np.float32))
        how: dict[str, Any] = {"clock": SystemClock(), "model": embedder.model, "threshold": MATCH_COSINE}
        with opened_identity(self.office.settings, CHARTERS, SystemClock(), print) as held:
            if shown is None:
                return Gallery(held.safe, CHARTERS, **how).search(probe, GATE)
            return Verifier(held.safe, CHARTERS, **how).verify(shown, probe, GATE)

    def times(self, camera: str = "") -> dict[str, int]:
        with closing(Attempts.open(self.office.folders.identities)) as attempts:
            return {result.value: times for result, times in attempts.at(camera).times.items()}


@pytest.fixture
def desk(office: Office, tmp_path: Path, fixtures: Path) -> Desk:
    return Desk(office, tmp_path, fixtures)


def test_who_enrolled_is_verified_by_another_photo_until_the_withdrawal(desk: Desk) -> None:
    photos = desk.photos(1, 3, 5)
    code, told = desk.enrol(photos)
    assert code == 0, told
    for part in ("You agree that your face", "Example Campus", "A badge from the reception", "The photos are deleted"):
        assert part in told
    assert [path for path in photos if path.exists()] == []
    assert desk.home.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in desk.home.iterdir()} == dict.fromkeys(
        ("receipt.txt", "pass.png", "enrolment.pdf"), 0o600
    )
    shown = desk.shown()
    assert shown.text() not in told
    found = desk.compared(7, shown=shown)
    assert isinstance(found, Recognised)
    assert found.subject in (desk.home / "receipt.txt").read_text(encoding="utf-8")
    assert desk.compared(7, OTHER, shown) == NotRecognised()
    assert desk.office.subject("erase", found.subject)[0] == 0
    assert not isinstance(desk.compared(7, shown=shown), Recognised)
    assert [kind for kind, _ in desk.office.owed()] == ["enrolment.made", "enrolment.withdrawn", "erasure.request"]
    assert "Ana" not in json.dumps(desk.office.owed(), ensure_ascii=False)


def test_who_agreed_to_it_is_found_among_others_and_nobody_is_enrolled_twice(desk: Desk, tmp_path: Path) -> None:
    assert desk.enrol(desk.photos(1, 3, 5), mode="identify")[0] == 0
    assert sorted(path.name for path in desk.home.iterdir()) == ["enrolment.pdf", "receipt.txt"]
    desk.home = tmp_path / "other"
    assert desk.enrol(desk.photos(1, 3, 5, person=OTHER), mode="identify")[0] == 0
    ana, eva = desk.compared(7), desk.compared(7, OTHER)
    assert isinstance(ana, Recognised)
    assert isinstance(eva, Recognised)
    assert ana.subject != eva.subject
    assert desk.compared(7, 3) == NotRecognised()

    desk.home = tmp_path / "again"
    again = desk.photos(2, 4, 6)
    code, told = desk.enrol(again, mode="identify")
    assert (code, "too alike" in told, "end the enrolment there is first" in told) == (2, True, True)
    assert all(path.exists() for path in again)
    assert not desk.home.exists()
    assert desk.times() == desk.times(GATE) == {"enrolled": 2, "too_alike": 1}
    desk.office.subject("erase", ana.subject)
    assert desk.compared(7) == NotRecognised()
    assert desk.enrol(again, mode="identify")[0] == 0


def test_the_page_to_print_has_pass_and_receipt_and_no_name(desk: Desk) -> None:
    assert desk.enrol(desk.photos(1, 3, 5), "--language", "sr-Cyrl")[0] == 0
    document = pypdfium2.PdfDocument(desk.home / "enrolment.pdf")
    text = document[0].get_textpage().get_text_range()
    receipt = (desk.home / "receipt.txt").read_text(encoding="utf-8")
    for part in ("Уписани сте", "Ваша пропусница", receipt.split("\n")[2], "Example Campus"):
        assert part in text
    assert "Ana" not in text + receipt
    page = document[0].render(scale=3).to_numpy()
    assert read_code(page[: len(page) // 2]) == desk.shown().text()


def _jpeg_turned(image: Image.Image, path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image.transpose(Image.Transpose.ROTATE_90).save(path, "JPEG", exif=exif, quality=95)


def _alpha(image: Image.Image, path: Path) -> None:
    image.putalpha(255)
    image.save(path, "PNG")


def _twenty_megapixels(image: Image.Image, path: Path) -> None:
    ImageOps.pad(image.resize((image.width * 14, image.height * 14)), (5000, 4256)).save(path, "JPEG")


KINDS: dict[str, Save] = {
    "turned.jpg": _jpeg_turned,
    "alpha.png": _alpha,
    "grey.png": lambda image, path: image.convert("L").save(path),
    "large.jpg": _twenty_megapixels,
    "phone.heic": lambda image, path: path.write_bytes(heic(np.asarray(image))) and None,
}


def test_photos_of_every_kind_will_do(desk: Desk) -> None:
    photos = [desk.folder / name for name in KINDS]
    for (name, save), number in zip(KINDS.items(), (1, 2, 3, 5, 7), strict=True):
        save(portrait(desk.fixtures, number), desk.folder / name)
    code, told = desk.enrol(photos)
    assert code == 0, told
    assert isinstance(desk.compared(9, shown=desk.shown()), Recognised)


def _two(image: Image.Image, path: Path) -> None:
    both = Image.new("RGB", (2 * image.width, image.height))
    both.paste(image, (0, 0))
    both.paste(ImageOps.mirror(image), (image.width, 0))
    both.save(path)


def _cut_short(image: Image.Image, path: Path) -> None:
    image.save(path, "JPEG")
    path.write_bytes(path.read_bytes()[:900])


BAD: dict[str, tuple[Save, str, Result]] = {
    "nobody.png": (lambda _, path: Image.new("RGB", (184, 224), "grey").save(path), "no face was", Result.NO_FACE),
    "two.png": (_two, "there are several faces", Result.SEVERAL_FACES),
    "corrupt.jpg": (_cut_short, "is damaged", Result.UNREADABLE),
    "words.jpg": (lambda _, path: path.write_text("no picture") and None, "no picture of a kind", Result.UNREADABLE),
    "empty.png": (lambda _, path: path.write_bytes(b"") and None, "is empty", Result.UNREADABLE),
    "small.png": (lambda image, path: image.resize((66, 76)).save(path), "come closer", Result.TOO_SMALL),
    "dark.png": (lambda image, path: image.point(lambda one: one // 6).save(path), "face the light", Result.TOO_DARK),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_photo_is_named_with_what_to_change(desk: Desk, name: str) -> None:
    save, advice, result = BAD[name]
    save(portrait(desk.fixtures, 1), desk.folder / name)
    photos = [*desk.photos(1, 3), desk.folder / name]
    code, told = desk.enrol(photos)
    assert code == 2
    assert f"{name}: " in told
    assert advice in told
    assert "2 of 3 photos will do, and it takes 3" in told
    assert "Traceback" not in told
    assert all(path.exists() for path in photos)
    assert not desk.home.exists()
    assert desk.times() == {result.value: 1}
    assert desk.office.owed() == []
    assert desk.enrol([*photos, *desk.photos(5)])[0] == 0  # with one more the others are enough
    assert desk.times() == {result.value: 1, "enrolled": 1}
    _, told = desk.office.subject("stats")
    assert "0.5000" in told


def test_one_photo_given_three_times_is_one_photo(desk: Desk) -> None:
    [photo] = desk.photos(1)
    code, told = desk.enrol([photo] * 3)
    assert (code, "same picture as photo 1" in told, "1 of 3 photos will do, and it takes 3" in told) == (2, True, True)
    assert photo.exists()
    assert desk.times() == {"repeated": 1}
    code, told = desk.enrol([photo, photo, *desk.photos(3, 5)])
    assert code == 0, told


def test_photos_of_different_people_are_refused(desk: Desk) -> None:
    code, told = desk.enrol([*desk.photos(1, 3), *desk.photos(1, person=OTHER)])
    assert (code, "photo 3 is least like the others" in told) == (2, True)
    assert desk.times() == {"different_people": 1}


def test_nobody_is_enrolled_without_agreeing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = desk.photos(1, 3, 5)
    named = [word for path in photos for word in ("--photo", str(path))]
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    code, told = desk.office.subject("enrol", *named, "--camera", GATE, "--out", str(desk.home))
    assert (code, "You do not have to agree" in told, "Nobody is enrolled" in told) == (1, True, True)
    assert all(path.exists() for path in photos)
    assert (desk.office.owed(), desk.times(), desk.home.exists()) == ([], {}, False)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--minor",), "a minor needs the consent of a guardian"),
        (("--guardian", "A parent"), "nobody else consents for an adult"),
        (("--camera", "roof"), "Nobody may be recognised at roof"),
        (("--language", "xx"), "there is no language xx"),
        (("--name", "two\nlines"), "one line each"),
    ],
)
def test_what_cannot_be_agreed_to_is_refused_before_any_photo(desk: Desk, more: tuple[str, ...], why: str) -> None:
    (desk.folder / "never-looked-at.jpg").touch()
    code, told = desk.enrol([desk.folder / "never-looked-at.jpg"] * 3, *more)
    assert (code, why in told, "is empty" in told) == (2, True, False), told


def test_a_guardian_enrols_a_minor(desk: Desk) -> None:
    code, told = desk.enrol(desk.photos(1, 3, 5), "--minor", "--guardian", "A parent, file 3")
    assert (code, "You agree as guardian (A parent, file 3)" in told) == (0, True)


def test_too_few_or_missing_photos_and_folders_that_exist_are_refused(desk: Desk) -> None:
    photos = desk.photos(1, 3, 5)
    none = desk.folder / "none.jpg"
    for paths, why in (
        (photos[:2], "2 photos were given"),
        (photos * 3, "9 photos were given"),
        ([*photos[:2], none], "3 photos were given, of which 2 can be read"),
        ([*photos[:2], desk.folder], "It is a folder: name the photos in it."),
    ):
        code, told = desk.enrol(paths)
        assert (code, why in told, "You agree" in told) == (2, True, False), told
        assert not desk.home.exists()
    desk.home.mkdir()
    code, told = desk.enrol(photos)
    assert (code, "cannot be made" in told) == (2, True)
    assert all(path.exists() for path in photos)
    assert desk.times() == {}


def test_what_cannot_be_read_is_named_and_the_others_are_taken(desk: Desk) -> None:
    folder = desk.folder / "more"
    folder.mkdir()
    code, told = desk.enrol([folder, *desk.photos(1, 3), desk.folder / "none.jpg", *desk.photos(5)])
    assert code == 0, told
    assert "more: It is a folder" in told
    assert "none.jpg: It cannot be read (No such file or directory)." in told
    assert list(desk.folder.iterdir()) == [folder]


def test_nobody_enrols_where_nobody_could_be_recognised(desk: Desk) -> None:
    desk.office.adopt(charters("6e" * 32))
    photos = desk.photos(1, 3, 5)
    code, told = desk.enrol(photos)
    assert (code, "the charter's error rates are those of another model" in told) == (2, True)
    assert all(path.exists() for path in photos)
    assert (desk.office.owed(), desk.times()) == ([], {})


def test_whoever_gets_no_pass_is_not_enrolled(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, _data: bytes) -> None:
        raise ConfigError(f"{path} cannot be written", why="the disk is full")

    photos = desk.photos(1, 3, 5)
    with monkeypatch.context() as patched:
        patched.setattr("custodes.app.commands.enrol.write_new", full)
        code, told = desk.enrol(photos)
    assert (code, "the disk is full" in told) == (2, True)
    assert "Ana" not in desk.office.subject("list")[1]
    assert all(path.exists() for path in photos)

    def broken(_enrolled: Enrolled) -> bytes:
        raise RuntimeError

    desk.home = desk.home.with_name("later")
    monkeypatch.setattr("custodes.app.enrolment_desk.enrolment_pdf", broken)
    with pytest.raises(RuntimeError):
        desk.enrol(photos)
    assert "Ana" not in desk.office.subject("list")[1]
    assert desk.times() == {"enrolled": 1}


def test_a_link_and_what_it_leads_to_are_deleted(desk: Desk) -> None:
    photos = desk.photos(1, 3, 5)
    link = desk.folder / "link.png"
    link.symlink_to(photos[0])
    assert desk.enrol([link, *photos[1:]])[0] == 0
    assert list(desk.folder.iterdir()) == []


def test_every_flaw_of_a_photo_is_a_failure_to_enrol() -> None:
    assert {flaw.value for flaw in Flaw} < {result.value for result in Result}
