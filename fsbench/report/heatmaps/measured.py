"""Measure single samples of a run again, to see where their error is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from fsbench.benchmarks import Benchmark
from fsbench.core.errors import UsageError
from fsbench.core.signatures import differences
from fsbench.metrics.cylinder import cylinder_mesh
from fsbench.report.heatmaps.pictures import Heat
from fsbench.report.layout import Layout
from fsbench.runs import Run
from fsbench.submissions import AdapterLike

_SAME_MM = 1e-3
"""A repeated measurement gives the recorded CD to rounding; 1e-3 mm is below what is printed."""

PICKS = ("best", "median", "worst")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where a run's meshes are.

    Attributes
    ----------
    run : Run
    benchmark : Benchmark
    adapter : AdapterLike
        The one that the run was scored with.
    folder : Path
        Of the predictions.
    """

    run: Run
    benchmark: Benchmark
    adapter: AdapterLike
    folder: Path

    def __post_init__(self) -> None:
        refuse_other_signature(self.run, self.benchmark.signature)

    @property
    def metric(self) -> str:
        """What samples are ranked by."""
        return "cd_mm"

    @property
    def note(self) -> str:
        """What has to be said of the millimetres."""
        return "mm are normalised to a pupil distance of 62.85 mm"

    def heat(self, sample: str, *, brief: bool = False) -> Heat:
        """Measure a sample again.

        Raises
        ------
        UsageError
            If the run has no score for it, or the files give another score than the run.
        """
        recorded = float(scored_row(self.run, sample)["cd_mm"].item())
        known = self.benchmark.sample(sample)
        prepared = self.benchmark.prepare(known)
        found = prepared.measure(self.adapter.load(self.folder, sample, self.benchmark.focal_px(known)))
        scores = found.scores
        if abs(scores.cd_mm - recorded) > _SAME_MM:
            raise UsageError(
                f"{sample}: these files give a CD of {scores.cd_mm:.3f} mm, the run says {recorded:.3f}; "
                "are --pred, --root and the adapter those of the run?"
            )
        reference = cylinder_mesh(prepared.radius_mm)
        assert reference is not None, "a reference that scored has a surface"
        numbers = f"CD {scores.cd_mm:.2f} mm, CR {100 * scores.cr:.1f} %"
        title = f"{sample}: {numbers}" if brief else f"{self.run.method}, {self.run.benchmark} {sample}: {numbers}"
        return Heat(title, found.prediction, found.pred_to_ref_mm, reference)


def refuse_other_signature(run: Run, signature: str) -> None:
    """UsageError if the run was measured otherwise than `signature`."""
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


def picks(run: Run, layout: Layout, metric: str = "cd_mm") -> list[tuple[str, dict[str, str]]]:
    """The best, median and worst sample by a metric of each bin that has a score: (title of the bin, names by pick).

    Two scores are the best and the worst, a single one is the median.
    """
    found = []
    for bin_ in layout.bins:
        inside = run.samples[layout.members(run.samples, bin_) & (run.samples["status"] == "ok")]
        names = list(inside.sort_values([metric, "sample"])["sample"])
        if names:
            found.append((bin_.title, _picks(names)))
    return found


def _picks(names: Sequence[str]) -> dict[str, str]:
    if len(names) == 1:
        return {"median": names[0]}
    middle = {"median": names[len(names) // 2]} if len(names) > 2 else {}
    return {"best": names[0], **middle, "worst": names[-1]}
