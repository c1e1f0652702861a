"""What every protocol declares of its columns, and that all of them together are one language."""

import pytest

from fsbench.benchmarks import load_spec, spec_names
from fsbench.core.quantities import Quantity, quantity
from fsbench.metrics.surface_distance import STATISTICS
from fsbench.protocols.facescape import quantities as facescape
from fsbench.protocols.known_quantities import known_quantities, union
from fsbench.protocols.landmark_warp import quantities as landmark_warp
from fsbench.protocols.micc import quantities as micc
from fsbench.protocols.now import quantities as now
from fsbench.protocols.scan import quantities as scan
from fsbench.protocols.shared_quantities import distance_statistics
from fsbench.runs.pooled_statistics import QUANTITIES as POOLED

# Headings, direction and decimals of 0.4, which were read off the names: published tables show them.
_SHOWN = """
cd_mm|CD (mm)|lower|2
mne_rad|MNE (rad)|lower|3
cr|CR (%)|higher|1
cd_ref_to_pred_mm|CD ref to pred (mm)|lower|2
cd_pred_to_ref_mm|CD pred to ref (mm)|lower|2
normal_deg|Normal angle (deg)|lower|2
depth_shift_mm|Depth shift (mm)|None|2
overlap_px|Overlap (px)|None|0
score_mm|Score (mm)|lower|2
mean_mm|Mean (mm)|lower|2
median_mm|Median (mm)|lower|2
std_mm|Std (mm)|None|2
rmse_mm|Rmse (mm)|lower|2
p90_mm|P90 (mm)|lower|2
share_1mm|Within 1 mm (%)|higher|1
share_2_5mm|Within 2.5 mm (%)|higher|1
share_5mm|Within 5 mm (%)|higher|1
symmetric_share_5mm|Symmetric within 5 mm (%)|higher|1
ref_to_pred_rmse_mm|Ref to pred rmse (mm)|lower|2
pred_to_ref_mean_mm|Pred to ref mean (mm)|lower|2
corresponding_p90_mm|Corresponding p90 (mm)|lower|2
nearest_share_2_5mm|Nearest within 2.5 mm (%)|higher|1
covered_share|Covered share (%)|higher|1
inlier_share|Inlier share (%)|higher|1
alignment_rms_mm|Alignment rms (mm)|None|2
landmark_rms_mm|Landmark rms (mm)|None|2
frames_std_mm|Frames std (mm)|None|2
mm_per_unit|Mm per unit|None|3
ref_mm_per_unit|Ref mm per unit|None|3
iterations|Iterations|None|3
suspicious|Suspicious|None|3
pooled_median_mm|Pooled median (mm)|lower|2
pooled_p90_mm|Pooled p90 (mm)|lower|2
"""


@pytest.mark.parametrize("line", _SHOWN.split("\n")[1:-1])
def test_columns_read_as_they_did(line: str) -> None:
    name, *expected = line.split("|")
    what = (dict(known_quantities()) | {one.name: one for one in POOLED})[name]
    assert [what.heading, str(what.better), str(what.decimals)] == expected
    assert what.factor == (100.0 if what.unit == "%" else 1.0)


def test_statistics_of_distances_are_those_that_are_measured() -> None:
    assert tuple(one.name for one in distance_statistics()) == STATISTICS


@pytest.mark.parametrize(
    "declared",
    [facescape.METRICS, scan.METRICS, landmark_warp.METRICS, now.METRICS, (*micc.METRICS, *micc.OF_FRAMES)],
    ids=["facescape", "scan", "landmark_warp", "now", "micc"],
)
def test_declarations_hold_together(declared: tuple[Quantity, ...]) -> None:
    names = [one.name for one in declared]
    assert len(names) == len(set(names))
    assert {one.beside for one in declared} <= {"", *names}
    for one in declared:
        assert one.pooled == "mean", "a column has a value a sample"
        assert known_quantities()[one.name] == one


def test_two_protocols_may_not_contradict_each_other() -> None:
    with pytest.raises(ValueError, match="different things by the column cd_mm"):
        union([facescape.METRICS, [Quantity("cd_mm", "CD", "mm", 2, "higher")]])


def test_main_metrics_of_every_benchmark_are_declared() -> None:
    known = dict(known_quantities()) | {one.name: one for one in POOLED}
    for name in spec_names():
        for metric in load_spec(name).main_metrics:
            what = quantity(metric, known)
            assert what.name in known or what.column in known, f"{name}: {metric}"
