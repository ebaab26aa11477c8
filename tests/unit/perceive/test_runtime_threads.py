"""The first inferences of a process, from many threads at once."""

import subprocess
import sys

SCRIPT = """
import threading
import numpy as np
from custodes.perceive.detect import load_detector, load_face_detectors
from custodes.perceive.settings import DetectorSettings

faces = load_face_detectors()
detectors = [load_detector(DetectorSettings()), faces.yunet, faces.centerface] * 3
start = threading.Barrier(len(detectors))


def look(detector):
    start.wait()
    detector.detect(np.zeros((128, 192, 3), np.uint8))


threads = [threading.Thread(target=look, args=(detector,)) for detector in detectors]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_they_do_not_wait_for_each_other_for_ever():
    for _ in range(3):
        subprocess.run([sys.executable, "-c", SCRIPT], check=True, timeout=60)
