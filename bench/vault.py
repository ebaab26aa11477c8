"""What sealing a camera's originals costs: CPU seconds per camera-second at 4 Mbit/s.

python -m bench --only "vault: custodes"
"""

import os
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from custodes.capture.raw import EncodedPacket
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, MediaTime, SystemClock
from custodes.record.sealed import SealedRecorder, Vault
from custodes.vault import Custodians, HourKeys, SealedFolder
from custodes.vault.private import PrivateKey

BITS_PER_S = 4_000_000
FPS = 25
SECONDS = 20
TURNS = 15
"""The same seconds are sealed so many times over, as one stream of five minutes."""
START_NS = 1_767_268_800 * NS_PER_S


def ours(_clip: Path) -> dict[str, float]:
    """Seal five minutes of a 4 Mbit/s, 25 fps H.264 stream; reading and decoding are not counted."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = av.open(str(_stream(folder / "camera.mp4")))
        packets = [packet for packet in source.demux(video=0) if packet.size]
        size = sum(packet.size for packet in packets)
        sealed = SealedFolder(folder / "sealed")
        keys = tuple(PrivateKey.generate(one).public for one in ("one", "two", "three"))
        recorder = SealedRecorder(
            CameraId("bench"),
            Vault(sealed, HourKeys(folder / "keys"), Custodians(2, keys), ""),
            clock=SystemClock(),
            on_notice=lambda _: None,
            on_alert=_refuse,
        )
        before = time.process_time()
        for number in range(TURNS * len(packets)):
            at = number * NS_PER_S // FPS
            packet = packets[number % len(packets)]
            moment = MediaTime(at, Fraction(1, NS_PER_S), START_NS + at)
            recorder.write(EncodedPacket(packet, moment, packet.is_keyframe))
        recorder.close()
        cpu_s = time.process_time() - before
    seconds = TURNS * len(packets) / FPS
    return {"mbit_per_s": size * 8 / (len(packets) / FPS) / 1e6, "cpu_s_per_camera_s": cpu_s / seconds}


def _stream(path: Path) -> Path:
    """Write noise coded at a constant rate: what it shows does not matter, only how many bytes it takes."""
    rng = np.random.default_rng(0)
    base = rng.integers(16, 235, (1080, 960), np.uint8)
    with av.open(str(path), "w") as out:
        options = {"preset": "ultrafast", "g": "50", "bf": "0", "nal-hrd": "cbr", "bufsize": str(BITS_PER_S)}
        stream = out.add_stream("libx264", FPS, options | {"minrate": str(BITS_PER_S), "maxrate": str(BITS_PER_S)})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 960, 720, "yuv420p", BITS_PER_S
        for number in range(SECONDS * FPS):
            picture = av.VideoFrame.from_ndarray(np.roll(base, 7 * number, axis=1), format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path


def _refuse(text: str) -> None:
    if text:
        raise SystemExit(text)


if __name__ == "__main__":
    print(ours(Path(os.devnull)))
