"""Photos at the desk: judging makes no embedding, and what was read is overwritten."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from custodes.app import face_photos
from custodes.app.face_photos import FacePhotos
from custodes.charter import RecognitionMode
from custodes.domain.time import SystemClock
from custodes.identity import DataSubject
from custodes.identity.attempts import Result
from custodes.perceive.embed import MATCH_COSINE, Embedder, assess, load_embedder, load_locator, load_photo
from sim.enrolling import opened

pytestmark = pytest.mark.needs_fixtures


class Remembering:
    """An embedder that remembers the arrays that it was given and gave."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.model = embedder.model
        self.arrays: list[npt.NDArray[np.generic]] = []

    def embed(self, aligned: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        found = self.embedder.embed(aligned)
        assert aligned.any()
        assert found.any()
        self.arrays += [aligned, found]
        return found


def embedded(photo: bytes) -> npt.NDArray[np.float32]:
    bgr = load_photo(photo)
    face = assess(bgr, load_locator(thorough=True).locate(bgr)).face
    assert face is not None
    return load_embedder().embed(face[None])[0].copy()


@pytest.fixture
def photos(fixtures: Path) -> list[bytes]:
    return [(fixtures / f"faces_orl/s1/{number}.pgm").read_bytes() for number in (1, 3, 5)]


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> Remembering:
    made = Remembering(load_embedder())
    monkeypatch.setattr(face_photos, "load_embedder", lambda: made)
    return made


@pytest.fixture
def reader(embedder: Remembering) -> FacePhotos:
    return FacePhotos()


def test_judging_a_photo_embeds_nothing(reader: FacePhotos, embedder: Remembering, photos: list[bytes]) -> None:
    assert all(reader.look(photo).good for photo in photos)
    assert reader.look(b"no photo").flaws == (Result.UNREADABLE,)
    assert embedder.arrays == []


def test_bad_photos_are_not_embedded(reader: FacePhotos, embedder: Remembering, photos: list[bytes]) -> None:
    assert reader.take([*photos[:2], b"no photo"], MATCH_COSINE).failure is Result.UNREADABLE
    assert embedder.arrays == []


def test_the_same_picture_again_is_no_further_photo(
    reader: FacePhotos, embedder: Remembering, photos: list[bytes]
) -> None:
    saved = io.BytesIO()
    Image.open(io.BytesIO(photos[0])).save(saved, "JPEG", quality=50)
    taken = reader.take([photos[0], photos[1], photos[0], saved.getvalue()], MATCH_COSINE)
    assert (taken.template, taken.failure) == (None, Result.REPEATED)
    assert [look.flaws for look in taken.looks] == [(), (), (Result.REPEATED,), (Result.REPEATED,)]
    assert "same picture as photo 1" in taken.looks[3].advice[0]
    assert embedder.arrays == []


def test_what_was_read_is_overwritten(
    reader: FacePhotos, embedder: Remembering, photos: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[npt.NDArray[np.uint8]] = []

    def remembered(photo: bytes) -> npt.NDArray[np.uint8]:
        bgr = load_photo(photo)
        assert bgr.any()
        read.append(bgr)
        return bgr

    monkeypatch.setattr(face_photos, "load_photo", remembered)
    for threshold, failure in ((MATCH_COSINE, None), (0.999, Result.DIFFERENT_PEOPLE)):
        taken = reader.take(photos, threshold)
        assert taken.failure is failure
        assert (taken.template is None) == (failure is not None)
    assert len(read) == 6
    arrays = [*read, *embedder.arrays]
    assert [array for array in arrays if array.any()] == []


def test_the_template_is_the_mean_of_the_photos_and_overwritten_once_it_is_sealed(
    reader: FacePhotos, photos: list[bytes], tmp_path: Path
) -> None:
    mean = np.sum([embedded(photo) for photo in photos], axis=0)
    taken = reader.take([photos[0], *photos], MATCH_COSINE)
    assert [look.good for look in taken.looks] == [True, False, True, True]
    assert taken.template is not None
    assert taken.template.vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)

    class Same:
        model = reader.model
        look = reader.look

        def take(self, _photos: object, _threshold: float) -> object:
            return taken

    with opened(tmp_path, SystemClock(), [], Same()) as desk:
        consent = desk.draft(["gate"], [RecognitionMode.VERIFY], days=9, minor=False, guardian="", language="en")
        desk.enrol(DataSubject(name="Ana", contact="ana@example.org"), consent, photos)
    assert not taken.template.vector.any()
