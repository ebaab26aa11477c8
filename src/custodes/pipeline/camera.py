"""One camera of a worker: capture, analysis and emission, each on a thread of its own."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from custodes.capture import LONGEST_REST_S, Gap, Reconnector, StreamInfo, open_source
from custodes.capture.pace import Pace
from custodes.capture.raw import EncodedPacket, RawFrame
from custodes.charter import Charter, Kept
from custodes.domain.cameras import CameraState, CameraStatus
from custodes.domain.errors import CustodesError
from custodes.domain.events import CameraId, Event
from custodes.domain.imagery import RedactedFragment, RedactedFrame
from custodes.domain.time import Clock, to_iso
from custodes.journal import Entry, Kind
from custodes.perceive.tamper import TamperWatch
from custodes.pipeline.analysis import Analyzer, Models, Seen
from custodes.pipeline.calm import Calm
from custodes.pipeline.event_writer import EventWriter
from custodes.pipeline.mailbox import Mailbox
from custodes.pipeline.mandate import Mandate, within
from custodes.pipeline.messages import Message
from custodes.pipeline.reception import Reception
from custodes.pipeline.sealing import entry_of
from custodes.pipeline.settings import CameraSettings
from custodes.pipeline.thumbnails import Thumbnails
from custodes.recognition import Recogniser
from custodes.record import FragmentEncoder, SegmentRecorder
from custodes.record.sealed import SealedRecorder, Vault
from custodes.redact import LookBehind, Redactor
from custodes.store import FileBlobs, Store
from custodes.vault import EpochSealed, PartSealed

log = logging.getLogger(__name__)

_IDLE_S = 0.5
"""Longest wait of a thread with nothing to do, seconds."""
_EMIT_EVERY_S = 0.1
"""Pictures leave the look-behind this often, seconds."""
_COVERED = "the lens seems covered: there is nothing in the picture"
_NO_POINT = "nobody is recognised: templates, keys or models are missing; the log of the worker says which"
_RATE_WINDOW = 50
"""Pictures over which a rate is measured."""


class Rate:
    """How many times a second something has happened lately."""

    def __init__(self) -> None:
        self._times_s: deque[float] = deque(maxlen=_RATE_WINDOW)

    def count(self, now_s: float) -> None:
        """Note that it happened at `now_s`, monotonic seconds."""
        self._times_s.append(now_s)

    def per_s(self, now_s: float) -> float:
        """Return the rate at `now_s`; 0 when it last happened over ten seconds ago."""
        if len(self._times_s) < 2 or now_s - self._times_s[-1] > 10:  # noqa: PLR2004
            return 0.0
        return (len(self._times_s) - 1) / max(now_s - self._times_s[0], 1e-3)


class CameraWorker:
    """Watches one camera until told to stop.

    Args:
        camera: Its id.
        settings: Its settings.
        charter: What it may do.
        models: Shared with the worker's other cameras.
        store: Where events, gaps and the index of recordings go.
        root: Folder of recordings.
        blobs: Where thumbnails go.
        publish: Called from several threads with what the server should know; must not block.
        clock: Wall time and durations.
        vault: Where originals are sealed, None where the charter keeps none.
        recogniser: What makes the recognition point, None where there is none.
    """

    def __init__(
        self,
        camera: CameraId,
        settings: CameraSettings,
        charter: Charter,
        *,
        models: Models,
        store: Store,
        root: Path,
        blobs: FileBlobs,
        publish: Callable[[Message], None],
        clock: Clock,
        vault: Vault | None = None,
        recogniser: Recogniser | None = None,
    ) -> None:
        self.camera = camera
        self._settings = settings = within(settings, charter)
        self._mandate = Mandate(camera, charter, clock)
        self._store = store
        self._blobs = blobs
        self._publish = publish
        self._clock = clock
        self._analyzer = Analyzer(
            camera, settings, models, charter_version=charter.version, classes=self._mandate.classes
        )
        self._redactor = Redactor(settings.redaction)
        self._behind = LookBehind(
            self._analyzer.timeline,
            self._redactor,
            delay_s=settings.redaction.lookbehind_s,
            patience_s=settings.redaction.patience_s,
            max_bytes=settings.redaction.max_waiting_mb << 20,
            live=True,
        )
        self._encoder = FragmentEncoder(camera, settings.recording)
        self._recorder = SegmentRecorder(store, root, camera, settings.recording, clock=clock, on_alert=self._alert)
        self._sealed = (
            SealedRecorder(camera, vault, clock=clock, on_notice=self._note_sealed, on_alert=self._alert_sealing)
            if vault
            else None
        )
        self._reception = (
            Reception(camera, settings.recognition, charter, recogniser, store=store, clock=clock)
            if settings.recognition and recogniser
            else None
        )
        self._thumbnails = Thumbnails()
        self._writer = EventWriter(store, publish)
        self._tamper = TamperWatch()
        self._mailbox = Mailbox()
        self._calm = Calm()
        self._main: Reconnector | None = None
        self._analysis_pace = Pace(settings.analysis.fps)
        self._recording_pace = Pace(settings.recording.fps)
        self._received, self._analysed = Rate(), Rate()
        self._alert_text = self._sealing_alert = ""
        self._status_lock = threading.Lock()
        self._status = CameraStatus(camera, CameraState.CONNECTING, "starting", clock.utc_ns())
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._guard, args=(body,), name=f"{camera}-{body.__name__.strip('_')}", daemon=True)
            for body in self._bodies()
        ]

    def _bodies(self) -> list[Callable[[], None]]:
        capture = (
            [self._capture_both] if self._settings.source.sub_url is None else [self._capture_main, self._capture_sub]
        )
        return [*capture, self._analyse, self._emit]

    def start(self) -> None:
        """Start its threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask its threads to end; `join` waits for them."""
        self._stop.set()
        self._mailbox.close()

    def join(self, timeout_s: float) -> None:
        """Wait up to `timeout_s` for each thread to end."""
        for thread in self._threads:
            thread.join(timeout_s)

    def status(self) -> CameraStatus:
        """Return how the camera is doing now."""
        now_s = self._clock.monotonic_s()
        with self._status_lock:
            status = self._status
        return replace(
            status,
            reason=self._alert_text or self._sealing_alert or self._hindrance() or status.reason,
            fps=round(self._received.per_s(now_s), 1),
            analysed_fps=round(self._analysed.per_s(now_s), 1),
            dropped=self._mailbox.dropped + self._behind.skipped,
            blanked=self._redactor.blanked,
            recording=self._recorder.recording,
            occupancy=dict(self._analyzer.rules.occupancy),
            totals=dict(self._analyzer.rules.totals),
            prompt=self._reception.prompt if self._reception is not None else "",
            answer=self._reception.answer if self._reception is not None else "",
        )

    def _hindrance(self) -> str:
        """Return what keeps a camera that runs from doing all it should, empty where nothing does."""
        if self._tamper.covered:
            return _COVERED
        return _NO_POINT if self._settings.recognition and self._reception is None else ""

    def darken_if_ended(self) -> None:
        """Stop the camera for good once its charter allows nothing any more; the server logs that it ended."""
        why = self._mandate.ended()
        if not why or self._stop.is_set():
            return
        log.error("%s is dark: %s", self.camera, why)
        self.stop()
        self._on_state(CameraState.DARK, why, None)

    def _guard(self, body: Callable[[], None]) -> None:
        """Run `body` again whenever it fails: a camera never gives up, and never silently."""
        while not self._stop.is_set():
            try:
                body()
            except Exception:
                log.exception("%s: %s failed; trying again", self.camera, body.__name__)
                self._stop.wait(1.0)

    # Capture

    def _capture_both(self) -> None:
        for frame in self._frames(sub=False):
            self._to_recording(frame)
            self._to_analysis(frame)

    def _capture_main(self) -> None:
        for frame in self._frames(sub=False):
            self._to_recording(frame)

    def _capture_sub(self) -> None:
        for frame in self._frames(sub=True):
            self._to_analysis(frame)

    def _frames(self, *, sub: bool) -> Iterator[RawFrame]:
        source = self._settings.source
        enough_fps = self._enough_fps(sub=sub)
        on_packet = self._seal if self._sealed is not None and not sub else None
        reconnector = Reconnector(
            lambda: open_source(source, sub=sub, clock=self._clock, enough_fps=enough_fps, on_packet=on_packet),
            on_state=self._ignore if sub else self._on_state,
            stall_after_s=source.stall_after_s,
            clock=self._clock,
        )
        if not sub:
            self._main = reconnector
        try:
            for item in reconnector.frames(self._stop):
                if isinstance(item, Gap):
                    if not sub:
                        self._note_gap(item)
                else:
                    yield item
        finally:
            if self._sealed is not None and not sub:
                self._sealed.close()

    def _seal(self, coded: EncodedPacket) -> None:
        if self._sealed is not None and self._mandate.stores(Kept.SEALED):
            self._sealed.write(coded)

    def _note_sealed(self, notice: EpochSealed | PartSealed) -> None:
        """Have it logged; the store keeps it until then, whatever happens to this process or the server."""
        entry = entry_of(notice, self._mandate.version)
        self._store.owed.add(entry.kind, entry.body, self._clock.utc_ns(), camera=entry.camera)

    def _enough_fps(self, *, sub: bool) -> float:
        """Return how many pictures a second somebody needs of the sub-stream, or of the main stream."""
        recorded, analysed = self._settings.recording.fps, self._settings.analysis.fps
        if sub:
            return analysed
        return max(recorded, analysed) if self._settings.source.sub_url is None else recorded

    def _note_gap(self, gap: Gap) -> None:
        body = {"from": to_iso(gap.start_ns), "to": to_iso(gap.end_ns)}
        self._publish(Entry(Kind.CAMERA_GAP, self.camera, self._mandate.version, body))
        try:
            self._store.gaps.add(self.camera, gap.start_ns, gap.end_ns, gap.reason)
        except CustodesError as error:
            log.warning("%s: a gap was not written down: %s", self.camera, error)

    def _to_recording(self, frame: RawFrame) -> None:
        self._received.count(self._clock.monotonic_s())
        if self._recording_pace.due(frame.time.utc_ns) and self._mandate.needs_pictures():
            self._behind.push(frame)

    def _to_analysis(self, frame: RawFrame) -> None:
        if self._analysis_pace.due(frame.time.utc_ns):
            self._mailbox.put(frame)

    def _ignore(self, state: CameraState, reason: str, info: StreamInfo | None) -> None:
        log.info("%s sub-stream: %s, %s %s", self.camera, state, reason, info or "")

    def _on_state(self, state: CameraState, reason: str, info: StreamInfo | None) -> None:
        log.info("%s: %s, %s", self.camera, state, reason)
        with self._status_lock:
            changed = replace(self._status, state=state, reason=reason, since_ns=self._clock.utc_ns())
            if info is not None:
                changed = replace(changed, width=info.width, height=info.height, codec=info.codec)
            self._status = changed
        self._publish(self.status())

    # Analysis

    def _analyse(self) -> None:
        while not self._stop.is_set():
            frame = self._mailbox.take(_IDLE_S)
            if frame is None:
                continue
            self._watch_tampering(frame)
            seen = self._analyzer.step(frame)
            self._analysed.count(self._clock.monotonic_s())
            self._rest_main(seen, frame.time.utc_ns)
            self._put_events(seen.events)
            if self._reception is not None:
                self._receive(self._reception, frame, seen)
        if self._reception is not None:
            self._reception.close()
        self._put_events(self._analyzer.close())

    def _rest_main(self, seen: Seen, utc_ns: int) -> None:
        """Let the main stream rest while the sub-stream, which goes on, shows a calm view."""
        calm = self._calm.update(seen, utc_ns)
        source = self._settings.source
        if self._main is not None and source.sub_url is not None and source.stall_after_s > LONGEST_REST_S:
            self._main.resting = calm

    def _watch_tampering(self, frame: RawFrame) -> None:
        if not self._tamper.changed(frame.luma(), frame.time.utc_ns):
            return
        state = "covered" if self._tamper.covered else "clear"
        log.warning("%s: the lens seems %s", self.camera, state)
        self._publish(Entry(Kind.CAMERA_TAMPER, self.camera, self._mandate.version, {"lens": state}))

    def _put_events(self, events: list[Event]) -> None:
        if not self._mandate.stores(Kept.EVENT):
            return
        if self._mandate.stores(Kept.THUMBNAIL):
            for event in events:
                self._thumbnails.want(event)
        self._writer.write(events)

    def _receive(self, reception: Reception, frame: RawFrame, seen: Seen) -> None:
        """Let the recognition point look at `frame`; tell at once what is asked of who is there, and how it ended."""
        before = reception.prompt
        answers = reception.step(frame, seen.tracks)
        self._tell_answers(answers)
        if answers or reception.prompt != before:
            self._publish(self.status())

    def _tell_answers(self, events: list[Event]) -> None:
        """Tell what a recognition point answered, stored or not; there are no pictures of it."""
        if self._mandate.stores(Kept.EVENT):
            self._writer.write(events)
            return
        for event in events:
            self._publish(event)

    # Emission

    def _emit(self) -> None:
        while not self._stop.is_set():
            for frame in self._behind.ready(self._clock.utc_ns()):
                self._emit_frame(frame)
            self._stop.wait(_EMIT_EVERY_S)
        for frame in self._behind.flush():
            self._emit_frame(frame)
        for fragment in self._encoder.close():
            self._hand_out(fragment)
        self._recorder.close()

    def _hand_out(self, fragment: RedactedFragment) -> None:
        if self._mandate.shows_live():
            self._publish(fragment)
        if self._mandate.stores(Kept.RECORDING):
            self._recorder.write(fragment)

    def _emit_frame(self, frame: RedactedFrame) -> None:
        if self._mandate.shows_live() or self._mandate.stores(Kept.RECORDING):
            for fragment in self._encoder.encode(frame):
                self._hand_out(fragment)
        for event, still in self._thumbnails.take(frame):
            try:
                key = f"{self.camera}/{event.event_id}.jpg"
                self._blobs.put_still(key, still)
                self._store.events.set_thumbnail(event.event_id, key)
            except CustodesError as error:
                log.warning("%s: thumbnail of event %s not kept: %s", self.camera, event.event_id, error)

    def _alert_sealing(self, text: str) -> None:
        """Note that sealing stopped (`text` says why) or resumed (empty)."""
        if text:
            log.error("%s: %s", self.camera, text)
        else:
            log.info("%s: sealing again", self.camera)
        self._sealing_alert = text
        self._publish(self.status())

    def _alert(self, text: str) -> None:
        """Note that recording stopped (`text` says why) or resumed (empty)."""
        if text:
            log.error("%s: %s", self.camera, text)
        else:
            log.info("%s: recording again", self.camera)
        self._alert_text = text
        self._publish(self.status())
