"""`fsbench table` as a user types it."""

import json
from pathlib import Path

import pytest

from fsbench.benchmarks import load_spec
from fsbench.runs import Record, assemble
from tests.cli.commands import fsbench


def save(folder: Path, method: str, cd_mm: float, benchmark: str = "fswild", signature: str = "test|v1") -> Path:
    samples = load_spec(benchmark).samples
    scores = {"cd_mm": cd_mm, "mne_rad": 0.1, "cr": 0.9}
    records = [Record(sample.name, "ok", scores=scores) for sample in samples[1:]]
    records.append(Record(samples[0].name, "missing", "no file"))
    manifest = {"benchmark": benchmark, "method": method, "signature": signature}
    assemble(records, {sample.name: dict(sample.bins) for sample in samples}, list(scores), manifest).save(folder)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("runs")
    return {
        "a": save(root / "a", "Alpha", 2.0),
        "b": save(root / "b", "Beta", 3.0),
        "again": save(root / "again", "Alpha", 4.0),
        "other": save(root / "other", "Gamma", 2.0, signature="other|v2"),
        "lab": save(root / "lab", "Alpha", 2.5, benchmark="fslab"),
    }


EXPECTED = """\
FaceScape in the wild, by pose

        ───── ±5° ─────  ──── ±30° ─────  ──── ±60° ─────  ──── ±90° ─────  ─ all samples ─
Method    CD   MNE   CR    CD   MNE   CR    CD   MNE   CR    CD   MNE   CR    CD   MNE   CR  done
          mm   rad    %    mm   rad    %    mm   rad    %    mm   rad    %    mm   rad    %     %
Alpha   2.00 0.100 90.0  2.00 0.100 90.0  2.00 0.100 90.0  2.00 0.100 90.0  2.00 0.100 90.0  99.8
Beta    3.00 0.100 90.0  3.00 0.100 90.0  3.00 0.100 90.0  3.00 0.100 90.0  3.00 0.100 90.0  99.8

mm are normalised to a pupil distance of 62.85 mm, they are not metric truth.
CD leaves out what of the reference the prediction does not reach: read it with CR.
Means over the samples that have a score.
Measured as test v1 · 8cb5ec
"""


def test_text_when_piped(capsys, runs):
    answer = fsbench(capsys, "table", runs["a"], runs["b"])
    assert (answer.code, answer.out, answer.err) == (0, EXPECTED, "")


def test_lab_prints_both_tables(capsys, runs):
    answer = fsbench(capsys, "table", runs["lab"])
    titles = [line for line in answer.out.splitlines() if line.startswith("FaceScape")]
    assert titles == ["FaceScape in the lab, by view angle, f = 1200 px", "FaceScape in the lab, by focal length"]


def test_by_overall_as_csv(capsys, runs):
    answer = fsbench(capsys, "table", runs["a"], "--by", "overall", "--format", "csv", "--metrics", "cd_mm")
    assert answer.out == (
        "method,cd_mm[all],cr_percent[all],done_percent,done_published_percent\nAlpha,2.00,90.0,99.8,\n"
    )


def test_tidy(capsys, runs):
    answer = fsbench(capsys, "table", runs["a"], "--tidy", "--metrics", "mne_rad")
    lines = answer.out.splitlines()
    assert lines[0] == "benchmark,table,method,bin,metric,mean,median,low,high,n_scored,n_total"
    assert lines[1].startswith("fswild,pose,Alpha,0-5,mne_rad,0.1")
    assert lines[1].endswith(",,,99,100")
    assert len(lines) == 6
    assert lines[5].startswith("fswild,pose,Alpha,all,mne_rad,0.1")
    assert lines[5].endswith(",,,399,400")
    assert fsbench(capsys, "table", runs["a"], "--tidy", "--format", "html").code == 2


@pytest.mark.parametrize("format_", ["text", "markdown", "html"])
def test_the_whole_signature_is_printed_on_demand(capsys, runs, format_):
    short = fsbench(capsys, "table", runs["a"], "--format", format_).out
    whole = fsbench(capsys, "table", runs["a"], "--format", format_, "--signature").out
    assert "test v1 · 8cb5ec" in short and "test|v1" not in short
    assert "test|v1" in whole.replace("\\|", "|") and "8cb5ec" not in whole


@pytest.mark.parametrize("format_", ["json", "latex"])
def test_programs_and_comments_always_have_the_whole_signature(capsys, runs, format_):
    answer = fsbench(capsys, "table", runs["a"], "--format", format_)
    assert "test|v1" in answer.out and "8cb5ec" not in answer.out


@pytest.mark.parametrize("format_", ["markdown", "latex", "json", "html"])
def test_other_formats_are_data_alone(capsys, runs, format_):
    answer = fsbench(capsys, "table", runs["a"], runs["b"], "--format", format_)
    assert answer.code == 0
    assert answer.err == ""
    assert "Beta" in answer.out
    if format_ == "json":
        assert json.loads(answer.out)[0]["methods"][1]["n_scored"] == 399


def test_same_label_is_told_apart_by_folder(capsys, runs):
    answer = fsbench(capsys, "table", runs["a"], runs["again"], "--by", "overall")
    assert answer.code == 0
    assert [line.split("  ")[0] for line in answer.out.splitlines()[4:6]] == ["Alpha (a)", "Alpha (again)"]


def test_interval_and_policy(capsys, runs):
    answer = fsbench(capsys, "table", runs["a"], "--by", "overall", "--ci", "--policy", "penalised")
    assert "2.00 [2.00, 2.00]" in answer.out
    assert "penalised" in answer.out


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("a", "other"), "They differ in\n  benchmark: test / other\n  version: v1 / v2\nscore both"),
        (("a", "lab"), "Alpha (a) is a run of fswild, Alpha (lab) one of fslab"),
        (("a", "a"), "the same run is named twice"),
    ],
)
def test_runs_that_do_not_belong_together(capsys, runs, names, message):
    answer = fsbench(capsys, "table", *(runs[name] for name in names))
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err


def test_what_is_no_run(capsys, tmp_path):
    answer = fsbench(capsys, "table", tmp_path)
    assert answer.code == 2
    assert "there is no run.json here" in answer.err
