"""Putting methods into the boards."""

from collections.abc import Sequence
from pathlib import Path

from fsbench.benchmarks import load_spec
from fsbench.benchmarks.carried import file_of
from fsbench.boards.admission import require_admissible
from fsbench.boards.board import Board, empty_board, parse_board, read_board
from fsbench.boards.derived import derive, differing, read_boards
from fsbench.boards.labels import like, unfit
from fsbench.boards.methods import FILE, Method, methods_csv, read_methods
from fsbench.core.errors import UsageError
from fsbench.runs import Run
from fsbench.runs.files import write_all


def add(runs: Sequence[Run], folder: Path, method: Method | None = None, *, replace: bool = False) -> list[str]:
    """Add runs to the boards in `folder` and build what is derived: all is written, or nothing.

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
        If a run is not admissible, its method unknown, on the board already, or named like another one.
    FormatError
        If the board would hold what cannot be.
    OSError
        If a file cannot be written; all are then as before.
    """
    methods = read_methods(folder)
    if method is not None:
        if method.method in methods and methods[method.method] != method:
            raise UsageError(f"{method.method} is in {FILE} already, as {methods[method.method]}")
        methods[method.method] = method
    boards: dict[str, Board] = {}
    for run in runs:
        _require_known(run, methods)
        if file := file_of(run.manifest):
            raise UsageError(f"{run.benchmark} is a benchmark of its own file, {file}; boards are of those of fsbench")
        spec = load_spec(run.benchmark)
        require_admissible(run, spec)
        if spec.name not in boards:
            there = (folder / f"{spec.name}.csv").is_file()
            boards[spec.name] = read_board(folder, spec) if there else empty_board(spec)
        board = boards[spec.name]
        if run.method in board.methods and not replace:
            raise UsageError(f"{run.method} is on the board of {spec.name} already; --replace gives it these numbers")
        boards[spec.name] = board.without(run.method).joined(run)
    # As if they were read again: what no board may hold is found before anything is written.
    texts = {name: board.csv() for name, board in boards.items()}
    added = {
        name: parse_board(folder / f"{name}.csv", text.decode(), boards[name].spec) for name, text in texts.items()
    }
    everything = dict(sorted({**read_boards(folder), **added}.items()))
    content = {FILE: methods_csv(methods), **{f"{name}.csv": text for name, text in texts.items()}}
    content |= differing(folder, derive(everything, methods))
    write_all(folder, content)
    return list(content)


def _require_known(run: Run, methods: dict[str, Method]) -> None:
    if fault := unfit(run.method):
        raise UsageError(f"{run.method!r} cannot be a label on a board: {fault}")
    if other := like(run.method, methods):
        raise UsageError(
            f"{run.method!r} looks like {other!r}, which is in {FILE}; rename it with `fsbench score --method`"
        )
    if run.method not in methods:
        raise UsageError(
            f"{run.method} is not in {FILE}; say who made it with --paper, --venue, --year and --source, "
            f"or name it as one of {', '.join(methods)}"
        )
