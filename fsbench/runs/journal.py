"""Journal: every finished sample is on disk before the next one is reported, so that nothing computed is lost."""

import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import Any

from fsbench.errors import FsbenchError, UsageError
from fsbench.runs.record import Record

NAME = "journal.jsonl"


_SYNC_EVERY_S = 1.0


class Journal:
    """Append-only records of a run that is not finished yet.

    Use `open_journal`; a line that was cut off by a crash is dropped, its sample is scored again.

    Attributes
    ----------
    done : dict
        Sample name to record.
    written_ns : int
        When the journal was last written before it was opened.
    """

    def __init__(self, file: FileIO, folder: Path, done: dict[str, Record], written_ns: int) -> None:
        self._file = file
        self.written_ns = written_ns
        self._folder = folder
        self._synced = time.monotonic()
        self.done = done

    def forget(self, samples: Iterable[str]) -> None:
        """Take back records; the new ones of these samples will stand behind them and win."""
        for sample in samples:
            del self.done[sample]

    def append(self, record: Record) -> None:
        """Write one record.

        The operating system has it when this returns, so that it outlives the process; the disk has it within a
        second of work, should the power fail.

        Raises
        ------
        FsbenchError
            If it cannot be written, for one because the disk is full; what was written before is kept.
        """
        try:
            _write(self._file, _line(asdict(record)))
            if time.monotonic() - self._synced > _SYNC_EVERY_S:
                os.fsync(self._file.fileno())
                self._synced = time.monotonic()
        except OSError as error:
            raise FsbenchError(
                f"{self._folder}: cannot write the result of {record.sample}: {error.strerror}; the {len(self.done)} "
                "samples before are kept: when there is room again, the same command goes on"
            ) from None
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
    with FileIO(handle, "r+") as file:
        _lock(file, folder)
        written_ns = os.fstat(handle).st_mtime_ns
        done: dict[str, Record] = {}
        end = 0
        if not restart:
            lines, end = _whole_lines(file.read())
            if lines:
                _refuse_other_settings(folder, lines[0], settings)
                done = {record.sample: record for record in _records(lines[1:])}
        # Nothing that is good is written again: a crash at this point loses nothing either.
        file.truncate(end)
        file.seek(end)
        if not end:
            _write(file, _line({"settings": settings}))
        yield Journal(file, folder, done, written_ns)


def _write(file: FileIO, line: bytes) -> None:
    """All of it, without a buffer of our own that a crash would empty."""
    rest = memoryview(line)
    while rest:
        rest = rest[file.write(rest) :]


def _whole_lines(content: bytes) -> tuple[list[bytes], int]:
    """Lines that were written to their end, and where the last one ends."""
    end = content.rfind(b"\n") + 1
    return content[:end].splitlines(keepends=True), end


def _refuse_other_settings(folder: Path, header: bytes, settings: dict[str, Any]) -> None:
    if header != _line({"settings": settings}):
        raise UsageError(
            f"{folder}: holds an unfinished run with other settings:\n{_difference(header, settings)}\n"
            "choose another --out, or pass --overwrite to throw it away"
        )


def remove_journal(folder: Path) -> None:
    """Drop the journal of a run whose table is written."""
    (folder / NAME).unlink(missing_ok=True)


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True).encode() + b"\n"


def _records(lines: list[bytes]) -> Iterator[Record]:
    for line in lines:
        try:
            record = Record.from_json(json.loads(line))
        except (ValueError, RecursionError):
            # A crash in the middle of a write leaves this; the sample is scored again.
            continue
        yield record


def _difference(header: bytes, settings: dict[str, Any]) -> str:
    """What the journal's settings say and what this call says, a line each."""
    try:
        found = json.loads(header)["settings"]
    except (ValueError, KeyError, TypeError):
        return "  its first line is not a journal's"
    keys = sorted(key for key in {*found, *settings} if found.get(key) != settings.get(key))
    return "\n".join(f"  {key}: {found.get(key)!r} there, {settings.get(key)!r} now" for key in keys)


def _lock(file: FileIO, folder: Path) -> None:
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
