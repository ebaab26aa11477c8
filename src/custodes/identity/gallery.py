"""Identification, one to all who agreed to it, and verification, one to the one template that a pass opens.

Templates are decrypted in memory only. Before each search the gallery sees whether any key or template has changed, so
a withdrawal holds from the next search on, whichever process made it.
"""

import threading
from typing import Final

import numpy as np
import numpy.typing as npt

from custodes.charter import Charters, Recognise, RecognitionMode
from custodes.domain.errors import PolicyDenied, StoreError
from custodes.domain.events import CameraId
from custodes.domain.time import Clock
from custodes.identity.outcome import Abstained, NotRecognised, Outcome, Reason, Recognised
from custodes.identity.passes import Pass
from custodes.identity.safe import State, TemplateSafe
from custodes.identity.sealing import Held
from custodes.identity.template import DIMENSIONS, Template, Vector

_NO_MATCH: Final = -2.0
"""Below every cosine."""


class Gallery:
    """Compares probes with all templates that may be searched at a camera. Threads may share it.

    Args:
        safe: Templates and keys.
        charters: What cameras may do.
        clock: Wall time.
        model: SHA-256 of the model that makes the probes, hexadecimal; templates of other models are left out.
        threshold: Least comparison score of a match, a cosine.
    """

    def __init__(self, safe: TemplateSafe, charters: Charters, *, clock: Clock, model: str, threshold: float) -> None:
        self._safe = safe
        self._charters = charters
        self._clock = clock
        self._model = model
        self._threshold = threshold
        self._lock = threading.Lock()
        self._state: State | None = None
        self._rows = _Rows()

    def search(self, probe: Template, camera: CameraId) -> Outcome:
        """Return who of those who agreed to it at `camera` the probe is of.

        Args:
            probe: Template of somebody who presents themselves at the recognition point.
            camera: Where.

        Raises:
            PolicyDenied: The charter of `camera` does not name identification.
        """
        now_ns = self._clock.utc_ns()
        _check_allowed(self._charters, Recognise(camera, RecognitionMode.IDENTIFY, self._model), now_ns)
        with self._lock:
            return self._unready(camera, now_ns) or self._compared(probe, self._rows.may_match(camera, now_ns))

    def refusal(self, camera: CameraId) -> Abstained | None:
        """Return why a search at `camera` can come to nothing, so that no probe need be made; None where it may.

        Raises:
            PolicyDenied: As `search`.
        """
        now_ns = self._clock.utc_ns()
        _check_allowed(self._charters, Recognise(camera, RecognitionMode.IDENTIFY, self._model), now_ns)
        with self._lock:
            return self._unready(camera, now_ns)

    def close(self) -> None:
        """Overwrite the templates that are open; the next search opens them anew."""
        with self._lock:
            self._let_go()

    def __len__(self) -> int:
        """Templates that were open at the last search."""
        return len(self._rows.subjects)

    def __repr__(self) -> str:
        return f"Gallery({len(self)} templates)"

    def _let_go(self) -> None:
        self._rows.wipe()
        self._rows, self._state = _Rows(), None

    def _refresh(self) -> None:
        """Close what does not count any more, and open what is new."""
        state = self._safe.state()
        if state == self._state:
            return
        versions = self._safe.versions()
        kept = [row for row, subject in enumerate(self._rows.subjects)
                if versions.get(subject) == self._rows.versions[row]]  # fmt: skip
        new = set(versions) - {self._rows.subjects[row] for row in kept}
        opened = [held for held in self._safe.opened(new) if held.model == self._model]
        before, self._rows = self._rows, self._rows.changed(kept, opened, versions)
        before.wipe()
        self._state = state

    def _unready(self, camera: CameraId, now_ns: int) -> Abstained | None:
        try:
            self._refresh()
        except StoreError:
            self._let_go()
            return Abstained(Reason.UNREADABLE)
        return None if self._rows.may_match(camera, now_ns).any() else Abstained(Reason.NOBODY)

    def _compared(self, probe: Template, may_match: npt.NDArray[np.bool_]) -> Outcome:
        rotated = self._safe.rotated(probe)
        scores = np.where(may_match, self._rows.matrix @ rotated, _NO_MATCH)
        alike = np.flatnonzero(scores >= self._threshold)
        try:
            if not alike.size:
                return NotRecognised()
            if alike.size > 1:
                return Abstained(Reason.TOO_ALIKE)
            return Recognised(self._rows.subjects[alike[0]], float(scores[alike[0]]))
        finally:
            rotated.fill(0)
            scores.fill(0)


class Verifier:
    """Compares a probe with the one template that a pass opens, and forgets both. Threads may share it.

    Args:
        safe: Templates and keys.
        charters: What cameras may do.
        clock: Wall time.
        model: SHA-256 of the model that makes the probes, hexadecimal.
        threshold: Least comparison score of a match, a cosine.
    """

    def __init__(self, safe: TemplateSafe, charters: Charters, *, clock: Clock, model: str, threshold: float) -> None:
        self._safe = safe
        self._charters = charters
        self._clock = clock
        self._model = model
        self._threshold = threshold

    def verify(self, shown: Pass, probe: Template, camera: CameraId) -> Outcome:
        """Return whether the probe is of the person whose pass was shown at `camera`.

        Args:
            shown: The pass.
            probe: Template of whoever shows it.
            camera: Where.

        Raises:
            PolicyDenied: The charter of `camera` does not name verification.
        """
        held = self._behind(shown, camera)
        if isinstance(held, Abstained):
            return held
        rotated = self._safe.rotated(probe)
        score = float(held.rotated @ rotated)
        rotated.fill(0)
        return Recognised(held.subject, score) if score >= self._threshold else NotRecognised()

    def refusal(self, shown: Pass, camera: CameraId) -> Abstained | None:
        """Return why the pass is worth nothing at `camera`, so that no probe need be made; None where it may be.

        Raises:
            PolicyDenied: As `verify`.
        """
        held = self._behind(shown, camera)
        return held if isinstance(held, Abstained) else None

    def _behind(self, shown: Pass, camera: CameraId) -> Held | Abstained:
        now_ns = self._clock.utc_ns()
        _check_allowed(self._charters, Recognise(camera, RecognitionMode.VERIFY, self._model), now_ns)
        try:
            held = self._safe.behind(shown)
        except StoreError:
            return Abstained(Reason.UNREADABLE)
        if held is None or held.model != self._model or not held.allows(camera, RecognitionMode.VERIFY, now_ns):
            return Abstained(Reason.INVALID)
        return held


class _Rows:
    """Open templates, a row each, and what their people agreed to."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.versions: list[int] = []
        self.cameras: list[tuple[str, ...]] = []
        self.expires_ns: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self.matrix: Vector = np.empty((0, DIMENSIONS), np.float32)
        self._at: dict[str, npt.NDArray[np.bool_]] = {}

    def changed(self, kept: list[int], opened: list[Held], versions: dict[str, int]) -> "_Rows":
        """Return the rows `kept` of these, and those of `opened`."""
        rows = _Rows()
        rows.subjects = [self.subjects[row] for row in kept] + [held.subject for held in opened]
        rows.versions = [versions[subject] for subject in rows.subjects]
        rows.cameras = [self.cameras[row] for row in kept] + [held.cameras for held in opened]
        ends = np.array([held.expires for held in opened], np.int64)
        rows.expires_ns = np.concatenate([self.expires_ns[kept], ends])
        new = np.array([held.rotated for held in opened], np.float32).reshape(-1, DIMENSIONS)
        rows.matrix = np.concatenate([self.matrix[kept], new])
        return rows

    def may_match(self, camera: str, now_ns: int) -> npt.NDArray[np.bool_]:
        """Return for each row whether its person agreed to be searched at `camera`, still at `now_ns`."""
        if camera not in self._at:
            self._at[camera] = np.array([camera in cameras for cameras in self.cameras], bool)
        return self._at[camera] & (self.expires_ns > now_ns)

    def wipe(self) -> None:
        """Overwrite the templates."""
        self.matrix.fill(0)


def _check_allowed(charters: Charters, request: Recognise, now_ns: int) -> None:
    decision = charters.decide(request, now_ns)
    if not decision.allowed:
        raise PolicyDenied(
            f"Nobody may be recognised at {request.camera}", why=f"{decision.reason} ({decision.clause})"
        )
