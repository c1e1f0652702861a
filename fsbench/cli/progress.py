"""Progress of a run: a bar on a terminal, a few plain lines in a log, then a summary."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, cast

from fsbench.cli.messages import Messages, say
from fsbench.core.visible import visible
from fsbench.runs import Record, Run
from fsbench.runs.pool_files import OVERALL, POOLED
from fsbench.runs.saving import Saved
from fsbench.scoring.events import Began, Ended, Event, Said, Scored

_LINES_IN_A_LOG = 10
_SHOWN = 5


class Progress:
    """Show the events of a run as they come."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._step: Callable[[Record], None] = lambda _: None

    def __call__(self, event: Event) -> None:
        match event:
            case Said(text):
                say(text)
            case Began(title, total, done):
                self._step = self._open.enter_context(steps(title, total, done))
            case Scored(record):
                self._step(record)
            case Ended():
                self._open.close()


@contextmanager
def steps(title: str, total: int, done: int = 0) -> Iterator[Callable[[Record], None]]:
    """A bar on a terminal, a few plain lines in a log."""
    statuses: Counter[str] = Counter()
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (
            # A label is not markup: [red] in it is text.
            TextColumn(visible(title), markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[lost]}"),
        )
        with Bar(*columns, console=Console(file=cast(IO[str], Messages())), transient=True) as bar:
            task = bar.add_task(title, total=total, completed=done, lost="")

            def advance(record: Record) -> None:
                statuses[record.status] += record.status != "ok"
                lost = ", ".join(f"{count} {status}" for status, count in statuses.items() if count)
                bar.update(task, advance=1, lost=lost)

            yield advance
        return

    def log(record: Record) -> None:
        nonlocal done
        before, done = done, done + 1
        if before * _LINES_IN_A_LOG // total != done * _LINES_IN_A_LOG // total:
            say(f"{visible(title)}: {done} of {total}")

    yield log


def summarise(run: Saved, out: Path) -> int:
    """Print the samples without a score and their reasons on stderr; return the exit code."""
    counts, total = run.counts, sum(run.counts.values())
    n_lost = total - counts["ok"]
    say(
        f"{visible(run.benchmark)} {visible(run.method)}: {counts['ok']} of {total} samples scored"
        + "".join(f", {counts[status]} {status}" for status in counts if status != "ok" and counts[status])
        + f"; the run is in {out}",
    )
    for record in run.lost:
        say(f"  {visible(record.sample)} {record.status}: {record.reason}")
    if n_lost > len(run.lost):
        say(f"  ... and {n_lost - len(run.lost)} more, see {out / 'samples.csv'}")
    for note, n_samples in run.notes.items():
        say(f"note: {n_samples} of {total} samples: {visible(note)}")
    if counts["ok"] == 0:
        say("fsbench: nothing could be scored")
        return 2
    return 1 if n_lost else 0


def say_pooled(out: Path, n_samples: int) -> None:
    """Print the statistics that are pooled over all samples, if there are any."""
    if not (out / POOLED).is_file():
        return
    import pandas as pd

    table = pd.read_csv(out / POOLED)
    if table.empty:
        return
    overall = table[table["by"] == OVERALL].iloc[0]
    say(
        f"pooled over {int(overall['points'])} points of {int(overall['samples'])} samples: median "
        f"{overall['median_mm']:.2f}, mean {overall['mean_mm']:.2f}, std {overall['std_mm']:.2f} mm; "
        f"see {out / POOLED}",
    )
    left_out = n_samples - int(overall["samples"])
    if left_out:
        say(f"warning: {left_out} of {n_samples} samples have no score and are in no pooled number")


def say_doubts(run: Run, doubts: Mapping[str, str], out: Path) -> None:
    """Name the alignments that a person should look at."""
    fine = run.samples[run.samples["status"] == "ok"]
    if doubts:
        say(f"warning: {len(doubts)} of {len(fine)} alignments are suspicious")
    for sample, text in list(doubts.items())[:_SHOWN]:
        say(f"  {visible(sample)}: {visible(text)}")
    if len(doubts) > _SHOWN:
        say(f"  ... and {len(doubts) - _SHOWN} more, see {out / 'run.json'}")
