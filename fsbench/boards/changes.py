"""Putting methods into the boards, and taking them off."""

from collections.abc import Sequence
from pathlib import Path

from fsbench.benchmarks import load_spec
from fsbench.benchmarks.carried import file_of
from fsbench.boards.admission import require_admissible
from fsbench.boards.board import Board, empty_board, parse_board, read_board, read_boards
from fsbench.boards.derived import derive, differing
from fsbench.boards.entries import FILE as ENTRIES_FILE
from fsbench.boards.entries import Entry, entries_csv, read_entries
from fsbench.boards.labels import like, unfit
from fsbench.boards.methods import FILE, Method, methods_csv, read_methods
from fsbench.core.errors import UsageError
from fsbench.runs import Run
from fsbench.runs.files import write_all


def add(
    runs: Sequence[Run],
    folder: Path,
    method: Method | None = None,
    *,
    replace: bool = False,
    frame_is_right: bool = False,
    day: str = "",
    link: str = "",
) -> list[str]:
    """Add runs to the boards in `folder` and build the derived files: all are written, or none.

    Parameters
    ----------
    runs : sequence of Run
    folder : Path
        Holds methods.csv, and is where the boards are or will be.
    method : Method, optional
        The method's paper and source, for a method that methods.csv does not have yet; then all runs are of that
        method.
    replace : bool
        A method that stands on the board already gets the new numbers.
    frame_is_right : bool
        Take runs too whose frame seemed wrong when they were scored.
    day : str
        Today, as 2026-11-28, for entries.csv; a run whose numbers are there already keeps its day. Empty: no entries.
    link : str
        Where the runs, their code or the pull request are, for entries.csv.

    Returns
    -------
    list of str
        Names of the files written.

    Raises
    ------
    UsageError
        If a run is not admissible, its method unknown, on the board already, or named like another one.
    FormatError
        If the board would hold an impossible row.
    OSError
        If a file cannot be written; all are then as before.
    """
    methods = read_methods(folder)
    if method is not None:
        if method.method in methods and methods[method.method] != method:
            raise UsageError(f"{method.method} is in {FILE} already, as {methods[method.method]}")
        methods[method.method] = method
    boards: dict[str, Board] = {}
    entries = read_entries(folder)
    for run in runs:
        _require_known(run, methods)
        if file := file_of(run.manifest):
            raise UsageError(f"{run.benchmark} is a benchmark of its own file, {file}; boards are of those of fsbench")
        spec = load_spec(run.benchmark)
        require_admissible(run, spec, frame_is_right)
        if spec.name not in boards:
            there = (folder / f"{spec.name}.csv").is_file()
            boards[spec.name] = read_board(folder, spec) if there else empty_board(spec)
        board = boards[spec.name]
        if run.method in board.methods and not replace:
            raise UsageError(f"{run.method} is on the board of {spec.name} already; --replace gives it these numbers")
        boards[spec.name] = new = board.without(run.method).joined(run)
        if day and not (_same_numbers(board, new, run.method) and (spec.name, run.method) in entries):
            version = str((run.manifest.get("versions") or {}).get("fsbench", ""))
            entries[spec.name, run.method] = Entry(spec.name, run.method, day, version, link)
    # Check the boards as if they were read again, before anything is written.
    texts = {name: board.csv() for name, board in boards.items()}
    added = {
        name: parse_board(folder / f"{name}.csv", text.decode(), boards[name].spec) for name, text in texts.items()
    }
    everything = dict(sorted({**read_boards(folder), **added}.items()))
    content = {FILE: methods_csv(methods), **{f"{name}.csv": text for name, text in texts.items()}}
    if entries:
        content[ENTRIES_FILE] = entries_csv(entries.values())
    content = differing(folder, {**content, **derive(everything, methods, entries)})
    write_all(folder, content)
    return list(content)


def remove(method: str, folder: Path, benchmarks: Sequence[str] = ()) -> list[str]:
    """Take a method off the boards in `folder` and build the derived files; return the names of the files written.

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
    OSError
        If a file cannot be written; all are then as before.
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
    if not any(method in board.methods for board in left.values()):
        methods.pop(method, None)
    old = read_entries(folder)
    entries = {key: entry for key, entry in old.items() if key[1] != method or key[0] not in chosen}
    content = {**{f"{name}.csv": left[name].csv() for name in chosen}, FILE: methods_csv(methods)}
    if old:
        content[ENTRIES_FILE] = entries_csv(entries.values())
    content = differing(folder, {**content, **derive(left, methods, entries)})
    write_all(folder, content)
    return list(content)


def _same_numbers(before: Board, after: Board, method: str) -> bool:
    """Whether a method's rows on a board, as its file holds them, are as they were."""
    rows = [Board(one.spec, one.rows[one.rows["method"] == method]).csv() for one in (before, after)]
    return rows[0] == rows[1]


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
