"""What tables and figures say of all points together, from the two files beside a run."""

from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes

from fsbench.benchmarks import load_spec
from fsbench.core.errors import FormatError, UsageError
from fsbench.metrics.pool import Pool
from fsbench.report.plots import cumulative, error
from fsbench.report.plots.canvas import settings
from fsbench.report.plots.figure import plot
from fsbench.report.plots.samples import gather_points
from fsbench.report.plots.styles import STYLES
from fsbench.report.selection import main_metrics, main_of_samples
from fsbench.report.tables import build
from fsbench.runs import Record, Run, assemble, load_run
from fsbench.runs.pool_files import write_pool, write_tables
from fsbench.stats.layout import default_layouts, layout

CHALLENGES = ("multiview_neutral", "selfie")
# What `pooled.csv` is written with: six significant digits.
PRINTED = 1e-5


def _distances(challenge: str, image: int) -> np.ndarray:
    """The second image of a challenge has ten times the points and twice the error."""
    rng = np.random.default_rng([len(challenge), image])
    return np.abs(rng.normal(size=(500, 5000)[image])) * (1.0, 2.0)[image]


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A run of NoW: two images in each of two challenges, and a third that is missing in one."""
    bins, records = {}, []
    for challenge in CHALLENGES:
        for image in range(2):
            name = f"S/{challenge}/{image}"
            distances = _distances(challenge, image)
            write_pool(tmp_path, name, Pool.of(distances))
            bins[name] = {"subject": "S", "challenge": challenge}
            scores = {"median_mm": float(np.median(distances)), "mean_mm": float(distances.mean())}
            records.append(Record(name, "ok", scores=scores))
    bins["S/selfie/2"] = {"subject": "S", "challenge": "selfie"}
    records.append(Record("S/selfie/2", "missing", "no file"))
    manifest = {"benchmark": "now", "method": "M", "signature": "now|test|v1"}
    folder = tmp_path / "run"
    assemble(records, bins, ["median_mm", "mean_mm"], manifest).save(folder)
    write_tables(folder, tmp_path, bins, ("challenge",))
    return folder


@pytest.fixture
def run(run_folder: Path) -> Run:
    return load_run(run_folder)


def test_pooled_columns_are_over_points_and_the_others_over_images(run: Run) -> None:
    assert main_metrics(run) == ["pooled_median_mm", "pooled_mean_mm", "pooled_std_mm", "median_mm", "mean_mm"]
    table = build([run], "challenge")
    for bin_, cells in zip(table.bins, table.rows[0].cells, strict=True):
        if bin_.label not in CHALLENGES:
            assert all(np.isnan(cell.mean) and cell.n_scored == 0 for cell in cells)
            continue
        images = [_distances(bin_.label, image) for image in range(2)]
        points = np.concatenate(images)
        expected = [np.median(points), points.mean(), points.std()]
        # Medians are kept to a micrometre.
        assert [cell.mean for cell in cells[:3]] == pytest.approx(expected, abs=1.1e-3)
        assert cells[4].mean == pytest.approx(np.mean([image.mean() for image in images]), rel=1e-12)
        # Ten times the points: the pool is nearer to the worse image than the mean over images.
        assert cells[1].mean > cells[4].mean + 0.1
    assert any("dense scans count more" in note for note in table.notes)


def test_the_whole_follows_the_challenges(run: Run) -> None:
    assert default_layouts(run) == ["challenge", "overall"]
    (row,) = build([run], "overall").rows
    points = np.concatenate([_distances(challenge, image) for challenge in CHALLENGES for image in range(2)])
    assert row.cells[0][1].mean == pytest.approx(points.mean(), rel=PRINTED)
    assert (row.n_scored, row.n_total) == (4, 5)


def test_the_spread_over_samples(run: Run) -> None:
    (row,) = build([run], "overall", ["mean_mm", "std_of_mean_mm"]).rows
    values = run.samples["mean_mm"].dropna()
    assert row.cells[0][1].mean == pytest.approx(np.std(values), rel=1e-12)


def test_no_policy_applies_to_pooled_numbers(run: Run) -> None:
    kept = build([run], "challenge", policy="penalised").metrics
    assert [metric.name for metric in kept] == ["median_mm", "mean_mm"]
    with pytest.raises(UsageError, match="cannot apply"):
        build([run], "challenge", ["pooled_mean_mm"], policy="penalised")


def test_a_run_without_pools_has_no_pooled_metric(run: Run) -> None:
    with pytest.raises(UsageError, match="no metric 'pooled_mean_mm'"):
        build([replace(run, pooled=None)], "challenge", ["pooled_mean_mm"])


def test_a_benchmark_may_name_nothing_but_pooled_metrics(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = load_spec("now")
    pooled_only = replace(spec, main_metrics=("pooled_mean_mm", "std_of_mean_mm"))
    monkeypatch.setattr("fsbench.report.selection.spec_of", lambda run: pooled_only)
    assert main_of_samples(run) == "median_mm"
    assert plot([run], "distribution").content


def test_the_curve_is_that_of_the_points_and_ends_at_the_share_of_scored_images(run: Run) -> None:
    found = gather_points([run], ["M"], layout([run], "challenge"), "pooled_mean_mm")
    for b, bin_ in enumerate(found.layout.bins[:4]):
        values, total = found.values[0][b], found.n_total[b]
        if bin_.label not in CHALLENGES:
            assert len(values) == 0
            continue
        points = np.concatenate([_distances(bin_.label, image) for image in range(2)])
        scored = 1.0 if bin_.label == "multiview_neutral" else 2 / 3
        assert len(values) / total == pytest.approx(scored, abs=1e-3)
        assert np.isfinite(values).sum() / total == pytest.approx(scored * (points < 8).mean(), abs=1e-3)
        for limit in (0.5, 1.0, 3.0):
            # The curve is kept at steps of 0.01 mm and drawn by 2000 quantiles.
            assert (values < limit).sum() / total == pytest.approx(scored * (points < limit).mean(), abs=2e-3)


@pytest.mark.parametrize(
    ("metric", "heading"),
    [("median_mm", "Median (mm)\nmean over samples"), ("pooled_median_mm", "Pooled median (mm)")],
)
def test_the_axis_tells_a_mean_of_medians_from_the_median_of_all_points(run: Run, metric: str, heading: str) -> None:
    with matplotlib.rc_context(settings(STYLES["paper"])):
        figure = error.draw(build([run], "challenge", [metric]), STYLES["paper"])
        figure.draw_without_rendering()
    label = figure.axes[0].yaxis.label
    assert label.get_text() == heading
    assert label.get_window_extent().x0 >= figure.bbox.x0


def _drawn(run: Run) -> tuple[Axes, list[str]]:
    points = gather_points([run], ["M"], layout([run], "overall"), "pooled_mean_mm")
    with matplotlib.rc_context(settings(STYLES["paper"])):
        figure = cumulative.draw(points, ["M"], STYLES["paper"])
    return figure.axes[0], [text.get_text() for text in figure.texts]


def test_a_curve_of_points_ends_where_its_axis_does_and_both_say_so(run: Run) -> None:
    everything = np.concatenate([_distances(challenge, image) for challenge in CHALLENGES for image in range(2)])
    axes, texts = _drawn(run)
    assert "Distance (mm), to 99 % of measured points" in texts
    end_mm = axes.get_xlim()[1]
    assert end_mm == pytest.approx(np.quantile(everything, 0.99), abs=0.02)  # kept at steps of 0.01 mm
    x, y = axes.lines[0].get_data()
    # 4 of 5 images were scored; the curve is drawn by 2000 quantiles.
    assert (x[-1], y[-1]) == (end_mm, pytest.approx(80 * 0.99, abs=0.1))
    caption = plot([run], "cumulative").caption
    assert f"The axis ends at {end_mm:.2f} mm; measured points farther away: M 1.0 %." in caption
    assert "has the same curve" in caption
    assert "has the same curve" not in plot([run], "cumulative", metric="mean_mm").caption


def test_an_axis_of_points_claims_no_more_than_the_kept_curve_has(run: Run) -> None:
    assert run.pooled is not None
    curves = run.pooled.curves.copy()
    curves["overall"] *= 0.83  # the others are beyond 8 mm
    axes, texts = _drawn(replace(run, pooled=replace(run.pooled, curves=curves)))
    assert "Distance (mm), to 83 % of measured points" in texts
    assert axes.lines[0].get_ydata()[-1] == pytest.approx(80 * 0.83, abs=0.1)


def test_figures_of_points_and_of_samples(run: Run) -> None:
    drawn = plot([run], "cumulative")
    assert drawn.content.startswith(b"<?xml") and "share of all points of the references" in drawn.caption
    assert "share of all samples" in plot([run], "cumulative", metric="mean_mm").caption
    with pytest.raises(UsageError, match="single samples"):
        plot([run], "distribution", metric="pooled_mean_mm")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("pooled.csv", "by,bin\nx,y\n", "expected"),
        ("pooled.csv", "by,bin,samples,points,median_mm,mean_mm,std_mm,rmse_mm,p90_mm\na,b,c,d,e,f,g,h,i\n", "pooled"),
        ("cumulative.csv", "limit_mm\nnear\n", "cumulative"),
        ("cumulative.csv", None, "is not there"),
    ],
)
def test_a_damaged_file_is_refused(run_folder: Path, name: str, content: str | None, words: str) -> None:
    if content is None:
        (run_folder / name).unlink()
    else:
        (run_folder / name).write_text(content)
    with pytest.raises(FormatError, match=words):
        load_run(run_folder)
