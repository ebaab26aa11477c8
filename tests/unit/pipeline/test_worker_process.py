"""What a process does before it sees a picture: it makes sure that nothing of its memory is ever written down."""

import ctypes
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from custodes.pipeline.worker import set_up_process

PR_GET_DUMPABLE = 3


def in_child(body: Callable[[], int]) -> int:
    """Run `body` in a process of its own, and return how that ended."""
    child = os.fork()
    if child == 0:
        os._exit(body())
    return os.waitpid(child, 0)[1]


def dumpable() -> int:
    return int(ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0))


def test_a_process_is_undumpable_once_it_is_set_up() -> None:
    def body() -> int:
        before = dumpable()
        set_up_process()
        return 10 * before + dumpable()

    assert os.waitstatus_to_exitcode(in_child(body)) == 10


def test_it_can_still_look_at_itself() -> None:
    def body() -> int:
        os.setresuid(65534, 65534, 65534)
        set_up_process()
        files = [path.name for path in Path("/proc/self/fd").iterdir()]
        return 0 if files and "VmRSS" in Path("/proc/self/status").read_text(encoding="utf-8") else 1

    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    assert os.waitstatus_to_exitcode(in_child(body)) == 0


@pytest.mark.parametrize("how", [signal.SIGABRT, signal.SIGSEGV])
def test_nothing_is_dumped_even_where_no_limit_holds(
    how: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that takes dumps from the kernel is not bound by the limit."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    monkeypatch.chdir(tmp_path)

    def crash(prepare: Callable[[], None]) -> int:
        prepare()
        signal.signal(how, signal.SIG_DFL)
        os.kill(os.getpid(), how)
        return 0

    unprepared = in_child(lambda: crash(lambda: None))
    if not os.WCOREDUMP(unprepared):
        pytest.skip("this system dumps nothing")
    for left in tmp_path.iterdir():
        left.unlink()
    prepared = in_child(lambda: crash(set_up_process))
    assert os.WTERMSIG(prepared) == os.WTERMSIG(unprepared) == how
    assert not os.WCOREDUMP(prepared)
    assert list(tmp_path.iterdir()) == []
