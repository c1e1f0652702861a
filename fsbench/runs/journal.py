"""Journal: every finished sample is on disk before the next one is reported, so that nothing computed is lost."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from fsbench.errors import UsageError
from fsbench.runs.record import Record

NAME = "journal.jsonl"


class Journal:
    """Append-only records of a run that is not finished yet.

    Use `open_journal`; a line that was cut off by a crash is dropped, its sample is scored again.
    """

    def __init__(self, file: BinaryIO, done: dict[str, Record]) -> None:
        self._file = file
        self.done = done

    def append(self, record: Record) -> None:
        """Write one record; it is with the operating system when this returns."""
        self._file.write(_line(asdict(record)))
        self._file.flush()
        self.done[record.sample] = record


@contextmanager
def open_journal(folder: Path, settings: dict[str, Any], *, restart: bool = False) -> Iterator[Journal]:
    """Open the journal of `folder`, or begin one.

    Parameters
    ----------
    folder : Path
        The run folder; made if needed.
    settings : dict
        All that says which run this is. A journal of other settings is not continued.
    restart : bool
        Throw away what an unfinished run has left.

    Raises
    ------
    UsageError
        If another process is writing here, or the journal belongs to other settings.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise UsageError(f"{folder}: cannot write a run here: {error.strerror}; choose another --out") from None
    with os.fdopen(handle, "r+b") as file:
        _lock(file, folder)
        header = _line({"settings": settings})
        content = b"" if restart else file.read()
        lines = content.splitlines(keepends=True)
        done: dict[str, Record] = {}
        if lines and lines[0].endswith(b"\n"):
            if lines[0] != header:
                raise UsageError(
                    f"{folder}: holds an unfinished run with other settings:\n{_difference(lines[0], settings)}\n"
                    "choose another --out, or pass --overwrite to throw it away"
                )
            done = {record.sample: record for record in _records(lines[1:])}
        file.seek(0)
        file.truncate()
        file.write(header)
        file.writelines(_line(asdict(record)) for record in done.values())
        file.flush()
        yield Journal(file, done)


def remove_journal(folder: Path) -> None:
    """Drop the journal of a run whose table is written."""
    (folder / NAME).unlink(missing_ok=True)


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True).encode() + b"\n"


def _records(lines: list[bytes]) -> Iterator[Record]:
    for line in lines:
        try:
            yield Record(**json.loads(line))
        except (ValueError, TypeError):
            # Only a crash in the middle of a write leaves this; the sample is scored again.
            continue


def _difference(header: bytes, settings: dict[str, Any]) -> str:
    """What the journal's settings say and what this call says, a line each."""
    try:
        found = json.loads(header)["settings"]
    except (ValueError, KeyError, TypeError):
        return "  its first line is not a journal's"
    keys = sorted(key for key in {*found, *settings} if found.get(key) != settings.get(key))
    return "\n".join(f"  {key}: {found.get(key)!r} there, {settings.get(key)!r} now" for key in keys)


def _lock(file: BinaryIO, folder: Path) -> None:
    """Hold the file until it is closed; two writers of one run would mix their rows."""
    try:
        import fcntl
    except ImportError:  # not on this system; two writers are then the user's care
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UsageError(
            f"{folder}: another fsbench process is writing this run; wait for it, or choose another --out"
        ) from None
