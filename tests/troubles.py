"""What a hostile mesh may do to the process that scores it; workers call these by name."""

import ctypes
import os
import signal
import threading
from pathlib import Path


def blocked_signals() -> set[int]:
    """Signals that this process does not take."""
    return signal.pthread_sigmask(signal.SIG_BLOCK, [])


def double(x: float) -> float:
    return 2 * x


def process_id() -> int:
    return os.getpid()


def crash() -> None:
    """Read from address 0."""
    ctypes.string_at(0)


def leave(code: int) -> None:
    os._exit(code)


def hang() -> None:
    threading.Event().wait()


def say_process_id_and_hang() -> None:
    print(os.getpid(), flush=True)
    hang()


def hog(n_bytes: int) -> int:
    return len(bytearray(n_bytes))


def raise_value_error() -> None:
    raise ValueError("a bug")


class TwoWordsError(Exception):
    """Can be pickled, and not be made again of what was."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


def raise_what_cannot_be_made_again() -> None:
    raise TwoWordsError("a", "b")


def be_killed(mark: str, times: int, by: int = signal.SIGKILL) -> int:
    """Be killed from outside so many times, then say how often."""
    path = Path(mark)
    done = len(path.read_text()) if path.exists() else 0
    if done < times:
        path.write_text("x" * (done + 1))
        if by != signal.SIGKILL:
            # Under nohup, SIGHUP is ignored from the start.
            signal.signal(by, signal.SIG_DFL)
        os.kill(os.getpid(), by)
    return done


def crash_and_leave_a_child() -> None:
    """Die while a process that was started here holds all that was open."""
    if os.fork():
        crash()
    threading.Event().wait(20)
    os._exit(0)


def give_what_cannot_be_pickled() -> object:
    return threading.Lock()
