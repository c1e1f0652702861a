"""The statistics on the public per-sample files: figures that were worked out outside of this package."""

from pathlib import Path

import numpy as np
import pytest

from fsbench.report.comparison import write_text
from fsbench.runs import Record, Run, assemble
from fsbench.stats import compare, policy_orders, summaries

POSES = ("0-5", "5-30", "30-60", "60-90")
FOCAL_PX = ("1200", "600", "300")
# ends of intervals of 10,000 resamples of 20 subjects, by two kinds of bootstrap interval
INTERVAL_MM = 0.04


def bins_of(benchmark: str) -> dict[str, dict[str, str]]:
    if benchmark == "fswild":
        return {f"{i:03d}": {"pose_deg": POSES[i // 100]} for i in range(400)}
    view_deg = ["0", *["30"] * 8, *["60"] * 2]
    return {
        f"{s:02d}_{f}_{v:02d}": {"subject": f"{s:02d}", "pose_deg": view_deg[v], "focal_px": FOCAL_PX[f]}
        for s in range(20)
        for f in range(3)
        for v in range(11)
    }


def run_of(folder: Path) -> Run:
    benchmark, _, method = folder.name.partition("_")
    bins = bins_of(benchmark)
    columns = {
        metric: np.loadtxt(folder / f"{name}_full.txt")
        for metric, name in (("cd_mm", "CD"), ("mne_rad", "MNE"), ("cr", "CR"))
    }
    records = [
        Record(name, "ok", scores={metric: float(column[i]) for metric, column in columns.items()})
        if i < len(columns["cd_mm"]) and np.isfinite(columns["cd_mm"][i])
        else Record(name, "missing", "no value in the published files")
        for i, name in enumerate(bins)
    ]
    manifest = {"benchmark": benchmark, "method": method, "signature": f"{benchmark}|official-files"}
    return assemble(records, bins, list(columns), manifest)


@pytest.fixture(scope="module")
def lab(shared) -> dict[str, Run]:
    folders = sorted((shared / "data/facescape/eval_result").glob("fslab_*"))
    return {run.method: run for run in map(run_of, folders)}


@pytest.fixture(scope="module")
def wild(shared) -> dict[str, Run]:
    folders = sorted((shared / "data/facescape/eval_result").glob("fswild_*"))
    return {run.method: run for run in map(run_of, folders)}


def test_prnet_in_the_lab_is_known_to_a_third_of_a_millimetre(lab):
    row = summaries([lab["PRNet"]], metrics=["cd_mm"]).iloc[0]
    assert row["mean"] == pytest.approx(3.5625, abs=5e-4)
    assert row["low"] == pytest.approx(3.26, abs=INTERVAL_MM)
    assert row["high"] == pytest.approx(3.96, abs=INTERVAL_MM)
    assert row["n_clusters"] == 20


def test_ignoring_the_subjects_makes_the_interval_far_too_narrow(lab):
    samples = lab["PRNet"].samples.drop(columns="subject")
    manifest = {**lab["PRNet"].manifest, "bins": ["pose_deg", "focal_px"]}
    naive_strata = summaries([Run(samples, manifest)], metrics=["cd_mm"]).iloc[0]
    values = samples["cd_mm"]
    half = 1.96 * values.std() / len(values) ** 0.5
    assert (values.mean() - half, values.mean() + half) == (
        pytest.approx(3.48, abs=5e-3),
        pytest.approx(3.64, abs=6e-3),
    )
    # resampling within poses takes a little more off
    assert 0.9 * 2 * half < naive_strata["high"] - naive_strata["low"] < 2 * half


def test_prnet_and_3ddfa_v2_cannot_be_told_apart_in_the_lab(lab):
    row = compare([lab["PRNet"], lab["3DDFA_V2"]], metrics=["cd_mm"]).differences.iloc[0]
    assert row["difference"] == pytest.approx(-0.04, abs=5e-3)
    assert row["low"] == pytest.approx(-0.14, abs=0.01)
    assert row["high"] == pytest.approx(0.06, abs=0.015)
    assert row["verdict"].startswith("no difference shown: -0.04 mm [-0.1")
    assert row["verdict"].endswith(", 20 subjects")


def test_seven_of_thirteen_neighbours_in_the_lab_cannot_be_told_apart_by_textbook_intervals(lab):
    plain = compare(list(lab.values()), metrics=["cd_mm"], pairs="neighbours", widen=False).differences
    plain = plain[plain["metric"] == "cd_mm"]
    assert len(plain) == 13
    assert ((plain["low"] < 0) & (plain["high"] > 0)).sum() == 7


def test_what_failures_count_as_moves_methods_in_the_wild(wild):
    runs = [run for run in wild.values() if run.method != "DF2Net"]
    assert len(runs) == 13
    orders = policy_orders(runs, "cd_mm")
    ranks = orders.table[["rank_legacy", "rank_common", "rank_penalised"]]
    assert ranks.loc["DECA"].tolist() == [4, 2, 3]
    assert ranks.loc["UDL"].tolist() == [3, 3, 9]
    assert (orders.table["n_common"] == 320).all()
    assert orders.sentence().startswith(
        "what failed samples count as changes the order by CD: UDL is 3rd (legacy), 3rd (common), 9th (penalised)"
    )


def test_the_published_means_come_out(lab, wild):
    frontal = summaries([wild["UDL"]], by="pose", ci=False).set_index(["metric", "bin"])
    # fswild, table 1, row UDL, +-5 degrees: 2.25 mm, 0.084 rad, 69.1 %
    assert round(frontal.loc[("cd_mm", "0-5"), "mean"], 2) == 2.25
    assert round(frontal.loc[("mne_rad", "0-5"), "mean"], 3) == 0.084
    assert round(100 * frontal.loc[("cr", "0-5"), "mean"], 1) == 69.1
    # fslab, table 2, row DF2Net: at 60 degrees and f = 1200 px no sample has a value
    steep = summaries([lab["DF2Net"]], by="pose", where={"focal_px": "1200"}, metrics=["cd_mm"]).set_index("bin")
    assert round(steep.loc["0", "mean"], 2) == 4.48
    assert np.isnan(steep.loc["60", "mean"])
    assert (steep.loc["60", "n_scored"], steep.loc["60", "n_total"]) == (0, 40)


def test_the_short_file_keeps_the_benchmark_s_denominator(wild):
    row = summaries([wild["DF2Net"]], metrics=["cd_mm"], ci=False).iloc[0]
    assert (row["n_scored"], row["n_total"], row["done"]) == (280, 400, 0.7)


def test_the_example_in_the_docs_is_what_is_printed(lab):
    page = (Path(__file__).resolve().parents[2] / "docs/statistics.md").read_text(encoding="utf-8")
    _, example = page.split("```\n$ fsbench compare PRNet 3DDFA_V2\n")
    example = example[: example.index("```")]
    printed = write_text(compare([lab["PRNet"], lab["3DDFA_V2"]], metrics=["cd_mm"]))
    assert printed.startswith(example)


def test_four_neighbours_in_the_lab_can_be_told_apart(lab):
    rows = compare(list(lab.values()), metrics=["cd_mm"], pairs="neighbours").differences
    assert (rows[rows["metric"] == "cd_mm"]["winner"] != "").sum() == 4
