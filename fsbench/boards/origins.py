"""Where the methods on a board come from."""

from collections.abc import Mapping

from fsbench.boards.board import Board
from fsbench.boards.entries import Entry
from fsbench.boards.methods import FILE, Method
from fsbench.core.errors import FormatError


def require_known(boards: Mapping[str, Board], methods: Mapping[str, Method]) -> None:
    """Raise FormatError if a method of a board is not in methods.csv."""
    for name, board in boards.items():
        if unknown := set(board.methods) - set(methods):
            raise FormatError(f"{min(unknown)} is on the board of {name} and not in {FILE}")


def origin(label: str, method: Method, entry: Entry | None) -> str:
    """Venue, year and paper of a method; version, date and link of its run, unless the authors' results were taken."""
    run = f"; {entry}" if entry else ""
    return f"Method {label}: {method.venue} {method.year}, {method.source}{run}"
