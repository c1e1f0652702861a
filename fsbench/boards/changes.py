"""Putting methods into the boards, and taking them off."""

from collections.abc import Sequence
from pathlib import Path

from fsbench.benchmarks import load_spec
from fsbench.boards.admission import require_admissible
from fsbench.boards.board import Board, empty_board, read_board
from fsbench.boards.derived import build, read_boards
from fsbench.boards.methods import FILE, Method, methods_csv, read_methods
from fsbench.core.errors import UsageError
from fsbench.report.selection import clean_label
from fsbench.runs import Run
from fsbench.runs.files import write_atomically


def add(runs: Sequence[Run], folder: Path, method: Method | None = None, *, replace: bool = False) -> list[str]:
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
        require_admissible(run, spec)
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


def remove(method: str, folder: Path, benchmarks: Sequence[str] = ()) -> list[str]:
    """Take a method off the boards in `folder` and build what is derived; return the names of the files written.

    A method that is on no board any more leaves methods.csv as well.

    Parameters
    ----------
    method : str
    folder : Path
    benchmarks : sequence of str
        The boards; none: all that have it.

    Raises
    ------
    UsageError
        If a board has no such method, or there is no such board; then nothing is written.
    """
    boards, methods = read_boards(folder), read_methods(folder)
    chosen = list(benchmarks) or [name for name, board in boards.items() if method in board.methods]
    for name in chosen:
        if name not in boards:
            raise UsageError(f"there is no board of {name!r}; there are {', '.join(boards)}")
        if method not in boards[name].methods:
            raise UsageError(f"{method} is not on the board of {name}; it has {', '.join(boards[name].methods)}")
    if not chosen:
        raise UsageError(f"{method} is on no board of {', '.join(boards)}")
    left = {name: board.without(method) if name in chosen else board for name, board in boards.items()}
    for name in chosen:
        write_atomically(folder / f"{name}.csv", left[name].csv())
    if not any(method in board.methods for board in left.values()):
        methods.pop(method, None)
        # After the boards: stopped in between, every method of a board still has its line.
        write_atomically(folder / FILE, methods_csv(methods))
    return [*(f"{name}.csv" for name in chosen), *build(folder)]


def _require_known(run: Run, methods: dict[str, Method]) -> None:
    if run.method != clean_label(run.method):
        raise UsageError(f"{run.method!r} cannot be a label on a board: one line, at most 60 plain characters")
    if run.method not in methods:
        raise UsageError(
            f"{run.method} is not in {FILE}; say who made it with --paper, --venue, --year and --source, "
            f"or name it as one of {', '.join(methods)}"
        )
