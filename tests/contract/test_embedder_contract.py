"""What every embedder must do, whichever model it runs."""

import re
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from custodes.perceive.embed import MATCH_COSINE, aligned, load_embedder, load_locator


@pytest.fixture(params=["default"])
def embedder(request):
    return load_embedder()


@pytest.fixture(scope="module")
def noise():
    """Three different faces' worth of smooth noise."""
    small = np.random.default_rng(7).integers(0, 256, (3, 7, 7, 3), np.uint8)
    return np.array([cv2.resize(one, (112, 112), interpolation=cv2.INTER_CUBIC) for one in small], np.uint8)


def test_it_says_what_it_is(embedder):
    assert embedder.name
    assert re.fullmatch("[0-9a-f]{64}", embedder.model)


def test_embeddings_are_128_numbers_of_length_one(embedder, noise):
    found = embedder.embed(noise)
    assert (found.dtype, found.shape) == (np.float32, (3, 128))
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(3), abs=1e-5)


def test_no_faces_give_no_embeddings(embedder):
    found = embedder.embed(np.empty((0, 112, 112, 3), np.uint8))
    assert (found.dtype, found.shape) == (np.float32, (0, 128))
    assert embedder.computed == 0


def test_each_face_is_embedded_by_itself_and_the_same_each_time(embedder, noise):
    together = embedder.embed(noise)
    alone = np.concatenate([embedder.embed(noise[i : i + 1]) for i in range(3)])
    assert np.allclose(together, alone, atol=1e-6)
    assert (together @ together.T)[np.triu_indices(3, 1)].max() < 0.999


def test_every_embedding_is_counted_in_all_threads(embedder, noise):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(embedder.embed, [noise] * 8))
    assert embedder.computed == 24
    assert all(np.allclose(one, found[0], atol=1e-6) for one in found)


def test_a_view_will_do_and_is_left_alone(embedder, noise):
    mirrored = noise[:, :, ::-1]
    before = mirrored.copy()
    assert np.allclose(embedder.embed(mirrored), embedder.embed(before), atol=1e-6)
    assert (mirrored == before).all()


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((1, 112, 112, 3), np.float32),
        np.zeros((112, 112, 3), np.uint8),
        np.zeros((1, 96, 112, 3), np.uint8),
        np.zeros((1, 112, 112, 1), np.uint8),
    ],
    ids=["float", "one face without its axis", "another size", "grey"],
)
def test_what_is_no_stack_of_aligned_faces_is_refused_and_not_counted(embedder, wrong):
    with pytest.raises(ValueError, match="aligned faces are uint8"):
        embedder.embed(wrong)
    assert embedder.computed == 0


@pytest.mark.needs_fixtures
def test_one_persons_faces_are_nearer_than_two_persons(embedder, fixtures):
    locator = load_locator()
    faces = []
    for person in range(1, 11):
        for number in (1, 2):
            bgr = cv2.imread(str(fixtures / f"faces_orl/s{person}/{number}.pgm"))
            faces.append(aligned(bgr, locator.locate(bgr).points[0]))
    cosine = (embedded := embedder.embed(np.array(faces))) @ embedded.T
    mates = np.array([cosine[i, i + 1] for i in range(0, 20, 2)])
    others = np.array([cosine[i, j] for i in range(20) for j in range(20) if i // 2 != j // 2])
    assert (mates > MATCH_COSINE).sum() >= 9
    assert (others > MATCH_COSINE).mean() < 0.01
