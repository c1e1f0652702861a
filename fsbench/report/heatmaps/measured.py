"""Measure single samples of a run again, to see where their error is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fsbench.adapters import AdapterLike
from fsbench.benchmarks import Benchmark
from fsbench.errors import UsageError
from fsbench.metrics.cylinder import cylinder_mesh
from fsbench.report.heatmaps.pictures import Heat
from fsbench.report.layout import Layout
from fsbench.runs import Run

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
        if self.benchmark.signature != self.run.signature:
            raise UsageError(
                f"the run was measured as\n  {self.run.signature}\n"
                f"this fsbench measures\n  {self.benchmark.signature}\nscore it again to see where its error is"
            )

    def heat(self, sample: str, *, brief: bool = False) -> Heat:
        """Measure a sample again.

        Raises
        ------
        UsageError
            If the run has no score for it, or the files give another score than the run.
        """
        recorded = self._recorded_cd_mm(sample)
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

    def _recorded_cd_mm(self, sample: str) -> float:
        rows = self.run.samples[self.run.samples["sample"] == sample]
        if not len(rows):
            names = self.run.samples["sample"]
            raise UsageError(
                f"the run has no sample {sample!r}; its samples run from {names.iloc[0]} to {names.iloc[-1]}"
            )
        if rows["status"].item() != "ok":
            raise UsageError(f"{sample} has no score, it is {rows['status'].item()}: {rows['reason'].item()}")
        return float(rows["cd_mm"].item())


def picks(run: Run, layout: Layout) -> list[tuple[str, dict[str, str]]]:
    """The best, median and worst sample by CD of each bin that has a score: (title of the bin, names by pick).

    Two scores are the best and the worst, a single one is the median.
    """
    found = []
    for bin_ in layout.bins:
        inside = run.samples[layout.members(run.samples, bin_) & (run.samples["status"] == "ok")]
        names = list(inside.sort_values(["cd_mm", "sample"])["sample"])
        if names:
            found.append((bin_.title, _picks(names)))
    return found


def _picks(names: Sequence[str]) -> dict[str, str]:
    if len(names) == 1:
        return {"median": names[0]}
    middle = {"median": names[len(names) // 2]} if len(names) > 2 else {}
    return {"best": names[0], **middle, "worst": names[-1]}
