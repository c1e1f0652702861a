"""Who made a method: leaderboards/methods.csv."""

import csv
import io
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from fsbench.boards.labels import skeleton, unfit
from fsbench.core.errors import FormatError, UsageError
from fsbench.core.visible import visible
from fsbench.runs.cells import to_cell

FILE = "methods.csv"
_LARGEST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Method:
    """One row.

    Attributes
    ----------
    method : str
        Label in the boards.
    paper, venue : str
        Title, and where it appeared.
    year : int
    source : str
        An https address.
    """

    method: str
    paper: str
    venue: str
    year: int
    source: str

    def __post_init__(self) -> None:
        if not 1990 <= self.year <= 2100:
            raise UsageError(f"{self.method}: year {self.year}, expected one such as 2023")
        if not self.source.startswith("https://") or not set(self.source).isdisjoint(" <>|\"'()"):
            raise UsageError(f"{self.method}: source {self.source!r}, expected a plain https:// address")
        if not (self.paper.strip() and self.venue.strip()):
            raise UsageError(f"{self.method}: the paper's title and its venue must not be empty")
        for text in (self.paper, self.venue, self.source):
            if visible(text) != text or to_cell(text) != text:
                raise UsageError(
                    f"{self.method}: paper, venue and source must be one line each, in plain characters, and no formula"
                )


def read_methods(folder: Path) -> dict[str, Method]:
    """Read the methods by label, in the file's order.

    Raises
    ------
    FormatError
        If the file is missing or damaged.
    """
    path = folder / FILE
    if not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
        raise FormatError(f"{path}: missing or larger than 4 MiB; a folder of leaderboards has it")
    names = [field.name for field in fields(Method)]
    found: dict[str, Method] = {}
    looks: dict[str, str] = {}
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: {error}") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        if reader.fieldnames != names:
            raise FormatError(f"{path}: columns {reader.fieldnames}, expected {names}")
        for row in reader:
            if None in row or None in row.values():
                raise ValueError(f"expected {len(names)} cells")
            method = Method(row["method"], row["paper"], row["venue"], int(row["year"]), row["source"])
            if method.method in found:
                raise ValueError(f"{method.method} stands there twice")
            other = looks.setdefault(skeleton(method.method), method.method)
            if fault := unfit(method.method) or (other != method.method and f"it looks like {other!r}"):
                raise ValueError(f"the label {method.method!r}: {fault}")
            found[method.method] = method
    except (ValueError, csv.Error, UsageError) as error:
        raise FormatError(f"{path}: line {reader.line_num}: {error}") from None
    return found


def methods_csv(methods: dict[str, Method]) -> bytes:
    """The file's content."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(Method)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(method) for method in methods.values())
    return out.getvalue().encode()
