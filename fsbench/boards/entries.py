"""When and with what version a run came onto a board: leaderboards/entries.csv, written by `leaderboard add`."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.visible import visible

FILE = "entries.csv"
_LARGEST_BYTES = 4 << 20
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_VERSION = re.compile(r"\d[\w.+!-]{0,39}", re.ASCII)
_LONGEST = 200

Entries = Mapping[tuple[str, str], "Entry"]
"""By benchmark and method."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row.

    Attributes
    ----------
    benchmark, method : str
    day : str
        When these numbers came onto the board, as 2026-11-28.
    version : str
        The fsbench that scored the run; empty for results of the benchmark's authors.
    link : str
        An https address of the run, its code or its pull request; empty if there is none.
    """

    benchmark: str
    method: str
    day: str
    version: str = ""
    link: str = ""

    def __post_init__(self) -> None:
        if not _is_day(self.day):
            raise UsageError(f"{self.method}: date {self.day[:40]!r}, expected one such as 2026-11-28")
        if self.link and (not self.link.startswith("https://") or not set(self.link).isdisjoint(" <>|\"'()")):
            raise UsageError(f"{self.method}: link {self.link!r}, expected a plain https:// address")
        if len(self.link) > _LONGEST or visible(self.link) != self.link:
            raise UsageError(f"{self.method}: the link must be one line of at most {_LONGEST} plain characters")
        # It comes from a run.json, and goes into a page and a spreadsheet.
        if self.version and not _VERSION.fullmatch(self.version):
            raise UsageError(f"{self.method}: scored with fsbench {self.version[:40]!r}, expected a version as 0.1.0")

    def __str__(self) -> str:
        """The entry as `leaderboard show` prints it."""
        scored = f"scored with fsbench {self.version}, " if self.version else ""
        return f"{scored}added {self.day}{f', {self.link}' if self.link else ''}"


def read_entries(folder: Path) -> dict[tuple[str, str], Entry]:
    """Read the entries, in the file's order; none if there is no file.

    Raises
    ------
    FormatError
        If the file is damaged; the message has the line.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    if not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
        raise FormatError(f"{path}: no file, or larger than 4 MiB")
    names = [field.name for field in fields(Entry)]
    found: dict[tuple[str, str], Entry] = {}
    try:
        reader = csv.DictReader(io.StringIO(path.read_text("utf-8"), newline=""))
        if reader.fieldnames != names:
            raise FormatError(f"{path}: columns {reader.fieldnames}, expected {names}")
        for row in reader:
            if None in row or None in row.values():
                raise ValueError(f"expected {len(names)} cells")
            entry = Entry(**row)
            if found.setdefault((entry.benchmark, entry.method), entry) is not entry:
                raise ValueError(f"{entry.method} on {entry.benchmark} stands there twice")
    except (ValueError, csv.Error, UsageError) as error:
        where = "" if isinstance(error, UnicodeDecodeError) else f"line {reader.line_num}: "
        raise FormatError(f"{path}: {where}{error}") from None
    return found


def entries_csv(entries: Iterable[Entry]) -> bytes:
    """The file's content."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(Entry)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(entry) for entry in entries)
    return out.getvalue().encode()


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False
