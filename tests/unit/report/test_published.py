"""Published rows beside runs: plain means, measured by another evaluator, over the whole benchmark only."""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from fsbench.benchmarks import load_spec
from fsbench.boards.admission import signatures
from fsbench.boards.official import official_signature
from fsbench.boards.published import published_for
from fsbench.core.errors import UsageError
from fsbench.core.resources import folder
from fsbench.stats import compare
from tests.cli.commands import fsbench

COMPARED = """\
fswild: 1 run beside 2 published methods, 400 samples

CD, mine - DECA (published): mine is better: -0.34 mm [-0.46, -0.22], 400 samples
CD, mine - 3DDFA_V2 (published): no difference shown: -0.05 mm [-0.17, 0.07], 400 samples

CD, lower is better

method                   CD (mm) [95 %]  CR (%)  done (%)
mine                  2.99 [2.92, 3.05]   87.1      100.0
3DDFA_V2 (published)  3.04 [2.96, 3.11]   83.9      100.0
DECA (published)      3.32 [3.25, 3.40]   99.8      100.0

CD, differences of means: mine - published

other                 difference (mm) [95 %]       p  samples  verdict
DECA (published)        -0.34 [-0.46, -0.22]  <0.001      400  mine is better
3DDFA_V2 (published)     -0.05 [-0.17, 0.07]   0.517      400  no difference shown

policy legacy: each method's mean is over the samples that it scored, as in the published tables
[ ]: 95 % bootstrap intervals; 10,000 resamples of samples, seed 1284594897.
(published): a mean with its 95 % interval, measured by the official evaluator. Scores by sample are
  not there, so nothing is paired: a difference is one of means, as if they were independent. Its
  interval adds both half-widths in quadrature, and how far the evaluators differ.
Between both evaluators a mean CD differs by up to 0.02 mm: a run and a published row no further
  apart are level.
p: by Holm's method for the 2 comparisons shown of a metric.
mm are normalised to a pupil distance of 62.85 mm, they are not metric truth.
CD leaves out what of the reference the prediction does not reach: read it with CR.
measured as fswild v1 · 9c6d4d
"""
TABLE = """\
FaceScape in the wild, all samples

Method               CD   MNE   CR   done
                     mm   rad    %      %
mine               2.60 0.087 88.6  100.0
PRNet (published)  3.47 0.122 80.0  100.0
DECA (published)   3.32 0.088 99.8  100.0

mm are normalised to a pupil distance of 62.85 mm, they are not metric truth.
CD leaves out what of the reference the prediction does not reach: read it with CR.
Means over the samples that have a score.
(published): measured by the official evaluator.
Between both evaluators a mean CD differs by up to 0.02 mm: a run and a published row no further
  apart are level.
How far they differ in MNE and CR is not known.
Measured as fswild v1 · 9c6d4d
"""
ROUNDED_MM = 2e-6
"""Boards keep six decimals of each mean and each end."""


@pytest.fixture
def own(make_run, tmp_path):
    """A run as fsbench measures it now, in a folder."""

    def saved(name: str = "mine", benchmark: str = "fswild", **options) -> Path:
        signature = signatures(load_spec(benchmark))[1]
        run = make_run(**{"method": "mine", "benchmark": benchmark, "level": 2.0, "signature": signature} | options)
        run.save(tmp_path / name)
        return tmp_path / name

    return saved


def row_of(method: str, benchmark: str, metric: str = "cd_mm") -> dict[str, str]:
    """The row over all samples, as the CSV has it."""
    with (folder("leaderboards") / f"{benchmark}.csv").open() as lines:
        found = [row for row in csv.DictReader(lines) if (row["method"], row["metric"]) == (method, metric)]
    return next(row for row in found if row["table"] == "overall")


def test_a_comparison_is_printed_like_this(capsys, own):
    answer = fsbench(capsys, "compare", own(level=2.3), "--with-published", "DECA,3DDFA_V2")
    assert (answer.code, answer.err, answer.out) == (0, "", COMPARED)


def test_a_table_is_printed_like_this(capsys, own):
    answer = fsbench(capsys, "table", own(), "--by", "overall", "--with-published", "PRNet, DECA")
    assert (answer.code, answer.err, answer.out) == (0, "", TABLE)


@pytest.mark.parametrize("benchmark, between_mm", [("fswild", 0.02), ("fslab", 0.09)])
def test_a_difference_has_both_intervals_in_quadrature_and_what_lies_between_the_evaluators(
    own, capsys, benchmark, between_mm
):
    out = fsbench(capsys, "compare", own(benchmark=benchmark), "--with-published", "DECA", "--format", "json").out
    found = json.loads(out)
    mine, theirs = found["ranks"][0], row_of("DECA", benchmark)
    b, b_low, b_high = (float(theirs[name]) for name in ("mean", "low", "high"))
    a, a_low, a_high = (mine[name] for name in ("mean", "low", "high"))
    (row,) = (row for row in found["differences"] if row["metric"] == "cd_mm")
    near = lambda value: pytest.approx(value, abs=ROUNDED_MM)  # noqa: E731
    assert row["difference"] == near(a - b)
    assert row["low"] == near(a - b - math.hypot(a - a_low, b_high - b) - between_mm)
    assert row["high"] == near(a - b + math.hypot(a_high - a, b - b_low) + between_mm)
    assert (row["paired"], row["n_common"], row["method"], row["other"]) == (False, 0, "mine", "DECA (published)")


def test_all_published_methods_come_where_none_is_named(capsys, own):
    out = fsbench(capsys, "table", own(), "--tidy", "--by", "overall", "--with-published").out
    with (folder("leaderboards") / "fswild.csv").open() as lines:
        methods = {row["method"] for row in csv.DictReader(lines)}
    shown = {row["method"] for row in csv.DictReader(out.splitlines())}
    assert shown == {"mine", *(f"{method} (published)" for method in methods)}


def test_published_rows_say_who_measured_them_in_json(capsys, own):
    out = fsbench(capsys, "table", own(), "--format", "json", "--with-published", "DECA").out
    (table,) = json.loads(out)
    assert [row.get("measured_by") for row in table["methods"]] == [None, "the official evaluator"]


def test_a_metric_whose_evaluators_were_not_compared_gets_no_verdict(capsys, own):
    answer = fsbench(capsys, "compare", own(), "--metric", "mne_rad", "--with-published", "DECA")
    assert "cannot tell: -0.002 rad, 400 samples; how far the evaluators differ in MNE" in " ".join(answer.out.split())
    assert "mine is better" not in answer.out


def test_runs_of_the_official_evaluator_do_not_differ_from_it(make_run):
    run = make_run("mine", "fswild", 2.0, official_signature("fswild"))
    found = published_for([run], "DECA", folder("leaderboards")).for_comparison
    assert found.may_differ_by == {"cd_mm": 0.0, "mne_rad": 0.0, "cr": 0.0}
    rows = compare([run], metrics=["mne_rad"], n_resamples=200, published=found).differences
    assert rows["low"].notna().all()


def test_two_runs_are_paired_with_each_other_and_the_first_stands_beside_the_published(capsys, own):
    runs = own(), own("second", method="second", level=2.1)
    out = fsbench(capsys, "compare", *runs, "--with-published", "DECA,PRNet", "--format", "csv").out
    pairs = [(row["method"], row["other"], row["paired"]) for row in csv.DictReader(out.splitlines())]
    assert set(pairs) == {
        ("mine", "second", "True"),
        ("mine", "DECA (published)", "False"),
        ("mine", "PRNet (published)", "False"),
    }


@pytest.mark.parametrize(
    "command, options, words",
    [
        ("compare", {"keep": 40}, "covers 40 of 400 samples of fswild; published rows are means over all of them"),
        ("table", {"keep": 40}, "score the whole benchmark"),
        ("plot", {"keep": 40}, "score the whole benchmark"),
        ("compare", {"signature": "fswild|other|v1"}, "while the board of fswild takes"),
        ("table", {"method": "DECA (published)"}, "a run is called 'DECA (published)'"),
        ("compare", {"method": "DECA (published)"}, "a run is called 'DECA (published)'"),
    ],
)
def test_runs_that_cannot_stand_beside_are_refused(capsys, own, tmp_path, command, options, words):
    out = ["-o", tmp_path / "a.png"] if command == "plot" else []
    answer = fsbench(capsys, command, own(**options), *out, "--with-published")
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["compare", "--level", "0.9"], "published intervals are of 95 %"),
        (["compare", "--policy", "penalised"], "takes their scores by sample"),
        (["table", "--policy", "common"], "takes their scores by sample"),
        (["compare", "--pairs", "neighbours"], "published methods have no ranks"),
        (["compare", "--metric", "overlap_px"], "published rows have no overlap_px"),
        (["table", "--metrics", "overlap_px"], "published rows have no overlap_px"),
        (["plot", "--kind", "distribution", "-o", "a.png"], "a distribution figure is of single samples"),
    ],
)
def test_what_published_means_cannot_tell_is_refused(capsys, own, monkeypatch, tmp_path, arguments, words):
    monkeypatch.chdir(tmp_path)
    answer = fsbench(capsys, arguments[0], own(), *arguments[1:], "--with-published")
    assert answer.code == 2
    assert words in answer.err


def test_bins_that_are_not_published_are_refused(capsys, own):
    run = own(benchmark="fslab")
    assert "their bins are" in fsbench(capsys, "compare", run, "--by", "view", "--with-published").err
    assert (
        "--by overall, pose, focal, pose-all" in fsbench(capsys, "table", run, "--by", "view", "--with-published").err
    )


def test_a_wrong_name_is_answered_with_the_right_ones(capsys, own):
    answer = fsbench(capsys, "table", own(), "--with-published", "PRnet")
    assert answer.code == 2
    assert "did you mean PRNet?" in answer.err
    swallowed = fsbench(capsys, "table", "--with-published", own(), own("second", method="second"))
    assert "A run is named before the option" in swallowed.err


def test_a_benchmark_without_published_rows_is_named(make_run):
    run = make_run()
    run = replace(run, manifest={**run.manifest, "benchmark": "now"})
    with pytest.raises(UsageError, match="no published rows of now come with fsbench; there are of fslab, fswild"):
        published_for([run], "", folder("leaderboards"))


def test_a_figure_draws_them_and_says_so(capsys, own, tmp_path):
    answer = fsbench(capsys, "plot", own(), "-o", tmp_path / "a.svg", "--with-published", "DECA")
    assert answer.code == 0
    assert "(published): measured by the official evaluator." in answer.err
    assert "up to 0.02 mm" in answer.err
