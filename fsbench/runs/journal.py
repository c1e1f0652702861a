"""Journal: every finished sample is on disk before the next one is reported, so that nothing computed is lost.

It is on disk alone: a run of hundreds of thousands of samples takes no more memory than one of ten.
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


class Journal:
    """Append-only records of a run that is not finished yet.

    Use `open_journal`; a line that was cut off by a crash is dropped, its sample is scored again.

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
        """Name of every sample that has a record, and where in the file it is."""
        self._refuse_if_gone()
        places: dict[str, int] = {}
        with (self._folder / NAME).open("rb") as file:
            end = len(file.readline())
            for line in file:
                start, end = end, end + len(line)
                content = _parsed(line, self._known)
                if isinstance(content, Record):
                    places[content.sample] = start
                for sample in content if isinstance(content, list) else ():
                    places.pop(sample, None)
        return places

    def records(self, samples: Iterable[str] | None = None) -> Iterator[Record]:
        """Read the records of these samples, all of which have one; of all, in the order of writing, without."""
        places = self.places()
        with (self._folder / NAME).open("rb") as file:
            for sample in places if samples is None else samples:
                file.seek(places[sample])
                record = _parsed(file.readline(), self._known)
                assert isinstance(record, Record), "it was one when it was found"
                yield record

    def forget(self, samples: Sequence[str]) -> None:
        """Take back the records of these samples, which have one; errors as `append`."""
        if samples:
            self._write({"forgotten": list(samples)}, "that samples are to be scored again")
            self.n_done -= len(samples)

    def append(self, record: Record) -> None:
        """Write the record of a sample that has none.

        The operating system has it when this returns, so that it outlives the process; the disk has it, should the
        power fail, with the first record that comes a second or more after the last time.

        Raises
        ------
        FsbenchError
            If it cannot be written, for one because the disk is full; what was written before is kept.
        """
        if fault := record.fault(self._known):
            # What cannot be is no score: it would not be read again either.
            record = replace(record, status="failed", reason=f"bug: {fault}", scores={})
        self._write(asdict(record), f"the result of {record.sample}")
        self.n_done += 1

    def whereabouts(self) -> str:
        """Where the records are, and how to go on; true also when somebody has deleted or renamed the folder."""
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
        """The file stays open when somebody removes it, and would take records that nobody finds."""
        if not _is(self._folder / NAME, self._file.fileno()):
            text = f"{self._folder}: the run is not there any more"
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
        All that says which run this is. A journal of other settings is not continued.
    restart : bool
        Throw away what an unfinished run has left.
    known : mapping of str to Quantity, optional
        What the scores are, by name; what our protocols declare if not given.

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
            # Nothing that is good is written again: a crash at this point loses nothing either.
            file.truncate(end)
            file.seek(end)
            if not end:
                _write(file, _line({"settings": settings}))
        except OSError as error:
            raise FsbenchError(f"{folder}: cannot write a run here: {error.strerror}") from None
        yield Journal(file, folder, not end, known_quantities() if known is None else known)


@contextmanager
def _locked(folder: Path) -> Iterator[FileIO]:
    """The journal's file, which nobody else writes."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise UsageError(f"{folder}: cannot write a run here: {error.strerror}; choose another --out") from None
        with FileIO(handle, "r+") as file:
            _lock(file, folder)
            # Who held it until now may have ended its run and removed it.
            if _is(folder / NAME, handle):
                yield file
                return


def _is(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return False


def _path_now(file: FileIO) -> Path | None:
    """The path of an open file, as the system knows it; None where it does not tell (other than on Linux)."""
    try:
        return Path(f"/proc/self/fd/{file.fileno()}").readlink()
    except OSError:
        return None


def _write(file: FileIO, line: bytes) -> None:
    """All of it, without a buffer of our own that a crash would empty."""
    rest = memoryview(line)
    while rest:
        rest = rest[file.write(rest) :]


def _ends(path: Path) -> tuple[bytes, int]:
    """The first line, and where the last one ends that was written to its end; nothing if none was."""
    header, end = b"", 0
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                header, end = header or line, end + len(line)
    return header, end


def _refuse_other_settings(folder: Path, header: bytes, settings: dict[str, Any]) -> None:
    if header != _line({"settings": settings}):
        raise UsageError(
            f"{folder}: holds an unfinished run with other settings:\n{_difference(header, settings)}\n"
            "choose another --out, or pass --overwrite to throw it away"
        )


def is_unfinished(folder: Path) -> bool:
    """Whether a run was begun here and not ended."""
    return (folder / NAME).is_file()


def remove_journal(folder: Path) -> None:
    """Drop the journal of a run whose table is written."""
    (folder / NAME).unlink(missing_ok=True)


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True).encode() + b"\n"


def _parsed(line: bytes, known: Mapping[str, Quantity]) -> Record | list[str] | None:
    """A record, the samples that were taken back, or None: a crash in the middle of a write leaves what is neither."""
    try:
        content = json.loads(line)
        if isinstance(content, dict) and set(content) == {"forgotten"}:
            return [str(sample) for sample in content["forgotten"]]
        return Record.from_json(content, known)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def _difference(header: bytes, settings: dict[str, Any]) -> str:
    """What the journal's settings say and what this call says, a line each."""
    try:
        found = dict(json.loads(header)["settings"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "  its first line is not a journal's"
    keys = sorted(key for key in {*found, *settings} if found.get(key) != settings.get(key))
    return "\n".join(f"  {key}: {found.get(key)!r} there, {settings.get(key)!r} now" for key in keys)


def _lock(file: FileIO, folder: Path) -> None:
    """Hold the file until it is closed; two writers of one run would mix their rows.

    A file system may have no locks (Lustre without `-o flock`, some of FUSE), which is no reason not to run.
    """
    try:
        import fcntl
    except ImportError:  # not on this system; two writers are then the user's care
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(
            f"{folder}: another fsbench process is writing this run; wait for it, or choose another --out"
        ) from None
    except OSError as error:
        warnings.warn(
            f"{folder}: the file system has no locks ({error.strerror}): see to it yourself that no other process "
            "writes this run",
            stacklevel=2,
        )
