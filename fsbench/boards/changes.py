"""Putting methods into the boards."""

from collections.abc import Sequence
from pathlib import Path

from fsbench.benchmarks import load_spec
from fsbench.boards.admission import require_admissible
from fsbench.boards.board import Board, empty_board, read_board
from fsbench.boards.derived import build
from fsbench.boards.methods import FILE, Method, methods_csv, read_methods
from fsbench.core.errors import UsageError
from fsbench.report.selection import clean_label
from fsbench.runs import Run
from fsbench.runs.files import write_atomically


def add(
    runs: Sequence[Run],
    folder: Path,
    method: Method | None = None,
    *,
    replace: bool = False,
    frame_is_right: bool = False,
) -> list[str]:
    """Add runs to the boards in `folder` and build what is derived; nothing is written if one is refused.

    Parameters
    ----------
    runs : sequence of Run
    folder : Path
        Holds methods.csv, and is where the boards are or will be.
    method : Method, optional
        Who made it, for a method that methods.csv does not know yet; then all runs are of that method.
    replace : bool
        A method that stands on the board already gets the new numbers.
    frame_is_right : bool
        Take runs too whose frame seemed wrong when they were scored.

    Returns
    -------
    list of str
        Names of the files written.

    Raises
    ------
    UsageError
        If a run is not admissible, its method unknown, or on the board already.
    """
    methods = read_methods(folder)
    if method is not None:
        if method.method in methods and methods[method.method] != method:
            raise UsageError(f"{method.method} is in {FILE} already, as {methods[method.method]}")
        methods[method.method] = method
    boards: dict[str, Board] = {}
    for run in runs:
        _require_known(run, methods)
        spec = load_spec(run.benchmark)
        require_admissible(run, spec, frame_is_right)
        if spec.name not in boards:
            there = (folder / f"{spec.name}.csv").is_file()
            boards[spec.name] = read_board(folder, spec) if there else empty_board(spec)
        board = boards[spec.name]
        if run.method in board.methods and not replace:
            raise UsageError(f"{run.method} is on the board of {spec.name} already; --replace gives it these numbers")
        boards[spec.name] = board.without(run.method).joined(run)
    write_atomically(folder / FILE, methods_csv(methods))
    for name, board in boards.items():
        write_atomically(folder / f"{name}.csv", board.csv())
    return [FILE, *(f"{name}.csv" for name in boards), *build(folder)]


def _require_known(run: Run, methods: dict[str, Method]) -> None:
    if run.method != clean_label(run.method):
        raise UsageError(f"{run.method!r} cannot be a label on a board: one line, at most 60 plain characters")
    if run.method not in methods:
        raise UsageError(
            f"{run.method} is not in {FILE}; say who made it with --paper, --venue, --year and --source, "
            f"or name it as one of {', '.join(methods)}"
        )
