"""Measure single samples of a run again, to see where their error is."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from fsbench.benchmarks import Benchmark
from fsbench.core.errors import UsageError
from fsbench.core.signatures import differences
from fsbench.protocols.measurement import Measurement, Scores
from fsbench.report.heatmaps.pictures import Heat
from fsbench.report.heatmaps.upright import outer_side, upright
from fsbench.report.selection import main_of_samples
from fsbench.runs import Run
from fsbench.stats.layout import BinLayout
from fsbench.submissions.submission import Submission

_SAME_MM = 1e-3
"""A repeated measurement gives the recorded score to rounding; 1e-3 mm is below what is printed."""

PICKS = ("best", "median", "worst")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where a run's meshes are.

    Attributes
    ----------
    run : Run
    benchmark : Benchmark
        Opened with the choice that the run was scored with.
    submission : Submission
        Read as the run was.
    """

    run: Run
    benchmark: Benchmark
    submission: Submission

    def __post_init__(self) -> None:
        refuse_other_signature(self.run, self.benchmark.signature)

    @property
    def metric(self) -> str:
        """The metric that ranks samples."""
        return main_of_samples(self.run)

    @property
    def note(self) -> str:
        """The note on millimetres that a picture must carry."""
        return self.benchmark.protocol.distances_note

    def heat(self, sample: str, *, brief: bool = False) -> Heat:
        """Measure a sample again; the prediction is shown where the reference has something to compare it with.

        Raises
        ------
        UsageError
            If the run has no score for it, the files give another score than the run, or nothing can be shown.
        """
        found = self.measured(sample)
        try:
            compared, distances_mm = found.compared()
        except UsageError as error:
            raise UsageError(f"{sample}: {error}") from None
        numbers = ", ".join(_numbers(self.run, found.scores, self.metric))
        protocol = self.benchmark.protocol
        if protocol.distances_metric and not brief:
            (shown,) = _numbers(self.run, found.scores, protocol.distances_metric)
            # "Mean" in the middle of a sentence, but "L2".
            numbers += f", {shown[:1].lower() if shown[1:2].islower() else shown[:1]}{shown[1:]}"
        title = f"{sample}: {numbers}" if brief else f"{self.run.method}, {self.run.benchmark} {sample}: {numbers}"
        turn, axes = None, ""
        if not found.in_head_frame:
            turn = upright(found.reference, found.landmarks)
            turn, axes = outer_side(found.reference) if turn is None else (turn, "")
        notes = () if brief else found.scores.notes
        about = (protocol.distances_unit, turn, axes, notes, protocol.distances_at)
        return Heat(title, compared, distances_mm, found.reference, *about)

    def measured(self, sample: str) -> Measurement:
        """Measure a sample again; UsageError if the run has no score for it, or the files give another one."""
        recorded = float(scored_row(self.run, sample)[self.metric].item())
        found = self.benchmark.measure(sample, self.submission.load(self.benchmark, sample))
        score, known = found.scores[self.metric], self.run.quantity(self.metric)
        if abs(score - recorded) > _SAME_MM:
            files = "the adapter" if self.benchmark.protocol.in_camera else "the landmarks"
            raise UsageError(
                f"{sample}: these files give {known.label} {score:.3f}, the run says {recorded:.3f}; "
                f"are --pred, --root and {files} those of the run?"
            )
        return found


def _numbers(run: Run, scores: Scores, metric: str) -> Iterator[str]:
    """The metric, and its companion."""
    known = run.quantity(metric)
    for one in (known, *([run.quantity(known.beside)] if known.beside in scores.values else [])):
        yield f"{one.label} {one.show(scores[one.name])} {one.unit}".rstrip()


def refuse_other_signature(run: Run, signature: str) -> None:
    """UsageError if the run has another signature than `signature`."""
    if signature != run.signature:
        raise UsageError(
            "the run was measured otherwise than this fsbench, as it is called, measures. They differ in\n"
            + "".join(f"  {line}\n" for line in differences(run.signature, signature))
            + "say the options of the run again, or score it again to see where its error is"
        )


def scored_row(run: Run, sample: str) -> pd.DataFrame:
    """The one row of a sample; UsageError if the run has none, or no score for it."""
    rows = run.samples[run.samples["sample"] == sample]
    if not len(rows):
        names = run.samples["sample"]
        raise UsageError(f"the run has no sample {sample!r}; its samples run from {names.iloc[0]} to {names.iloc[-1]}")
    if rows["status"].item() != "ok":
        raise UsageError(f"{sample} has no score, it is {rows['status'].item()}: {rows['reason'].item()}")
    return rows


def picks(
    run: Run, layout: BinLayout, metric: str = "cd_mm", hidden: Collection[str] = ()
) -> list[tuple[str, dict[str, str]]]:
    """The best, median and worst sample by a metric of each bin that has a score: (title of the bin, names by pick).

    Two scores are the best and the worst, a single one is the median. Hidden samples are passed over.
    """
    found = []
    for bin_ in layout.bins:
        inside = run.samples[layout.members(run.samples, bin_) & (run.samples["status"] == "ok")]
        ordered = inside[inside[metric].notna()].sort_values([metric, "sample"])["sample"]
        names = [name for name in ordered if str(name) not in hidden]
        if names:
            found.append((bin_.title, _picks(names)))
    return found


def _picks(names: Sequence[str]) -> dict[str, str]:
    if len(names) == 1:
        return {"median": names[0]}
    middle = {"median": names[len(names) // 2]} if len(names) > 2 else {}
    return {"best": names[0], **middle, "worst": names[-1]}
