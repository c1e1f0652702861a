"""One table over several benchmarks: a row a method, a group of columns a benchmark."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fsbench.core.errors import UsageError
from fsbench.core.visible import visible
from fsbench.report.model import Table
from fsbench.report.selection import clean_label, has_metric
from fsbench.report.tables import build
from fsbench.runs import Run
from fsbench.stats.layout import OVERALL, spec_of


@dataclass(frozen=True, slots=True)
class Across:
    """Methods across benchmarks.

    Attributes
    ----------
    labels : tuple of str
        Of the methods, in the order of their first runs.
    titles : tuple of str
        Of the benchmarks, in the order of their first runs; no two are alike.
    tables : tuple of Table
        By benchmark, over all its samples; a method without a run of it has no row.
    """

    labels: tuple[str, ...]
    titles: tuple[str, ...]
    tables: tuple[Table, ...]

    @property
    def title(self) -> str:
        """Title of the table, in one line."""
        n = len(self.tables)
        return self.tables[0].title if n == 1 else f"Methods across {n} benchmarks, all samples of each"

    @property
    def notes(self) -> tuple[str, ...]:
        """The benchmarks' notes, each once: first those of all benchmarks, then others with the name of theirs."""
        said: dict[str, list[str]] = {}
        for title, table in zip(self.titles, self.tables, strict=True):
            for note in dict.fromkeys(table.notes):
                said.setdefault(note, []).append(title)
        general = [note for note, of in said.items() if len(of) == len(self.titles)]
        return (*general, *(f"{'; '.join(of)}: {note}" for note, of in said.items() if note not in general))


def build_across(
    runs: Sequence[Run],
    folders: Sequence[Path],
    metrics: Sequence[str] | None = None,
    *,
    policy: str = "legacy",
    ci: bool = False,
) -> Across:
    """Put runs of several benchmarks into one table.

    Parameters
    ----------
    runs : sequence of Run
        At most one of a method and a benchmark; methods are joined by their labels.
    folders : sequence of Path
        Of the runs.
    metrics : sequence of str, optional
        A benchmark shows those that its runs have; None: its main ones.
    policy, ci
        See `fsbench.report.tables.build`.

    Raises
    ------
    UsageError
        If two runs are of the same method and benchmark, two of a benchmark do not compare, a benchmark has none of
        the metrics, or a metric is in none.
    """
    _refuse_second(runs, folders)
    groups = by_benchmark(runs)
    chosen = _chosen([of[0] for of in groups], metrics)
    tables = tuple(build(of, OVERALL, names, policy=policy, ci=ci) for of, names in zip(groups, chosen, strict=True))
    labels = tuple(dict.fromkeys(clean_label(run.method) for run in runs))
    return Across(labels, _titles([of[0] for of in groups]), tables)


def by_benchmark(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs of each benchmark, in the order of their first runs."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.benchmark, []).append(run)
    return list(groups.values())


def _refuse_second(runs: Sequence[Run], folders: Sequence[Path]) -> None:
    """Raise UsageError if two runs would share a cell of the table."""
    if not runs:
        raise UsageError("no run is given; name at least one run folder")
    firsts: dict[tuple[str, str], Path] = {}
    for run, folder in zip(runs, folders, strict=True):
        method = clean_label(run.method)
        first = firsts.setdefault((method, run.benchmark), folder)
        if first is not folder:
            raise UsageError(
                f"{first} and {folder} are both runs of {method} on {run.benchmark}, and a table across benchmarks has "
                "one place for them: leave one out, or name one anew with `fsbench score --method`"
            )


def _chosen(firsts: Sequence[Run], metrics: Sequence[str] | None) -> list[list[str] | None]:
    """By benchmark, its metrics among those asked for."""
    if metrics is None:
        return [None] * len(firsts)
    found: list[list[str] | None] = []
    for run in firsts:
        own = [name for name in metrics if has_metric(run, name)]
        if not own:
            asked = ", ".join(metrics) or "no name"
            raise UsageError(f"--metrics {asked}: runs of {run.benchmark} have {', '.join(run.metrics)}: name one")
        found.append(own)
    for name in metrics:
        if not any(own and name in own for own in found):
            raise UsageError(f"--metrics: no run of {', '.join(run.benchmark for run in firsts)} has {name!r}")
    return found


def _titles(firsts: Sequence[Run]) -> tuple[str, ...]:
    """The benchmarks' titles; where two are alike, with their names."""
    titles = [_title(run) for run in firsts]
    return tuple(
        title if titles.count(title) == 1 else f"{title} ({visible(run.benchmark)})"
        for title, run in zip(titles, firsts, strict=True)
    )


def _title(run: Run) -> str:
    spec = spec_of(run)
    return clean_label(spec.title if spec is not None else str(run.manifest.get("title") or run.benchmark))
