"""`fsbench compare` as a user types it."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from fsbench.cli import main
from fsbench.runs import Record, Run, assemble, load_run

SIGNATURE = "bench|map:256|v1"


def write_run(folder: Path, method: str, cd, *, cr=0.9, signature: str = SIGNATURE) -> str:
    bins = {f"{s}_{p}": {"subject": str(s), "pose_deg": p} for s in range(8) for p in ("0", "30")}
    scores = dict(zip(bins, cd, strict=True))
    records = [
        Record(name, "ok", scores={"cd_mm": value, "cr": cr}) if np.isfinite(value) else Record(name, "missing", "none")
        for name, value in scores.items()
    ]
    manifest = {"benchmark": "bench", "method": method, "signature": signature}
    assemble(records, bins, ["cd_mm", "cr"], manifest).save(folder)
    return str(folder)


@pytest.fixture
def fsbench(capsys):
    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(["compare", *arguments])
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    return call


@pytest.fixture
def runs(tmp_path):
    base = np.arange(16) % 5 + 1.0
    return {
        "A": write_run(tmp_path / "a", "A", base),
        "B": write_run(tmp_path / "b", "B", base + 0.5, cr=0.6),
        "C": write_run(tmp_path / "c", "C", np.where(np.arange(16) < 3, np.nan, base)),
    }


def test_text_of_two_runs(fsbench, runs):
    code, out, err = fsbench(runs["A"], runs["B"])
    assert (code, err) == (0, "")
    assert "CD, A - B: A is better: -0.50 mm [-0.50, -0.50], 8 subjects\n" in out
    first_table = out[out.index("CD, lower is better") : out.index("CD, paired")]
    ranks = [line.split() for line in first_table.splitlines() if line[:2] in ("A ", "B ")]
    assert [line[4] for line in ranks] == ["90.0", "60.0†"], "CD is never printed without CR, and a small one is marked"
    assert out.endswith("measured as bench v1 · 059b4e\n")
    assert max(map(len, out.splitlines())) <= 100


def test_methods_that_tie_are_said_to(fsbench, runs, tmp_path):
    """Both were first in 100 % of the resamples."""
    same = write_run(tmp_path / "same", "Same", np.arange(16) % 5 + 1.0)
    _, out, _ = fsbench(runs["A"], same, runs["B"])
    ranks = [line.split()[-3:] for line in out[out.index("CD, lower") : out.index("CD, paired")].splitlines()[3:6]]
    assert ranks == [["1=", "1", "100"], ["1=", "1", "100"], ["3", "3", "0"]]
    assert "= tied. A resample in which methods lead together counts as first for each of them." in out
    _, out, _ = fsbench(runs["A"], runs["B"])
    assert "tied" not in out and "1=" not in out


def test_bins_come_before_the_whole(fsbench, runs):
    _, out, _ = fsbench(runs["A"], runs["B"], "--by", "pose")
    table = out[out.index("paired differences") :].splitlines()
    assert [line.split()[0] for line in table if " B " in line][:3] == ["0", "30", "all"]


def test_a_change_of_order_by_policy_is_noted_on_stderr(fsbench, runs):
    code, out, err = fsbench(runs["A"], runs["C"])
    assert code == 0
    assert err.startswith("note: what failed samples count as changes the order by CD: ")
    assert "note:" not in out


def test_the_same_folder_twice_is_refused_as_in_a_table(fsbench, runs):
    code, out, err = fsbench(runs["A"], f"{runs['A']}/../a")
    assert (code, out) == (2, "")
    assert "the same run is named twice" in err


def test_runs_of_other_samples_are_refused_as_in_a_table(fsbench, runs, tmp_path):
    part = load_run(runs["B"])
    fewer = part.samples.iloc[:15]
    counts = {**part.manifest["counts"], "ok": 15}
    Run(fewer, {**part.manifest, "counts": counts}).save(tmp_path / "fewer")
    code, _, err = fsbench(runs["A"], str(tmp_path / "fewer"))
    assert code == 2
    assert "A was scored on 16 samples, B on 15" in err


def test_json_holds_everything_and_no_nan(fsbench, runs):
    _, out, _ = fsbench(runs["A"], runs["B"], "--by", "subject", "--format", "json", "--resamples", "200")
    found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert found["signature"] == SIGNATURE
    assert (found["unit"], found["n_clusters"], found["n_resamples"]) == ("subject", 8, 200)
    assert isinstance(found["seed"], int)
    assert {row["metric"] for row in found["ranks"]} == {"cd_mm", "cr"}
    one_subject = next(row for row in found["differences"] if row["bin"] == "3" and row["metric"] == "cd_mm")
    assert one_subject["low"] is None
    assert one_subject["difference"] == -0.5


def test_csv_holds_the_differences(fsbench, runs):
    _, out, _ = fsbench(runs["A"], runs["B"], runs["C"], "--format", "csv", "--pairs", "all")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 2 * 3
    assert {frozenset((row["method"], row["other"])) for row in rows} == set(map(frozenset, ("AB", "AC", "BC")))
    assert {float(row["difference"]) for row in rows if {row["method"], row["other"]} == {"A", "C"}} == {0.0}


def test_markdown_and_latex_are_whole_tables(fsbench, runs):
    _, out, _ = fsbench(runs["A"], runs["B"], "--format", "markdown")
    tables = [line for line in out.splitlines() if line.startswith("|")]
    assert {line.count("|") - line.count("\\|") for line in tables[:4]} == {8}
    _, out, _ = fsbench(runs["A"], runs["B"], "--format", "latex")
    assert out.count(r"\begin{tabular}") == out.count(r"\end{tabular}") == 2
    assert r"60.0\dag{}" in out
    assert all(line.startswith("%") or "%" not in line.replace(r"\%", "") for line in out.splitlines())


def test_a_label_cannot_break_out_of_csv_latex_or_markdown(fsbench, runs, tmp_path):
    evil = write_run(tmp_path / "evil", "=cmd|'x'!A1 \\input{x} <b>", np.arange(16.0))
    assert "'=cmd" in fsbench(evil, runs["A"], "--format", "csv")[1]
    latex = fsbench(evil, runs["A"], "--format", "latex")[1]
    assert "\\input" not in "".join(line for line in latex.splitlines() if not line.startswith("%"))
    assert "<b>" not in fsbench(evil, runs["A"], "--format", "markdown")[1]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ([], "two runs or more, found 1"),
        (["--by", "view"], "no bin 'view'"),
        (["--metric", "mne_rad"], "no metric 'mne_rad'"),
        (["--level", "95"], "between 0 and 1"),
        (["--resamples", "3"], "expected 100 to"),
    ],
)
def test_wrong_usage(fsbench, runs, extra, message):
    code, out, err = fsbench(runs["A"], *([runs["B"]] if extra else []), *extra)
    assert (code, out) == (2, "")
    assert message in err


def test_runs_measured_differently_are_refused(fsbench, runs, tmp_path):
    other = write_run(tmp_path / "other", "D", np.arange(16.0), signature="bench|map:128|v1")
    code, out, err = fsbench(runs["A"], other)
    assert (code, out) == (2, "")
    assert "They differ in\n  map: 256 / 128\nscore both" in err


def test_many_pairs_stand_in_the_table_alone(fsbench, runs, tmp_path):
    more = [write_run(tmp_path / name, name, np.arange(16.0)) for name in "DEFGH"]
    _, out, _ = fsbench(runs["A"], runs["B"], *more)
    assert out.startswith("bench: 7 runs, 16 samples of 8 subjects\n\nCD, lower is better\n")
    assert "Kendall tau" in out


CAVEATS = {
    "benchmark_samples": 400,
    "references_missing": 3,
    "frame_finding": "the numbers are 1000 times too small",
    "cautions": ["no published protocol"],
}


@pytest.mark.parametrize("format_", ["text", "markdown", "latex"])
def test_caveats_of_the_runs_stand_under_a_comparison_as_under_a_table(fsbench, runs, format_, capsys):
    for name, caveats in (("A", CAVEATS), ("B", {**CAVEATS, "frame_finding": None})):
        path = Path(runs[name]) / "run.json"
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **caveats}), "utf-8")
    _, compared, _ = fsbench(runs["A"], runs["B"], "--format", format_)
    with pytest.raises(SystemExit):
        main(["table", runs["A"], runs["B"], "--format", format_])
    tabled = capsys.readouterr().out
    for caveat in (
        "A part of the benchmark: 16 of its 400 samples.",
        "3 of 16 samples have no reference, so no score whatever the prediction; done counts them.",
        "In a frame that seems wrong: A: the numbers are 1000 times too small.",
        "no published protocol.",
        "CD leaves out what of the reference the prediction does not reach: read it with CR.",
    ):
        assert [" ".join(text.split()).count(caveat) for text in (compared, tabled)] == [1, 1], caveat
