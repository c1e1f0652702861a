"""What a table says, and which runs it refuses to hold."""

import math
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity
from fsbench.protocols.known_quantities import known_quantities
from fsbench.report import best_and_second
from fsbench.report.plots.figure import plot
from fsbench.report.selection import clean_label, distinct_labels
from fsbench.report.tables import build
from fsbench.runs import Record, Run, assemble
from fsbench.stats.layout import default_layouts


def test_cells_are_means_over_the_scored_samples_of_the_bin(make_run):
    run = make_run(fail={"5-30": 10})
    (row,) = build([run], "pose").rows
    part = run.samples[(run.samples["pose_deg"] == "5-30") & (run.samples["status"] == "ok")]
    cell = row.cells[1][0]
    # rel: summation order
    assert cell.mean == pytest.approx(part["cd_mm"].mean(), rel=1e-12)
    assert cell.median == pytest.approx(part["cd_mm"].median(), rel=1e-12)
    assert (cell.n_scored, cell.n_total) == (10, 100)
    assert (row.n_scored, row.n_total) == (310, 400)
    assert row.done == 310 / 400


def test_lab_by_pose_is_at_1200_px_with_done_over_all(make_run):
    run = make_run(benchmark="fslab", fail={"60": 0})
    (row,) = build([run], "pose").rows
    part = run.samples[(run.samples["pose_deg"] == "30") & (run.samples["focal_px"] == "1200")]
    assert row.cells[1][0].n_total == len(part) == 160
    assert row.cells[1][0].mean == pytest.approx(part["cd_mm"].mean(), rel=1e-12)
    assert math.isnan(row.cells[2][0].mean)
    assert row.cells[2][0].n_scored == 0
    assert (row.n_scored, row.n_total) == (540, 660)
    note = "Means over the samples that have a score, all at a focal length of 1200 px; done is over all samples."
    assert note in build([run], "pose").notes
    (everything,) = build([run], "pose-all").rows
    assert everything.cells[1][0].n_total == 480


def test_overall_columns_are_those_of_the_table_over_all_samples(make_run):
    runs = [make_run(fail={"60-90": 7}), make_run("PRNet", level=4.0)]
    by_pose, whole = build(runs, "pose", ci=True), build(runs, "overall", ci=True)
    assert [row.overall for row in by_pose.rows] == [row.cells[0] for row in whole.rows]
    assert by_pose.rows[0].overall[0].mean == pytest.approx(runs[0].samples["cd_mm"].mean(), rel=1e-12)
    assert (by_pose.rows[0].overall[0].n_scored, by_pose.rows[0].overall[0].n_total) == (307, 400)
    assert best_and_second.of_table(by_pose)[0, 4, 0] == 1, "the other mean over all is larger"
    failed = build(runs, "pose", policy="penalised")
    assert failed.rows[0].overall[0].mean > by_pose.rows[0].overall[0].mean


def test_overall_columns_hold_spreads_too(make_run):
    run = make_run()
    (row,) = build([run], "pose", ["cd_mm", "std_of_cd_mm"]).rows
    # rel: summation order; of the population, as every spread
    assert row.overall[-1].mean == pytest.approx(run.samples["cd_mm"].std(ddof=0), rel=1e-12)


def test_only_tables_that_ask_for_them_have_overall_columns(make_run):
    assert all(not row.overall for row in build([make_run(benchmark="fslab")], "focal").rows)


def test_default_layouts(make_run):
    assert default_layouts(make_run()) == ["pose"]
    assert default_layouts(make_run(benchmark="fslab")) == ["pose", "focal"]


def test_bin_with_one_sample_has_its_value(make_run):
    run = make_run(fail={"60-90": 1})
    table = build([run], "pose", ci=True)
    cell = table.rows[0].cells[3][0]
    only = run.samples[(run.samples["pose_deg"] == "60-90") & (run.samples["status"] == "ok")]
    assert cell.mean == only["cd_mm"].item()
    assert any("DECA ±90° 1 of 100" in note for note in table.notes)


def test_interval_holds_the_mean(make_run):
    table = build([make_run()], "pose", ci=True)
    for cells in table.rows[0].cells:
        assert cells[0].low < cells[0].mean < cells[0].high
    assert any("95 % bootstrap" in note for note in table.notes)


def test_cd_brings_cr_with_it(make_run):
    table = build([make_run()], "pose", metrics=["cd_mm"])
    assert [metric.name for metric in table.metrics] == ["cd_mm", "cr"]
    assert any("pupil distance" in note for note in table.notes)


def test_other_signature_is_refused_naming_the_parts_that_differ(make_run):
    runs = [make_run(name, signature=f"fswild|map:256|cd:{cd}|{v}") for name, cd, v in (("A", 1, "v1"), ("B", 2, "v2"))]
    with pytest.raises(UsageError, match=r"differ in\n  cd: 1 / 2\n  version: v1 / v2\nscore both") as refused:
        build(runs)
    assert "256" not in str(refused.value)


def test_other_benchmark_is_refused_naming_both(make_run):
    with pytest.raises(UsageError, match=r"fswild.*fslab"):
        build([make_run("A"), make_run("B", benchmark="fslab")])


def test_other_samples_are_refused(make_run):
    with pytest.raises(UsageError, match=r"400 samples.*150"):
        build([make_run("A"), make_run("B", keep=150)])


def test_same_label_is_refused(make_run):
    with pytest.raises(UsageError, match="two runs are called 'DECA'"):
        build([make_run(), make_run(level=5)])


def test_unknown_layout_and_metric_say_what_there_is(make_run):
    with pytest.raises(UsageError, match="pose, overall, pose_deg"):
        build([make_run()], "focal")
    with pytest.raises(UsageError, match="cd_mm, mne_rad, cr, overlap_px"):
        build([make_run()], metrics=["f_score"])
    with pytest.raises(UsageError, match="no run"):
        build([])


def test_part_of_a_benchmark_is_said_to_be_one(make_run):
    table = build([make_run(keep=150)])
    assert "150 of its 400 samples" in table.notes[0]
    assert table.rows[0].n_total == 150
    assert [cells[0].n_total for cells in table.rows[0].cells] == [100, 50, 0, 0]


SCANS = "scan|test|references:3/a9e04bc4|v1"


@pytest.mark.parametrize(
    ("benchmark", "manifest", "said"),
    [
        ("scan", {"benchmark_samples": 3}, "A part of the benchmark: 2 of its 3 samples."),
        ("now", {"benchmark_samples": 352}, "A part of the benchmark: 2 of its 352 samples."),
        ("mine", {"benchmark_samples": 3}, "A part of the benchmark: 2 of its 3 samples."),
        ("scan", {"benchmark_samples": 2, "signature": SCANS}, None),
        # Written before the number was.
        ("scan", {"signature": SCANS}, "A part of the benchmark: 2 of its 3 samples."),
        ("now", {"shard": {"number": 1, "of": 2}}, "A part of the benchmark: the 2 samples of shard 1 of 2."),
        ("micc-deng2019", {"benchmark_samples": 2}, "A part of the data set: 1 of its 53 subjects."),
    ],
)
def test_part_of_a_benchmark_of_scans_is_said_to_be_one(benchmark, manifest, said):
    bins = {name: {"subject": "s", "challenge": "selfie", "condition": "indoor"} for name in ("a", "b")}
    records = [Record(name, "ok", scores={"score_mm": 1.0}) for name in bins]
    about = {"benchmark": benchmark, "method": "M", "signature": "test|v1", **manifest}
    run = assemble(records, bins, ["score_mm"], about)
    assert [note for note in build([run]).notes if "A part of" in note] == [said] * (said is not None)
    assert (said or "") in plot([run]).caption


def test_suspicious_alignments_are_said(make_run):
    def doubted(name: str, *samples: str) -> Run:
        run = make_run(name, fail={"5-30": 0})
        return Run(run.samples, {**run.manifest, "suspicious": dict.fromkeys(samples, "4.2 mm apart")})

    said = build([doubted("A", "000", "001"), doubted("B"), doubted("C", "002"), make_run("D")]).notes[-2:]
    assert said == (
        "A: 2 of 300 alignments are suspicious, see run.json.",
        "C: 1 of 300 alignments is suspicious, see run.json.",
    )


def test_default_layouts_of_a_part_are_those_it_has_samples_for(make_run):
    run = make_run(benchmark="fslab", keep=33)
    part = Run(run.samples[run.samples["focal_px"] != "1200"], run.manifest)
    assert default_layouts(part) == ["focal", "pose-all"]
    assert [cells[0].n_scored for cells in build([part], "focal").rows[0].cells] == [0, 11, 11]


def test_labels_apart_by_folder(make_run):
    runs = [make_run(), make_run(level=5), make_run("PRNet")]
    folders = [Path("a/first"), Path("b/second"), Path("c")]
    assert distinct_labels(runs, folders) == ["DECA (first)", "DECA (second)", "PRNet"]
    assert distinct_labels(runs[:2], [Path("a/run"), Path("b/run")]) == ["DECA (a/run)", "DECA (b/run)"]
    with pytest.raises(UsageError, match="named twice"):
        distinct_labels(runs[:2], [Path("a"), Path("b/../a")])


def test_label_cannot_drive_a_terminal():
    assert clean_label("\x1b[31mred\nline\x07\u202e\x9b") == r"\x1b[31mred line\x07\u202e\x9b"
    assert len(clean_label("x" * 500)) == 60
    assert clean_label(" \t ") != ""


def test_marks_follow_what_is_printed():
    cd, cr, px = (known_quantities()[name] for name in ("cd_mm", "cr", "overlap_px"))
    assert best_and_second.of_column([3.0, 2.0, 4.0], cd) == {1: 1, 0: 2}
    assert best_and_second.of_column([0.5, 0.9, np.nan], cr) == {1: 1}, "of two none is second best"
    assert best_and_second.of_column([2.001, 1.999, 5.0], cd) == {0: 1, 1: 1}, "the last is not second best"
    assert best_and_second.of_column([2.001, 1.999, 5.0, 6.0], cd) == {0: 1, 1: 1, 2: 2}
    assert best_and_second.of_column([3.0, 3.001, 2.0, 4.0], cd) == {2: 1, 0: 2, 1: 2}, "two share the second place"
    assert best_and_second.of_column([0.9, 0.0, 0.0], cr) == {0: 1}, "a tie at the worst"
    assert best_and_second.of_column([2.0, 2.001, 2.0], cd) == {0: 1, 1: 1, 2: 1}
    r2 = Quantity("motion_r2", "Motion R2", "", 2, "higher", high=1.0)
    assert best_and_second.of_column([0.9, 0.0, -1.2], r2) == {0: 1}, "0 is no achievement"
    assert best_and_second.of_column([2.0], cd) == {}
    assert best_and_second.of_column([1.0, 2.0], px) == {}
