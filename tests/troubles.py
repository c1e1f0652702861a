"""What a hostile mesh may do to the process that scores it; workers call these by name."""

import ctypes
import os
import threading


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


def hog(n_bytes: int) -> int:
    return len(bytearray(n_bytes))


def raise_value_error() -> None:
    raise ValueError("a bug")


def give_what_cannot_be_pickled() -> object:
    return threading.Lock()
