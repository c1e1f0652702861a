"""From run folders to the page."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fsbench.core.errors import UsageError
from fsbench.report.page.chapter import chapter
from fsbench.report.page.faces import Wish, named
from fsbench.report.page.write import write
from fsbench.report.plots.styles import method_styles
from fsbench.report.selection import distinct_labels
from fsbench.runs import Run


def report(
    runs: Sequence[Run],
    folders: Sequence[Path],
    *,
    samples: str | None = None,
    everything: bool = False,
    wish: Wish | None = None,
) -> tuple[str, list[str]]:
    """Write runs as one page, a chapter for each benchmark in the order of their first runs.

    Parameters
    ----------
    runs : sequence of Run
    folders : sequence of Path
        Of the runs.
    samples : str, optional
        Pattern of the samples that are shown in 3D, see `fsbench.benchmarks.selection.select`.
    everything : bool
        All samples are.
    wish : Wish, optional
        Where files are that have moved.

    Returns
    -------
    page : str
    notes : list of str
        What the page leaves out, and why.

    Raises
    ------
    UsageError
        If there is no run, two of a benchmark do not compare, or no benchmark has the samples.
    """
    if not runs:
        raise UsageError("no run is given; name at least one run folder")
    groups = {name: [i for i, run in enumerate(runs) if run.benchmark == name] for name in _benchmarks(runs)}
    labels = {name: distinct_labels([runs[i] for i in of], [folders[i] for i in of]) for name, of in groups.items()}
    everybody = list(dict.fromkeys(label for shown in labels.values() for label in shown))
    look = dict(zip(everybody, method_styles(everybody), strict=True))
    wishes = _wishes([[runs[i] for i in of] for of in groups.values()], samples, everything, wish or Wish())
    chapters = [
        chapter(
            [runs[i] for i in of],
            labels[name],
            [folders[i] for i in of],
            [look[label] for label in labels[name]],
            one,
        )
        for (name, of), one in zip(groups.items(), wishes, strict=True)
    ]
    return write(chapters), [note for one in chapters for note in one.data["notes"]]


def _benchmarks(runs: Sequence[Run]) -> list[str]:
    return list(dict.fromkeys(run.benchmark for run in runs))


def _wishes(groups: Sequence[Sequence[Run]], samples: str | None, everything: bool, wish: Wish) -> list[Wish]:
    """Which samples of each benchmark; a pattern has to fit one of them, not all."""
    found, error = [], None
    for runs in groups:
        try:
            found.append(replace(wish, samples=named(runs, samples, everything)))
        except UsageError as why:
            found.append(wish)
            error = why
    if error is not None and all(one.samples is None for one in found):
        raise error
    return found
