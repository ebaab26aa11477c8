"""Duties go on, whatever fails, and end with their context."""

import logging
import threading

import pytest

from custodes.app.duty import repeating
from custodes.domain.errors import StoreError


def test_a_duty_is_done_at_once_again_when_it_is_due_and_when_it_is_woken() -> None:
    done, wake = threading.Semaphore(0), threading.Event()
    with repeating(done.release, 0.01, name="soon", failed="it failed"):
        assert all(done.acquire(timeout=10) for _ in range(3))
    late = threading.Semaphore(0)
    with repeating(late.release, 3600, name="late", failed="it failed", wake=wake):
        assert late.acquire(timeout=10)
        assert not late.acquire(timeout=0.05)
        wake.set()
        assert late.acquire(timeout=10)


@pytest.mark.parametrize("error", [StoreError("no space left"), OSError("no space left")])
def test_what_fails_is_logged_and_tried_again(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    tried = threading.Semaphore(0)

    def fail() -> None:
        tried.release()
        raise error

    with caplog.at_level(logging.ERROR), repeating(fail, 0.01, name="bad", failed="it failed"):
        assert all(tried.acquire(timeout=10) for _ in range(3))
    assert "it failed: no space left" in caplog.text


def test_it_ends_with_its_context() -> None:
    done = threading.Semaphore(0)
    with repeating(done.release, 0.01, name="short", failed="it failed"):
        assert done.acquire(timeout=10)
    assert not [thread for thread in threading.enumerate() if thread.name == "short"]
