"""What a real RTSP server sends, sealed as it comes and opened again."""

from itertools import pairwise
from pathlib import Path

import av
import pytest

from custodes.app.rtsp_server import RtspServer
from custodes.capture import open_stream
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, SystemClock
from custodes.record.release import write_clip
from custodes.record.sealed import SealedRecorder, Vault
from custodes.vault import SealedPart, SealedReader
from sim.originals import CHARTER, custodians, key_pairs, places

STREET = CameraId("street")
KEYS = key_pairs()


@pytest.mark.slow
def test_a_stream_is_sealed_and_opened_again(street_clip: Path, tmp_path: Path) -> None:
    sealed, hour_keys = places(tmp_path)
    recorder = SealedRecorder(
        STREET,
        Vault(sealed, hour_keys, custodians(KEYS), CHARTER),
        clock=SystemClock(),
        on_notice=lambda _: None,
        on_alert=pytest.fail,
    )
    count = 0
    with RtspServer({"street": street_clip}) as server:
        for _ in range(2):  # the camera connects twice
            source = open_stream(server.urls["street"], on_packet=recorder.write, enough_fps=2.0)
            started_ns = 0
            for frame in source.frames():
                started_ns = started_ns or frame.time.utc_ns
                if frame.time.utc_ns - started_ns > 4 * NS_PER_S:
                    break
            source.close()
    recorder.close()
    readers = []
    for hour in sealed.hours(STREET):
        for part in sealed.parts(STREET, hour):
            envelope = sealed.envelope(STREET, hour, part.epoch, hour_keys)
            key = envelope.combine({str(one.public): envelope.open_share(one) for one in KEYS[:2]})
            reader = SealedReader(SealedPart(part.path.open("rb"), part.path.name), key)
            assert reader.complete
            with av.open(reader) as video:
                times = [frame.time for frame in video.decode(video=0)]
            assert len(times) > 60  # 25 a second, whatever analysis wants
            steps = [after - before for before, after in pairwise(times)]
            assert max(steps) < 0.3
            assert min(steps) > 0
            count += len(times)
            readers.append(reader)
    assert len(readers) >= 2
    interval_ns = (readers[0].header.start, readers[-1].header.start + 60 * NS_PER_S)
    assert sum(write_clip(tmp_path / "clip.mp4", readers, interval_ns, "01KADS4T5M0123456789ABCDEF")) == count
