"""Figures: they look as committed, come out the same each time, say what they leave out, and touch nothing global."""

import io
import itertools
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from PIL import Image

from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity
from fsbench.report.page import figures
from fsbench.report.plots import cd_cr, distribution, error, estimates
from fsbench.report.plots.canvas import encode, settings
from fsbench.report.plots.figure import KINDS, plot, plot_table
from fsbench.report.plots.placing import fitting, spread, text_width_in, upper_end
from fsbench.report.plots.samples import gather_samples
from fsbench.report.plots.styles import STYLES, method_styles
from fsbench.report.tables import build
from fsbench.runs import Record, assemble
from fsbench.stats import compare
from fsbench.stats.layout import layouts

BASELINES = Path(__file__).parent / "baselines"
SHRUNK = 3
"""Baselines are a third of the size at which figures are drawn: smaller files, and hinting of glyphs evens out."""
DRAWN_WITH = "3.11."
"""Baselines are of this matplotlib: another one shapes glyphs otherwise, which moves every label."""
LARGEST_RMS = 2.0
"""Of 255. Room for another processor's rasterising, which changes edge pixels in their last bits. Three markers moved
by less than their width give 3.9, two methods that swap their looks 10."""

NAMES = (
    *("extreme3dface", "PRNet", "Deep3DFaceRec", "RingNet", "DFDN", "DF2Net", "UDL", "facescape_opti"),
    *("facescape_deep", "MGCNet", "3DDFA_V2", "SADRNet", "LAP", "DECA", "RAFaRe"),
)


@pytest.fixture(scope="module")
def runs(make_run):
    """Fifteen methods; DFDN goes off the axis, DF2Net has no score in the last bin and few in the one before."""
    levels = {name: 2.0 + 0.25 * i for i, name in enumerate(NAMES)} | {"DFDN": 30.0}
    fail = {"DF2Net": {"30-60": 3, "60-90": 0}, "UDL": {"60-90": 40}}
    return [make_run(name, level=levels[name], fail=fail.get(name)) for name in NAMES]


def shrunk(png: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(png)).convert("RGB")
    return np.asarray(image.reduce(SHRUNK), np.float64)


def rms(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(((a - b) ** 2).mean())) if a.shape == b.shape else 255.0


FEWEST = {"differences": 2}
"""Runs that a kind of figure takes, where one is not enough."""

CASES = {
    "error-15": ("error", None, 15),
    "error-3": ("error", None, 3),
    "error-1": ("error", "overall", 1),
    "distribution-15": ("distribution", None, 15),
    "cumulative-15": ("cumulative", None, 15),
    "cumulative-3": ("cumulative", "pose", 3),
    "cd-cr-15": ("cd-cr", None, 15),
    "cd-cr-3": ("cd-cr", "pose", 3),
    "means-3": ("means", None, 3),
    "differences-3": ("differences", None, 3),
}


def without_intervals(runs, kind: str) -> bytes:
    """All methods, in a tenth of the time that their intervals take."""
    if kind in ("distribution", "cumulative"):
        return plot(runs, kind, form="png").content
    with matplotlib.rc_context(settings(STYLES["paper"])):
        draw, by = {"error": (error.draw, "pose"), "cd-cr": (cd_cr.draw, "overall")}[kind]
        return encode(draw(build(runs, by, ["cd_mm"]), STYLES["paper"]), "png", "", "")


@pytest.mark.parametrize("name", CASES)
def test_figure_looks_as_committed(name, runs, tmp_path):
    if not matplotlib.__version__.startswith(DRAWN_WITH):
        pytest.skip(f"baselines are of matplotlib {DRAWN_WITH}x, this is {matplotlib.__version__}")
    kind, by, n = CASES[name]
    image = shrunk(without_intervals(runs, kind) if n == 15 else plot(runs[4 : 4 + n], kind, by, form="png").content)
    place = tmp_path / f"{name}.png"
    Image.fromarray(image.astype(np.uint8)).save(place, optimize=True)
    baseline = np.asarray(Image.open(BASELINES / f"{name}.png").convert("RGB"), np.float64)
    assert rms(image, baseline) < LARGEST_RMS, f"look at {place}; if it is right, it is the new baseline"


def test_baselines_tell_figures_apart(runs):
    table = build(runs, "pose", ["cd_mm"])
    image = shrunk(plot_table(table, form="png").content)
    rows = list(table.rows)
    rows[2], rows[3] = replace(rows[2], label=rows[3].label), replace(rows[3], label=rows[2].label)
    other = shrunk(plot_table(replace(table, rows=tuple(rows)), form="png").content)
    assert rms(image, other) > LARGEST_RMS


@pytest.mark.parametrize("kind", KINDS)
def test_svg_is_the_same_each_time_whatever_the_users_settings(kind, runs):
    runs = runs[: FEWEST.get(kind, 1)]
    first = plot(runs, kind, form="svg").content
    with matplotlib.rc_context({"font.size": 30, "svg.hashsalt": "mine", "axes.grid": True, "lines.linewidth": 9}):
        before = dict(matplotlib.rcParams)
        assert plot(runs, kind, form="svg").content == first
        assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("form", ["svg", "pdf", "png"])
def test_file_says_what_it_shows_and_has_no_date(form, runs):
    content = plot(runs[:1], "error", form=form).content
    assert b"fswild|test|v1" in content
    assert f"matplotlib {matplotlib.__version__}".encode() in content
    assert not re.search(rb"CreationDate|<dc:date>|ModDate", content)
    if form == "svg":
        ElementTree.fromstring(content.decode())


def drawn_texts(table, style="paper"):
    with matplotlib.rc_context(settings(STYLES[style])):
        figure = error.draw(table, STYLES[style])
        return figure, [text for axes in figure.axes for text in axes.texts]


def test_values_off_the_axis_are_written_out(runs):
    table = build(runs, "pose", ["cd_mm"])
    _, texts = drawn_texts(table)
    said = "\n".join(text.get_text() for text in texts)
    means = [cells[0].mean for cells in table.rows[NAMES.index("DFDN")].cells]
    assert f"DFDN ↑{means[-1]:.2f}" in said
    for mean in means[:-1]:
        assert f"↑{mean:.1f}" in said.splitlines()
    assert "DF2Net (no score)" in said


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("n", [1, 3, 15])
def test_names_do_not_overlap_and_stay_inside(n, style, runs):
    figure, texts = drawn_texts(build(runs[:n], "pose", ["cd_mm"], ci=n == 3), style)
    boxes = [text.get_window_extent() for text in texts if text.get_text().split()[0] in NAMES]
    page = figure.bbox
    for i, box in enumerate(boxes):
        assert box.x0 >= page.x0 and box.x1 <= page.x1 and box.y0 >= page.y0 and box.y1 <= page.y1
        # 1 px: antialiased edges may touch.
        assert not any(
            box.y0 + 1 < other.y1 and other.y0 + 1 < box.y1 and box.x0 < other.x1 and other.x0 < box.x1
            for other in boxes[:i]
        )


@pytest.mark.parametrize("style", STYLES)
def test_wide_tick_labels_push_no_heading_off_the_page(style, runs):
    table = build(runs[:1], "overall", ["cr"])
    with matplotlib.rc_context(settings(STYLES[style])):
        figure = error.draw(table, STYLES[style])
        figure.draw_without_rendering()  # puts the heading beside the tick labels
        (axes,) = figure.axes
        assert "97.5" in [label.get_text() for label in axes.get_yticklabels()]
        assert axes.yaxis.label.get_window_extent().x0 >= figure.bbox.x0


@pytest.mark.parametrize(("by", "fewest"), [("overall", 5), ("pose", 3)])
def test_a_distribution_has_ticks_to_read_values_by(by, fewest, runs):
    samples = gather_samples(runs[:2], NAMES[:2], layouts(runs[0])[by], "cd_mm")
    with matplotlib.rc_context(settings(STYLES["paper"])):
        figure = distribution.draw([samples], STYLES["paper"])
    for axes in figure.axes:
        assert len(axes.get_xticks()) >= fewest
        boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
        assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_single_column_is_legible():
    paper = STYLES["paper"]
    assert paper.width_in == 3.5
    assert min(paper.font_pt, paper.small_pt) >= 6


def test_fifteen_methods_have_fifteen_looks():
    found = method_styles(NAMES)
    assert len({(look.colour, look.filled) for look in found}) == 15
    assert len({(look.marker, look.filled) for look in found}) == 15
    assert method_styles(NAMES[::-1])[::-1] == found
    assert len(set(method_styles([*NAMES, "Newcomer"]))) == 16
    assert method_styles(["x", "y"]) == method_styles(["x", "y"])


def test_a_method_looks_the_same_whoever_stands_before_it():
    own = ("mean-face", "linear-weak", "linear-persp", "mine", "yours <b>")
    alone = {label: method_styles([label])[0] for label in own[:3]}
    for labels in itertools.permutations(own):
        found = dict(zip(labels, method_styles(labels), strict=True))
        assert found == dict(zip(own, method_styles(own), strict=True))
        assert {label: found[label] for label in alone} == alone


def test_a_box_carries_its_methods_marker(runs):
    samples = gather_samples(runs[:3], NAMES[:3], layouts(runs[0])["overall"], "cd_mm")
    with matplotlib.rc_context(settings(STYLES["paper"])):
        (axes,) = distribution.draw([samples], STYLES["paper"]).axes
    drawn = [(line.get_color(), line.get_marker()) for line in axes.lines if line.get_marker() != "None"]
    assert drawn == [(look.colour, look.marker) for look in method_styles(NAMES[:3])]


def test_focal_figure_says_that_the_published_axis_is_reversed(make_run):
    run = make_run(benchmark="fslab")
    assert "other way round" in plot([run], "error", "focal").caption
    assert "other way round" not in plot([run], "error", "pose").caption


def test_caption_says_that_mm_are_not_metric(runs):
    for kind in KINDS:
        assert "not metric truth" in plot(runs[: FEWEST.get(kind, 1)], kind).caption


@pytest.mark.parametrize("kind", KINDS)
def test_sparse_runs_can_be_drawn(kind, make_run):
    poor = make_run("Poor", fail={"0-5": 1, "5-30": 0, "30-60": 2, "60-90": 0})
    none = make_run("None", fail=dict.fromkeys(("0-5", "5-30", "30-60", "60-90"), 0))
    assert plot([poor, none], kind, "pose").content
    assert plot([none] if kind not in FEWEST else [none, poor], kind, "pose").content


def test_what_cannot_be_drawn_is_refused(runs):
    with pytest.raises(UsageError, match="cumulative curve is of an error"):
        plot(runs[:1], "cumulative", metric="cr")
    with pytest.raises(UsageError, match="cd-cr needs"):
        plot(runs[:1], "cd-cr", metric="mne_rad")
    for kind in ("distribution", "cumulative", "cd-cr"):
        with pytest.raises(UsageError, match="figure is of single samples; std_of_cd_mm"):
            plot(runs[:1], kind, metric="std_of_cd_mm")
    with pytest.raises(UsageError, match="differences takes two runs or more"):
        plot(runs[:1], "differences")
    with pytest.raises(UsageError, match="no run"):
        plot([])
    with pytest.raises(UsageError, match=r"ends in \.png"):
        plot(runs[:1], form="gif")
    with pytest.raises(UsageError, match="kinds are error"):
        plot(runs[:1], "pie")


def test_spread_keeps_order_gap_and_range():
    rng = np.random.default_rng(4)
    for _ in range(50):
        wanted = rng.normal(size=rng.integers(1, 20))
        placed = spread(wanted, 0.1, -1.0, 1.0)
        ordered = placed[np.argsort(wanted, kind="stable")]
        # 1e-12: rounding.
        assert (np.diff(ordered) >= 0.1 - 1e-12).all()
        assert placed.min() >= -1 - 1e-12 and placed.max() <= 1 + 1e-12
    np.testing.assert_array_equal(spread([0.2, 0.6], 0.1, 0, 1), [0.2, 0.6])
    assert len(spread([], 1, 0, 1)) == 0


def test_axis_leaves_out_what_would_flatten_the_rest():
    assert upper_end(np.array([1.0, 2.0, np.nan, 100.0])) == 2.0
    assert upper_end(np.array([np.nan])) == 1.0
    assert upper_end(np.array([0.0, 0.0])) == 1.0
    assert upper_end(np.array([1.0, 1.0, 1.0, 4.0])) == 1.0
    assert upper_end(np.array([0.5, 0.5, 0.5, 1.4, 2.0])) == 2.0, "a cut gains little"


def test_an_axis_holds_the_intervals_beside_a_method_that_never_moves():
    """Amplitudes of rigs: one method at 0 put the other's mean of 1.31 off the axis, which cut its interval."""
    means = np.array([[0.88, 1.1, 1.31, 0.94], [0.0, 0.0, 0.0, 0.0], [-0.6, -0.4, 0.1, -0.9]])
    amplitude = Quantity("amplitude", "Amplitude")
    bottom, top = error.limits(amplitude, means, means - 0.2, means + 0.6)
    assert bottom < -1.1 and top > 1.91


def test_values_above_the_axis_are_in_the_caption_of_many_bins():
    """Between 8 bins there is no room for them."""
    runs = []
    for name, level in (("near", 1.0), ("far", 9.0)):
        rows = [Record(f"{k}", "ok", "", {"mm": level if k == 3 else 1.0 + 0.1 * k}) for k in range(8)]
        bins = {row.sample: {"expression": f"e{row.sample}"} for row in rows}
        runs.append(assemble(rows, bins, ("mm",), {"benchmark": "own", "method": name, "signature": "own|v1"}))
    table = build(runs, "expression", ["mm"])
    assert error.notes(table) == ("Above the axis, a triangle where a line leaves it: far Mm 9.000 at e3.",)
    assert error.notes(table)[0] in plot(runs, "error", "expression", "mm").caption
    assert not any("↑" in text.get_text() for text in drawn_texts(table)[1])


LABELS = ("$\\frac{", "$a$ and $b$", "W" * 60, "脸" * 60, "𝒲" * 60, "_^{\\", "a\x1b[2Jb\u202e", "<script>")


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("kind", KINDS)
def test_any_label_can_be_drawn(make_run, kind: str, style: str) -> None:
    chosen = [make_run(label, level=2.0 + i) for i, label in enumerate(LABELS)]
    for form in ("svg", "pdf"):
        assert len(plot(chosen, kind, style=style, form=form).content) > 1000
    one = plot(chosen[2 : 2 + FEWEST.get(kind, 1)], kind, style=style)
    ElementTree.fromstring(one.content.decode())
    assert "W" * 60 in one.caption or "W" * 60 not in one.content.decode()


def test_a_label_with_a_dollar_is_text(make_run) -> None:
    """As a formula, `$a$` would lose its dollars."""
    with matplotlib.rc_context(settings(STYLES["paper"])):
        widths = [text_width_in([text], 10.0) for text in ("$a$", "a")]
    assert widths[0] > 2 * widths[1]


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
def test_a_long_label_leaves_room_for_what_is_drawn() -> None:
    for style in STYLES.values():
        with matplotlib.rc_context(settings(style)):
            for label in ("W" * 60, "脸" * 60):
                shown = fitting(label, style)
                assert "…" in shown and shown[0] == label[0] and shown[-1] == label[-1]
                assert text_width_in([shown], style.small_pt) <= style.width_in / 3


def test_rates_end_at_100_and_their_markers_are_whole(make_run):
    table = build([make_run(level=1e-9), make_run("B", level=3.0)], "pose", ["cd_mm"], ci=True)
    with matplotlib.rc_context(settings(STYLES["paper"])):
        rates = error.draw(table, STYLES["paper"]).axes[1]
        cloud = cd_cr.draw(table, STYLES["paper"]).axes[0]
    assert rates.get_ylim()[1] == 100
    assert cloud.get_xlim()[1] == 100
    for axes in (rates, cloud):
        markers = [line for line in axes.lines if line.get_marker() not in ("None", "")]
        assert markers
        assert not any(line.get_clip_on() for line in markers)


def test_axis_says_which_samples_the_table_is_of(make_run):
    run = make_run(benchmark="fslab")
    assert build([run], "pose").layout.axis == "Head pose (focal length 1200 px)"
    assert build([run], "pose-all").layout.axis == "Head pose"


def test_differences_are_those_of_compare_with_their_verdicts(make_run):
    """Three methods: the first is better than one, worse than one; dots and lines stand where `compare` puts them."""
    runs = [make_run("AA", level=3.0), make_run("BB", level=2.0), make_run("CC", level=4.0)]
    found = compare(runs, metrics=["cd_mm"])
    with matplotlib.rc_context(settings(STYLES["paper"])):
        table = build(runs, "overall", ["cd_mm"])
        figure = estimates.draw_differences(found, replace(table, metrics=table.metrics[:1]), STYLES["paper"])
    (axes,) = figure.axes
    dots = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1]
    spans = [tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
    rows = found.differences[found.differences["metric"] == "cd_mm"]
    assert dots == list(rows["difference"])
    assert spans == [(0.0, 0.0), *zip(rows["low"], rows["high"], strict=True)]
    assert [text.get_text().strip() for text in axes.texts] == ["worse", "better"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["BB", "CC"]


def test_few_differences_are_all_on_the_axis_and_the_caption_says_why_none_has_a_verdict(make_run):
    """Three faces of the lab; of CR one difference is far larger than both others."""
    levels = {"AA": 2.0, "BB": 2.02, "CC": 2.05, "DD": 4.0}
    runs = [make_run(name, benchmark="fslab", level=level, keep=99) for name, level in levels.items()]
    found, table = compare(runs, metrics=["cd_mm"]), build(runs, "overall", ["cd_mm"])
    with matplotlib.rc_context(settings(STYLES["paper"])):
        panels = estimates.draw_differences(found, table, STYLES["paper"]).axes
    for axes in panels:
        assert [text.get_text().strip() for text in axes.texts] == ["cannot tell"] * 3
        dots = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1]
        assert len(dots) == 3 and max(map(abs, dots)) < axes.get_xlim()[1]
    caption = plot(runs, "differences").caption
    assert (
        "No intervals, and at the side no verdicts: an interval takes scores of 5 or more subjects, more where"
        in caption
    )
    assert "bootstrap" not in caption and "better or worse" not in caption


def test_a_caption_explains_boxes_and_the_numbers_beyond_the_axis(make_run):
    runs = [make_run("AA", level=2.0), make_run("BB", level=2.1), make_run("CC", level=60.0, fail={"0-5": 3})]
    caption = plot(runs, "distribution").caption
    assert "Boxes are quartiles, with the median at the marker; lines are the 5th to 95th percentile." in caption
    assert "Fewer than 5 samples are drawn one by one." in caption
    assert "A number with \u25b8 is a 95th percentile or the largest sample, beyond the axis." in caption
    assert "\u25b8" not in plot(runs[:2], "distribution").caption


def test_an_axis_of_percent_is_marked_from_0_to_100(runs):
    samples = gather_samples(runs[:2], NAMES[:2], layouts(runs[0])["pose"], "cr")
    with matplotlib.rc_context(settings(STYLES["paper"])):
        for axes in distribution.draw([samples], STYLES["paper"]).axes:
            assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "50", "100"]


def test_a_mean_far_from_all_others_is_written_out(make_run):
    runs = [make_run(name, level=level) for name, level in (("AA", 2.0), ("BB", 2.2), ("CC", 2.1), ("DD", 40.0))]
    with matplotlib.rc_context(settings(STYLES["paper"])):
        table = build(runs, "overall", ["cd_mm"], ci=True)
        first = estimates.draw_means(table, STYLES["paper"]).axes[0]
    (text,) = first.texts
    assert text.get_text() == f"{table.rows[3].cells[0][0].mean:.2f}\u25b8"
    assert first.get_xlim()[1] < 4.0


def test_the_longest_label_stays_off_the_edge_of_the_page(make_run):
    names = ("extreme3dface (published)", "Deep3DFaceRec (published)", "facescape_deep (published)")
    runs = [make_run(name, level=2.0 + 8 * i) for i, name in enumerate(names)]
    for kind in ("error", "means", "cd-cr", "distribution", "cumulative"):
        ink = np.asarray(Image.open(io.BytesIO(plot(runs, kind, form="png").content)).convert("L")) < 250
        columns = np.flatnonzero(ink.any(axis=0))
        # 4 px at 300 dpi are a third of a millimetre.
        assert min(columns[0], ink.shape[1] - 1 - columns[-1]) >= 4, kind


@pytest.mark.parametrize("kind", ["error", "means"])
def test_a_caption_promises_intervals_only_where_there_are_some(make_run, kind):
    """Three faces of the lab: too few for an interval."""
    few, all_ = make_run(benchmark="fslab", keep=99), make_run(benchmark="fslab")
    assert "with intervals" not in plot([few], kind).caption
    assert "No intervals: an interval takes scores of 5 or more subjects, more where" in plot([few], kind).caption
    assert "with intervals" in plot([all_], kind).caption
    assert "One takes" not in plot([all_], kind).caption


def test_a_caption_says_why_some_means_have_no_interval(make_run):
    run = make_run(fail={"0-5": 3, "60-90": 0})
    said = (
        "Intervals: 95 % bootstrap intervals of the mean, over samples. No interval in places: an interval takes "
        "scores of 5 or more samples, more where bins are small or many failed."
    )
    assert said in plot([run], "error").caption
    assert said not in plot([make_run(fail={"60-90": 0})], "error").caption


@pytest.mark.parametrize("in_each", [2, 3])
def test_a_caption_speaks_of_the_intervals_that_are_drawn(make_run, in_each):
    """Three in each bin are enough for an interval of all samples, which the table has and the figure has not."""
    run = make_run(fail=dict.fromkeys(("0-5", "5-30", "30-60", "60-90"), in_each))
    run = replace(run, samples=run.samples[run.samples["status"] == "ok"].reset_index(drop=True))
    table = build([run], ci=True)
    assert any(note.startswith("Intervals: ") for note in table.notes) == (in_each == 3)
    for caption in (plot([run], "error").caption, " ".join(figures.error(table, "cd_mm")["notes"])):
        assert "No intervals: an interval takes scores of 5 or more samples" in caption
        assert " Intervals: " not in caption and "with intervals" not in caption
    assert ("No intervals" in plot([run], "means").caption) == (in_each == 2)


def test_a_caption_speaks_of_means_only_where_they_are_drawn(make_run):
    runs = [make_run(name, benchmark="fslab", level=level) for name, level in (("AA", 2.0), ("BB", 2.1))]
    for kind, has_means in (("error", True), ("cd-cr", True), ("distribution", False), ("differences", False)):
        assert ("Means over" in plot(runs, kind).caption) == has_means, kind
    assert "All samples at a focal length of 1200 px." in plot(runs, "distribution").caption


def test_a_caption_speaks_of_bins_only_where_there_are_some(make_run):
    run = make_run()
    assert "mean error, with intervals" in plot([run], "error", "overall").caption
    assert "mean error over the bins, with intervals" in plot([run], "error").caption
