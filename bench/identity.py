"""What a search of 10,000 enrolled people costs: CPU milliseconds, and its error rates on synthetic faces.

python -m bench --only "identity: search of 10,000"
"""

import os
import tempfile
import time
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from custodes.charter import Answers, Charter, Charters, RecognitionMode, render
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S
from custodes.identity import Gallery, NotRecognised, Recognised, Template, TemplateSafe, draft
from custodes.identity.consent import new_subject
from custodes.identity.sealing import Held

PEOPLE = 10_000
PROBES = 300
"""Of those enrolled, and as many of others."""
THRESHOLD = 0.45
MODEL = "0" * 64
DOOR = CameraId("door")
NOW_NS = 1_800_000_000 * NS_PER_S
_WORKPLACE = Answers(
    camera=DOOR,
    controller="Example Works",
    contact="privacy@example.org",
    place="Mill Street 5",
    view="The door from inside the lobby, and nothing beyond it.",
    baseline="Badges are lent and lost about once a week.",
    adopted=date(2027, 1, 1),
    dpia_reference="DPIA 7/2026",
    dpia_sha256="ab" * 32,
    dpia_configuration="cd" * 32,
)
CHARTER: dict[str, Any] = {
    **tomllib.loads(render("workplace-door", _WORKPLACE)),
    "recognition": {
        "modes": ["identify"],
        "alternative": "A badge from the reception opens the door too.",
        "capability": {
            "model": MODEL,
            "threshold": THRESHOLD,
            "measured": "Nothing was measured: the faces are numbers of nobody.",
            "gallery": PEOPLE,
            **dict.fromkeys(("non_mated", "mated", "non_mated_searches", "mated_searches"), 1),
            **dict.fromkeys(("false_matches", "false_non_matches", "false_positives", "false_negatives"), 0),
        },
    },
}


class _Noon:
    """A clock that stands."""

    def utc_ns(self) -> int:
        return NOW_NS

    def monotonic_s(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def ours(_clip: Path) -> dict[str, float]:
    """Search for people who are enrolled and for strangers, among 10,000 templates of a charter's gallery."""
    charters = Charters({DOOR: Charter.model_validate(CHARTER)})
    enrolled, strangers = _faces(0, PEOPLE), _faces(1, PROBES)
    with tempfile.TemporaryDirectory() as name:
        safe = TemplateSafe.open(Path(name) / "data", Path(name) / "keys")
        consent = draft(
            charters,
            [DOOR],
            [RecognitionMode.IDENTIFY],
            given_ns=NOW_NS,
            expires_ns=NOW_NS + NS_PER_S * 86_400,
            minor=False,
        )
        for one in enrolled[:, 0]:
            subject = new_subject()
            safe.make_key(subject)
            safe.put(Held.of(subject, consent, MODEL, safe.rotated(Template(one))), None)
        gallery = Gallery(safe, charters, clock=_Noon(), model=MODEL, threshold=THRESHOLD)
        opening_s = _cpu_s(lambda: gallery.search(Template(strangers[0, 1]), DOOR))
        known = [Template(one) for one in enrolled[:PROBES, 1]]
        others = [Template(one) for one in strangers[:, 1]]
        outcomes = []
        before = time.process_time()
        for probe in known + others:
            outcomes.append(gallery.search(probe, DOOR))  # noqa: PERF401  timed as it is used
        search_ms = 1e3 * (time.process_time() - before) / len(outcomes)
        safe.close()
    return {
        "search_cpu_ms": search_ms,
        "opening_cpu_s": opening_s,
        "fnir": sum(not isinstance(one, Recognised) for one in outcomes[:PROBES]) / PROBES,
        "fpir": sum(not isinstance(one, NotRecognised) for one in outcomes[PROBES:]) / PROBES,
    }


def _faces(seed: int, count: int) -> npt.NDArray[np.float32]:
    """Return two synthetic templates of each of `count` people, at a cosine of about .7: (count, 2, 128)."""
    rng = np.random.default_rng(seed)
    own, noise = rng.normal(size=(count, 1, 128)), rng.normal(size=(count, 2, 128)) * 0.65
    vectors = own + noise
    return (vectors / np.linalg.norm(vectors, axis=2, keepdims=True)).astype(np.float32)


def _cpu_s(act: Any) -> float:
    before = time.process_time()
    act()
    return time.process_time() - before


if __name__ == "__main__":
    print(ours(Path(os.devnull)))
