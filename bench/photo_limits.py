"""How bad a photo may be: the measurement behind the limits of `custodes.perceive.embed.quality`.

python -m bench.photo_limits

The 400 pictures of the ORL faces are made worse step by step. For each step: pictures in which no face is found, share
of mated pairs below the default threshold (both pictures made worse, failures counted), and share of pictures that
each limit refuses.
"""

from collections import Counter
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.faces import PICTURES
from custodes.perceive.embed import MATCH_COSINE, assess, load_embedder, load_locator, load_photo

Picture = NDArray[np.uint8]


def blurred(sigma: float) -> Callable[[Picture], Picture]:
    """Return what blurs with a Gaussian of `sigma` pixels; faces are about 93 pixels tall."""
    return lambda bgr: np.asarray(cv2.GaussianBlur(bgr, (0, 0), sigma), np.uint8)


def lit(gain: float) -> Callable[[Picture], Picture]:
    """Return what multiplies brightness by `gain`, with noise of two grey levels."""
    random = np.random.default_rng(1)

    def change(bgr: Picture) -> Picture:
        noisy = bgr[..., :1] * gain + random.normal(0, 2, (*bgr.shape[:2], 1))
        return np.clip(noisy, 0, 255).astype(np.uint8).repeat(3, 2)

    return change


def scaled(factor: float) -> Callable[[Picture], Picture]:
    """Return what makes pictures smaller."""
    return lambda bgr: np.asarray(cv2.resize(bgr, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


STEPS: dict[str, Callable[[Picture], Picture]] = {
    "as it is": lambda bgr: bgr,
    **{f"blur {sigma} px": blurred(sigma) for sigma in (0.7, 1.0, 1.5, 2.0, 2.5, 3.0)},
    **{f"light x{gain}": lit(gain) for gain in (0.5, 0.3, 0.2, 0.12, 0.08, 1.5, 1.75, 2.0, 2.5)},
    **{f"size x{factor}": scaled(factor) for factor in (0.7, 0.6, 0.5, 0.4, 0.3)},
}


def main() -> None:
    """Print one row a step, as Markdown."""
    locator, embedder = load_locator(), load_embedder()
    paths = sorted(PICTURES.glob("s*/*.pgm"))
    person = np.array([path.parent.name for path in paths])
    mated = (person[:, None] == person[None]) & ~np.eye(len(person), dtype=bool)
    print("| pictures | no face | FNMR | refused for |")
    print("|---|---|---|---|")
    for name, change in STEPS.items():
        rows = np.zeros((len(paths), 128), np.float32)
        told: Counter[str] = Counter()
        for number, path in enumerate(paths):
            bgr = change(load_photo(path))
            result = assess(bgr, locator.locate(bgr))
            told.update(result.flaws)
            if result.face is not None:
                rows[number] = embedder.embed(result.face[None])[0]
        missed = (rows @ rows.T)[mated] < MATCH_COSINE
        refused = ", ".join(f"{flaw} {count / len(paths):.2f}" for flaw, count in told.items() if flaw != "no_face")
        print(f"| {name} | {told['no_face']} | {missed.mean():.4f} | {refused} |", flush=True)


if __name__ == "__main__":
    main()
