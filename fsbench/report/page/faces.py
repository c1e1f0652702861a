"""The error on the face: which samples the page shows in 3D, and their maps."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from fsbench.benchmarks.selection import select
from fsbench.core.errors import FsbenchError
from fsbench.core.spec import Sample
from fsbench.report.heatmaps.measured import Source, picks
from fsbench.report.heatmaps.recorded import opened
from fsbench.report.selection import main_of_samples
from fsbench.runs import Run
from fsbench.runs.map_from_measurement import encoded_map_of
from fsbench.runs.maps import FOLDER, read_map
from fsbench.runs.publishable import not_publishable
from fsbench.stats.layout import default_layouts, layout

BUDGET_BYTES = 2_000_000
"""Of the maps of a chapter where nobody said which samples: about 45, so that a page of several still opens fast."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which samples to show, and where files are that have moved.

    Attributes
    ----------
    samples : tuple of str, optional
        Names; None: the best, median and worst of each bin, of every method.
    root : str, optional
    preds : mapping of str to str
        By a run's folder.
    private : bool
        Show persons whose pictures may not be published.
    """

    samples: tuple[str, ...] | None = None
    root: str | None = None
    preds: Mapping[str, str] = field(default_factory=dict)
    private: bool = False

    def hidden(self, run: Run) -> frozenset[str]:
        """Samples that must not be shown."""
        return frozenset() if self.private else not_publishable(run)


@dataclass(frozen=True, slots=True)
class Faces:
    """The maps to show.

    Attributes
    ----------
    maps : mapping of (int, str) to bytes
        By number of the run and sample, as `fsbench.runs.maps.encode` writes them.
    notes : tuple of str
        The samples that are not shown, and why.
    """

    maps: Mapping[tuple[int, str], bytes]
    notes: tuple[str, ...]


def gather(runs: Sequence[Run], labels: Sequence[str], folders: Sequence[Path], wish: Wish) -> Faces:
    """Take the maps that the runs kept; measure the others again if the files are still there."""
    found: dict[tuple[int, str], bytes] = {}
    notes: list[str] = []
    room = BUDGET_BYTES if wish.samples is None else None
    left_out = 0
    hidden = frozenset[str]().union(*map(wish.hidden, runs))
    with ExitStack() as stack:
        shelves = [_Shelf(run, folder, wish, stack) for run, folder in zip(runs, folders, strict=True)]
        for r, name in _wanted(runs, wish, hidden):
            if room is not None and room <= 0:
                left_out += 1
                continue
            content = shelves[r].map_of(name)
            if content is not None:
                found[r, name] = content
                room = None if room is None else room - len(content)
    whys = dict.fromkeys(shelf.why for shelf in shelves if shelf.why)
    for why in whys:
        lacking = [label for label, shelf in zip(labels, shelves, strict=True) if shelf.why == why]
        notes.append(f"No error maps of {', '.join(lacking)}: none were kept, and measuring again fails: {why}.")
    if hidden:
        n = len(hidden)
        shown = "sample shows a person whose picture" if n == 1 else "samples show persons whose pictures"
        notes.append(f"{n} {shown} may not be published: --private shows {'it' if n == 1 else 'them'}.")
    if left_out:
        maps, them = ("map", "it") if left_out == 1 else ("maps", "them")
        notes.append(f"{left_out} more error {maps} would make the page too heavy: --samples or --all show {them}.")
    return Faces(found, tuple(notes))


def kept(run: Run, folder: Path, hidden: frozenset[str] = frozenset()) -> list[bytes | None]:
    """The maps that a run kept, in the order of its samples; None for one without, and for hidden ones."""
    rows = run.samples[["sample", "status", *run.metrics]].to_dict("records")
    return [
        read_map(folder / FOLDER, str(row["sample"]), {name: row[name] for name in run.metrics})
        if row["status"] == "ok" and str(row["sample"]) not in hidden
        else None
        for row in rows
    ]


def _wanted(runs: Sequence[Run], wish: Wish, hidden: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Number of the run and sample, the most important first: a method's own picks, then others' on them."""
    if wish.samples is not None:
        yield from ((r, name) for name in wish.samples if name not in hidden for r in range(len(runs)))
        return
    divided = layout(runs, default_layouts(runs[0])[0])
    own = [
        [name for _, names in picks(run, divided, main_of_samples(run), hidden) for name in names.values()]
        for run in runs
    ]
    first = list(dict.fromkeys((r, name) for r, names in enumerate(own) for name in names))
    yield from first
    everybody = dict.fromkeys(name for names in own for name in names)
    yield from ((r, name) for name in everybody for r in range(len(runs)) if (r, name) not in set(first))


class _Shelf:
    """Where one run's maps come from; its files are looked for when a map is lacking, once."""

    def __init__(self, run: Run, folder: Path, wish: Wish, stack: ExitStack) -> None:
        self._run, self._folder, self._wish, self._stack = run, folder, wish, stack
        self._source: Source | None = None
        self._rows = {str(row["sample"]): row for row in run.samples.to_dict("records")}
        self.why = ""

    def map_of(self, sample: str) -> bytes | None:
        """The map; None if the sample has no score, or its files are not here."""
        row = self._rows[sample]
        if row["status"] != "ok":
            return None
        scores = {name: float(row[name]) for name in self._run.metrics}
        content = read_map(self._folder / FOLDER, sample, scores)
        return content if content is not None else self._again(sample, scores)

    def _again(self, sample: str, scores: Mapping[str, float]) -> bytes | None:
        if self.why:
            return None
        try:
            if self._source is None:
                pred = self._wish.preds.get(str(self._folder))
                self._source = self._stack.enter_context(opened(self._run, self._wish.root, pred))
            return encoded_map_of(self._source.measured(sample), scores)
        except (FsbenchError, OSError) as error:
            self.why = str(error)
            return None


def named(runs: Sequence[Run], pattern: str | None, everything: bool) -> tuple[str, ...] | None:
    """The samples that the user asked for; UsageError if a part of the pattern names none."""
    samples = tuple(Sample(str(name), {}) for name in runs[0].samples["sample"])
    if pattern is not None:
        samples = select(samples, pattern, runs[0].benchmark)
    return tuple(sample.name for sample in samples) if everything or pattern is not None else None
