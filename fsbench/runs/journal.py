"""Journal: every finished sample is on disk before the next one is reported, so that nothing computed is lost.

It is kept on disk only, so a run of hundreds of thousands of samples takes no more memory than a run of ten.
"""

import json
import os
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from io import FileIO
from pathlib import Path
from typing import Any

from fsbench.core.errors import FsbenchError, UsageError
from fsbench.core.quantities import Quantity
from fsbench.protocols.known_quantities import known_quantities
from fsbench.runs.files import remove_partial, sync
from fsbench.runs.record import Record

NAME = "journal.jsonl"


_SYNC_EVERY_S = 1.0
_LONGEST = 300
_LARGEST_BYTES = 1 << 30


class Journal:
    """Append-only records of a run that is not finished yet.

    Use `open_journal`. A line that a crash cut off is dropped, and its sample is scored again.

    Attributes
    ----------
    n_done : int
        Samples that have a record.
    is_new : bool
        Whether there was no journal before.
    """

    def __init__(self, file: FileIO, folder: Path, is_new: bool, known: Mapping[str, Quantity]) -> None:
        self._known = known
        self._file = file
        self.is_new = is_new
        self._folder = folder
        self._synced = time.monotonic()
        self.n_done = len(self.places())

    def places(self) -> dict[str, int]:
        """Name of every sample that has a record, and the record's position in the file."""
        self._refuse_if_gone()
        return _places(self._folder / NAME, self._known)

    def records(self, samples: Iterable[str] | None = None) -> Iterator[Record]:
        """Read the records of these samples, which must have one; without samples, read all in the order of writing."""
        places = self.places()
        with (self._folder / NAME).open("rb") as file:
            for sample in places if samples is None else samples:
                file.seek(places[sample])
                record = _parsed(file.readline(), self._known)
                assert isinstance(record, Record), "it was one when it was found"
                yield record

    def forget(self, samples: Sequence[str]) -> None:
        """Withdraw the records of these samples, which must have one; errors as `append`."""
        if samples:
            self._write({"forgotten": list(samples)}, "that samples are to be scored again")
            self.n_done -= len(samples)

    def append(self, record: Record) -> None:
        """Write the record of a sample that has none.

        When this returns the operating system has the record, so it survives the process. To survive a power cut it is
        flushed to disk with the first record that comes a second or more after the last flush.

        Raises
        ------
        FsbenchError
            If it cannot be written, for example to a full disk; earlier records are kept.
        """
        if fault := record.fault(self._known):
            # Refuse an impossible score, as reading would refuse it too.
            record = replace(record, status="failed", reason=f"bug: {fault}", scores={})
        self._write(asdict(record), f"the result of {record.sample}")
        self.n_done += 1

    def whereabouts(self) -> str:
        """Say where the records are and how to go on, even if somebody has deleted or renamed the folder."""
        handle = self._file.fileno()
        try:
            if _is(self._folder / NAME, handle):
                return f"are kept in {self._folder}: the same command goes on"
            if not os.fstat(handle).st_nlink:
                return f"are lost, as {self._folder} was deleted: the same command begins anew"
        except OSError as error:
            return f"were kept in {self._folder}, which cannot be read now ({error.strerror}): the same command goes on"
        now = _path_now(self._file)
        where = f"in {now.parent}" if now else "under another name"
        return f"are kept {where}, as {self._folder} was renamed: rename it back, and the same command goes on"

    def _refuse_if_gone(self) -> None:
        """Raise if the folder is gone: the open file would still take records, and nobody would find them."""
        if not _is(self._folder / NAME, self._file.fileno()):
            text = f"{self._folder}: the run is gone"
            raise FsbenchError(f"{text}; the {self.n_done} samples scored {self.whereabouts()}")

    def _write(self, content: dict[str, Any], what: str) -> None:
        try:
            self._refuse_if_gone()
            _write(self._file, _line(content))
            if time.monotonic() - self._synced > _SYNC_EVERY_S:
                sync(self._file.fileno())
                self._synced = time.monotonic()
        except OSError as error:
            raise FsbenchError(
                f"{self._folder}: cannot write {what}: {error.strerror}; the {self.n_done} "
                "samples before are kept: when that is mended, the same command goes on"
            ) from None


def _places(path: Path, known: Mapping[str, Quantity]) -> dict[str, int]:
    """Position in the file of the record of every sample that has one."""
    places: dict[str, int] = {}
    with path.open("rb") as file:
        end = len(file.readline())
        for line in file:
            start, end = end, end + len(line)
            content = _parsed(line, known)
            if isinstance(content, Record):
                places[content.sample] = start
            for sample in content if isinstance(content, list) else ():
                places.pop(sample, None)
    return places


@contextmanager
def open_journal(
    folder: Path, settings: dict[str, Any], *, restart: bool = False, known: Mapping[str, Quantity] | None = None
) -> Iterator[Journal]:
    """Open the journal of `folder`, or begin one.

    Parameters
    ----------
    folder : Path
        The run folder; made if needed.
    settings : dict
        Everything that identifies the run. A journal with other settings is not continued.
    restart : bool
        Throw away the records of an unfinished run.
    known : mapping of str to Quantity, optional
        Quantities of the scores by name; by default those that our protocols declare.

    Raises
    ------
    UsageError
        If another process is writing here, or the journal belongs to other settings.
    """
    with _locked(folder) as file:
        remove_partial(folder)
        header, end = (b"", 0) if restart else _ends(folder / NAME)
        if header:
            _refuse_other_settings(folder, header, settings)
        try:
            # Append only, without rewriting good lines, so that a crash here loses nothing.
            file.truncate(end)
            file.seek(end)
            if not end:
                _write(file, _line({"settings": settings}))
        except OSError as error:
            raise FsbenchError(f"{folder}: cannot write a run here: {error.strerror}") from None
        yield Journal(file, folder, not end, known_quantities() if known is None else known)


@contextmanager
def _locked(folder: Path) -> Iterator[FileIO]:
    """Open the journal's file, locked against other writers."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise UsageError(f"{folder}: cannot write a run here: {error.strerror}; choose another --out") from None
        with FileIO(handle, "r+") as file:
            _lock(file, folder)
            # The process that held the lock may have finished its run and removed the file.
            if _is(folder / NAME, handle):
                yield file
                return


def _is(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return False


def _path_now(file: FileIO) -> Path | None:
    """The path of an open file, from the system; None if the system is not Linux."""
    try:
        return Path(f"/proc/self/fd/{file.fileno()}").readlink()
    except OSError:
        return None


def _write(file: FileIO, line: bytes) -> None:
    """Write all bytes without a buffer, which a crash would lose."""
    rest = memoryview(line)
    while rest:
        rest = rest[file.write(rest) :]


def _ends(path: Path) -> tuple[bytes, int]:
    """The first line, and the position where the last complete line ends; empty if there is none."""
    header, end = b"", 0
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                header, end = header or line, end + len(line)
    return header, end


def _refuse_other_settings(folder: Path, header: bytes, settings: dict[str, Any]) -> None:
    if header != _line({"settings": settings}):
        raise UsageError(
            f"{folder} holds an unfinished run with other settings:\n{_difference(header, settings)}\n"
            "choose another --out, or pass --overwrite to throw it away"
        )


def is_unfinished(folder: Path) -> bool:
    """Whether the folder holds an unfinished run."""
    return (folder / NAME).is_file()


def progress_of(folder: Path) -> str:
    """How far an unfinished run is, as "was stopped, 67 of 400 samples are scored"; empty if there is none."""
    path = folder / NAME
    if not path.is_file():
        return ""
    if path.stat().st_size > _LARGEST_BYTES:
        return "was stopped"
    n_done = len(_places(path, known_quantities()))
    with path.open("rb") as file:
        total = _n_samples(file.readline())
    return f"was stopped, {n_done} {f'of {total} ' if total else ''}samples are scored"


def _n_samples(header: bytes) -> int:
    """How many samples the run of a journal has; 0 if it does not say."""
    try:
        about = json.loads(header)["settings"]
        chosen = about["settings"]["samples"]
        total = int(about["benchmark_samples"]) if chosen == "all" else len(chosen)
        shard = about.get("shard") or {"number": 1, "of": 1}
        return len(range(shard["number"] - 1, total, shard["of"]))
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
        return 0


def remove_journal(folder: Path) -> None:
    """Remove the journal of a run whose table is written."""
    (folder / NAME).unlink(missing_ok=True)


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True).encode() + b"\n"


def _parsed(line: bytes, known: Mapping[str, Quantity]) -> Record | list[str] | None:
    """A record, the withdrawn samples, or None for a line that a crash cut off."""
    try:
        content = json.loads(line)
        if isinstance(content, dict) and set(content) == {"forgotten"}:
            return [str(sample) for sample in content["forgotten"]]
        return Record.from_json(content, known)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def _difference(header: bytes, settings: dict[str, Any]) -> str:
    """The differences between the journal's settings and this call's, one line each."""
    try:
        found = dict(json.loads(header)["settings"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "  its first line is not a journal's"
    return "\n".join(
        f"  {key}: {brief(there)} there, {brief(now)} now" for key, there, now in different("", found, settings)
    )


def brief(value: Any) -> str:
    """A setting as a message shows it: a list of samples may be long."""
    text = repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def different(name: str, there: Any, now: Any) -> Iterator[tuple[str, Any, Any]]:
    """The settings that differ, by dotted name; two mappings are compared key by key."""
    if not (isinstance(there, dict) and isinstance(now, dict)):
        if there != now:
            yield name, there, now
        return
    for key in sorted({*there, *now}):
        yield from different(f"{name}.{key}" if name else key, there.get(key), now.get(key))


def _lock(file: FileIO, folder: Path) -> None:
    """Hold the file until it is closed; two writers of one run would mix their rows.

    Some file systems have no locks (Lustre without `-o flock`, some of FUSE); then warn and go on.
    """
    try:
        import fcntl
    except ImportError:  # this system has no locks; the user must avoid two writers
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(
            f"{folder}: another fsbench process is writing this run; wait for it, or choose another --out"
        ) from None
    except OSError as error:
        warnings.warn(
            f"{folder}: the file system has no locks ({error.strerror}): make sure yourself that no other process "
            "writes this run",
            stacklevel=2,
        )
