"""`fsbench table --across`: a method's runs of several benchmarks side by side."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from fsbench.benchmarks import load_spec
from fsbench.core.quantities import Quantity
from fsbench.runs import Record, assemble
from tests.cli.commands import fsbench
from tests.unit.report.test_formats import Strict

HOSTILE = '<b>& $\\x_%|"</b>'
NOSE = Quantity("nose_mm", "Nose", "mm", 2, "lower", note="the nose alone is measured")


def save(
    folder: Path, method: str, cd_mm: float, benchmark: str = "fswild", signature: str = "", keep: int = 9
) -> Path:
    samples = load_spec(benchmark).samples[:keep]
    scores = {"cd_mm": cd_mm, "mne_rad": 0.1, "cr": 0.9}
    records = [Record(sample.name, "ok", scores=scores) for sample in samples[1:]]
    records.append(Record(samples[0].name, "missing", "no file"))
    manifest = {"benchmark": benchmark, "method": method, "signature": signature or f"{benchmark}|test|v1"}
    assemble(records, {sample.name: dict(sample.bins) for sample in samples}, list(scores), manifest).save(folder)
    return folder


def save_own(folder: Path, method: str, nose_mm: float, benchmark: str = "noses", title: str = "Noses") -> Path:
    """A run of a benchmark that this fsbench does not know."""
    records = [Record(name, "ok", scores={"nose_mm": nose_mm}) for name in ("ann", "bea")]
    about = {"signature": f"{benchmark}|v1", "title": title, "quantities": [NOSE.as_dict()]}
    manifest = {"benchmark": benchmark, "method": method, **about}
    assemble(records, {"ann": {}, "bea": {}}, ["nose_mm"], manifest).save(folder)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("runs")
    return {
        "a-wild": save(root / "a-wild", "Alpha", 2.0),
        "a-lab": save(root / "a-lab", "Alpha", 2.5, "fslab"),
        "a-nose": save_own(root / "a-nose", "Alpha", 1.0),
        "b-wild": save(root / "b-wild", "Beta", 3.0),
        "b-nose": save_own(root / "b-nose", "Beta", 0.5),
        "a-again": save(root / "a-again", "Alpha", 4.0),
        "b-other": save(root / "b-other", "Beta", 3.0, signature="fswild|other|v2"),
        "b-fewer": save(root / "b-fewer", "Beta", 3.0, keep=4),
        "c-other": save_own(root / "c-other", "Alpha", 4.0, benchmark="noses2"),
        "hostile": save_own(root / "hostile", HOSTILE, 4.0, benchmark="odd", title=HOSTILE),
    }


def test_what_score_said_of_a_benchmark_stands_below(capsys, tmp_path, runs):
    folder = save_own(tmp_path / "said", "Gamma", 2.0)
    manifest = json.loads((folder / "run.json").read_text("utf-8"))
    manifest["cautions"] = ["differs from the official program:", "  it \x1b[31mreads", "noses are hard"]
    (folder / "run.json").write_text(json.dumps(manifest), "utf-8")
    answer = fsbench(capsys, "table", folder, runs["a-wild"], "--across")
    notes = [line for line in answer.out.splitlines() if line.startswith("Noses: ")]
    assert notes[:2] == ["Noses: differs from the official program:", r"Noses: it \x1b[31mreads."]
    assert "Noses: noses are hard." in notes
    manifest["cautions"] = "text"
    (folder / "run.json").write_text(json.dumps(manifest), "utf-8")
    answer = fsbench(capsys, "table", folder, "--across")
    assert (answer.code, "cautions is 'text', expected a list of texts" in answer.err) == (2, True)


FIVE = ("a-wild", "a-lab", "a-nose", "b-wild", "b-nose")
EXPECTED = """\
Methods across 3 benchmarks, all samples of each

         FaceScape in the wild    FaceScape in the lab   ─ Noses ──
Method    CD   MNE   CR done    CD   MNE   CR done  Nose  done
          mm   rad    %    %    mm   rad    %    %    mm     %
Alpha   2.00 0.100 90.0 88.9  2.50 0.100 90.0 88.9  1.00 100.0
Beta    3.00 0.100 90.0 88.9     -     -    -    -  0.50 100.0

Means over the samples that have a score.
"""
NOTES = """\
FaceScape in the wild: A part of the benchmark: 9 of its 400 samples.
FaceScape in the wild; FaceScape in the lab: mm are normalised to a pupil distance of 62.85 mm, they
  are not metric truth.
FaceScape in the wild; FaceScape in the lab: CD leaves out what of the reference the prediction does
  not reach: read it with CR.
FaceScape in the lab: A part of the benchmark: 9 of its 660 samples.
Noses: the nose alone is measured.
FaceScape in the wild: measured as fswild v1 · 1107a4
FaceScape in the lab: measured as fslab v1 · 90413e
Noses: measured as noses v1 · 156a47
"""


def across(capsys, runs, *arguments, names=FIVE):
    return fsbench(capsys, "table", *(runs[name] for name in names), "--across", *arguments)


def test_a_row_a_method_and_a_group_a_benchmark(capsys, runs):
    answer = across(capsys, runs)
    assert (answer.code, answer.out, answer.err) == (0, EXPECTED + NOTES, "")


def test_the_best_of_a_benchmark_is_marked_where_two_have_a_run_of_it(capsys, runs):
    lines = across(capsys, runs, "--format", "markdown").out.splitlines()
    assert [line for line in lines if line.startswith("| Alpha")] == [
        "| Alpha | **2.00** | **0.100** | **90.0** | 88.9 | 2.50 | 0.100 | 90.0 | 88.9 | 1.00 | 100.0 |"
    ]
    assert [line for line in lines if line.startswith("| Beta")] == [
        "| Beta | 3.00 | **0.100** | **90.0** | 88.9 | - | - | - | - | **0.50** | 100.0 |"
    ]


def test_csv_names_benchmarks_and_leaves_a_hole_empty(capsys, runs):
    alpha, beta = csv.DictReader(io.StringIO(across(capsys, runs, "--format", "csv").out))
    assert list(alpha)[:4] == ["method", "cd_mm[fswild]", "mne_rad[fswild]", "cr_percent[fswild]"]
    assert (alpha["cd_mm[fslab]"], alpha["done_percent[noses]"], alpha["nose_mm[noses]"]) == ("2.50", "100.0", "1.00")
    assert (beta["method"], beta["cd_mm[fslab]"], beta["done_percent[fslab]"]) == ("Beta", "", "")
    assert (beta["cd_mm[fswild]"], beta["nose_mm[noses]"]) == ("3.00", "0.50")


def test_json_has_all_digits_and_null_for_a_hole(capsys, runs):
    found = json.loads(across(capsys, runs, "--format", "json").out)
    assert [one["benchmark"] for one in found["benchmarks"]] == ["fswild", "fslab", "noses"]
    assert found["benchmarks"][2]["signature"] == "noses|v1"
    alpha, beta = found["methods"]
    assert beta["benchmarks"]["fslab"] is None
    assert alpha["benchmarks"]["fslab"]["metrics"]["cd_mm"]["mean"] == 2.5
    assert (alpha["benchmarks"]["fswild"]["n_scored"], alpha["benchmarks"]["fswild"]["n_total"]) == (8, 9)


def test_tidy_lists_every_benchmark(capsys, runs):
    rows = list(csv.DictReader(io.StringIO(across(capsys, runs, "--tidy").out)))
    assert [(row["benchmark"], row["method"]) for row in rows if row["metric"] in ("cd_mm", "nose_mm")] == [
        ("fswild", "Alpha"), ("fswild", "Beta"), ("fslab", "Alpha"), ("noses", "Alpha"), ("noses", "Beta"),
    ]  # fmt: skip


def test_latex_is_balanced_and_as_wide_as_it_must_be(capsys, runs):
    one, both = ("a-nose", "b-nose"), FIVE
    for names, float_, n_columns in ((one, "table", 3), (both, "table*", 11)):
        text = across(capsys, runs, "--format", "latex", names=names).out
        assert re.findall(r"\\begin{(\w+\*?)}", text) == [float_, "tabular"]
        assert _rows(text) == [n_columns] * 2
        _assert_balanced(text)
    assert "% Noses: measured as noses|v1\n" in text
    # Too wide for a page: blocks below each other, each with the labels.
    wide = across(capsys, runs, "--format", "latex", names=(*FIVE, "hostile")).out
    assert re.findall(r"\\begin{(\w+\*?)}", wide) == ["table*", "tabular", "tabular"]
    _assert_balanced(wide)
    assert HOSTILE not in wide.split(r"\begin{table*}")[1]


def _rows(text: str) -> list[int]:
    """Number of cells of each row below the headings."""
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    return [line.replace(r"\&", "").count("&") + 1 for line in body]


def _assert_balanced(text: str) -> None:
    plain = re.sub(r"(?m)^%.*$", "", text).replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")
    for name in ("table\\*?", "tabular"):
        assert len(re.findall(rf"\\begin{{{name}}}", text)) == len(re.findall(rf"\\end{{{name}}}", text)) > 0


def test_html_is_well_formed_and_inert(capsys, runs):
    page = across(capsys, runs, "--format", "html", names=(*FIVE, "hostile")).out
    parser = Strict()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert set(parser.widths) == {1 + 4 + 4 + 2 + 2}
    assert "<b>&" not in page
    assert "Noses: measured as <code>noses v1 · 156a47</code>" in page
    assert page.count('class="group" colspan="4"') == 2


def test_metrics_are_those_that_a_benchmark_has(capsys, runs):
    lines = across(capsys, runs, "--metrics", "cd_mm,nose_mm").out.splitlines()
    assert lines[3].split() == ["Method", "CD", "CR", "done", "CD", "CR", "done", "Nose", "done"]


def test_benchmarks_of_one_title_are_told_apart(capsys, runs):
    answer = across(capsys, runs, names=("a-nose", "c-other"))
    assert "Noses (noses)" in answer.out
    assert "Noses (noses2)" in answer.out


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        (("a-wild", "a-again"), (), ("a-wild and ", "a-again are both runs of Alpha on fswild")),
        (("a-wild", "a-wild"), (), ("are both runs of Alpha on fswild",)),
        (("a-wild", "a-lab", "b-other"), (), ("Alpha and Beta were not measured alike", "version: v1 / v2")),
        (("a-wild", "b-fewer"), (), ("Alpha was scored on 9 samples, Beta on 4",)),
        (FIVE, ("--by", "pose"), ("leave out --by pose",)),
        (FIVE, ("--metrics", "cd_mm"), ("runs of noses have nose_mm",)),
        (FIVE, ("--metrics", "cd_mm,nose_mm,ear_mm"), ("no run of fswild, fslab, noses has 'ear_mm'",)),
        (FIVE, ("--metrics", ","), ("runs of fswild have cd_mm",)),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(capsys, runs, names, options, said):
    answer = across(capsys, runs, *options, names=names)
    assert (answer.code, answer.out) == (2, "")
    assert all(part in answer.err for part in said), answer.err
