"""`fsbench report` in a real browser: what the page shows is what the other commands say, and labels are text."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsbench.benchmarks import load_spec
from fsbench.core.mesh import Mesh
from fsbench.io import write_ply
from fsbench.report.plots.error import limits
from fsbench.report.tables import build
from fsbench.runs import Record, Run, assemble, load_run
from fsbench.runs.maps import FOLDER, GridMap, decode, read_map
from fsbench.stats.layout import published_layouts
from tests.browser import Tab, chromium, opened
from tests.cli.commands import fsbench
from tests.heads import face_of, head
from tests.unit.report.conftest import make_run  # noqa: F401 - a fixture

HOSTILE = '<script>window.hacked=1</script><img src=x onerror="window.hacked=2"> <b>&amp;'
LOUD = "javascript:alert(1)"
METHOD = "pred/wild_pred/mean-face"
MOST_BYTES = 8_000_000
WIDE = {"width": 1400, "height": 900}
HALF_STEP_MM = 0.011
"""Distances are kept in steps of 0.02 mm at most here, and shown as single precision."""


LONELIEST = """() => {
  const div = document.querySelector('[data-figure="scatter"]');
  const { xaxis, yaxis } = div._fullLayout;
  const trace = div.data.find((one) => one.meta === 1 && one.customdata);
  const points = trace.x.map((x, k) => [xaxis.d2p(x), yaxis.d2p(trace.y[k])]);
  const inside = points.map(([x, y], k) => k).filter((k) => points[k][1] > 0);
  const apart = ([x, y], [u, v]) => Math.hypot(x - u, y - v);
  const room = (k) => Math.min(...points.map((point, m) => (m === k ? Infinity : apart(point, points[k]))));
  const best = inside.reduce((one, other) => (room(one) > room(other) ? one : other));
  const box = div.getBoundingClientRect();
  return {
    x: box.x + xaxis._offset + points[best][0], y: box.y + yaxis._offset + points[best][1],
    cr: trace.x[best], cd: trace.y[best], sample: trace.customdata[best][1],
  };
}"""
"""Where on the screen the point is that has most room around it, what it stands for, and its sample's number."""

SIDES = """() => [...document.querySelectorAll('.sample .view')]
.filter((div) => div.data?.[0].intensity).map((div) => ({
  n: div.data[0].x.length, faces: div.data[0].i.length, values: Array.from(div.data[0].intensity),
  corner: ['x', 'y', 'z'].map((axis) => Array.from(div.data[0][axis])),
  caption: div.nextElementSibling.innerText,
}))"""

TURN = "Plotly.relayout(document.querySelector('.sample .view'), {'scene.camera': {eye: {x: 1, y: 0, z: 1}}})"

NO_WEBGL = """HTMLCanvasElement.prototype.getContext = ((original) => function (kind, ...more) {
  return /webgl/.test(kind) ? null : original.call(this, kind, ...more);
})(HTMLCanvasElement.prototype.getContext)"""

TRACES = "[...document.querySelectorAll('.js-plotly-plot')].flatMap((div) => div.data)"
POINTS = "document.querySelector('[data-figure=scatter]').data.filter((t) => t.customdata).flatMap((t) => t.x)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def scored(make_run, tmp_path_factory) -> list[Path]:  # noqa: F811
    """Three runs of the whole benchmark; what failures count as changes their order."""
    root = tmp_path_factory.mktemp("scored")
    runs = [
        make_run(HOSTILE, level=3.0, fail={"60-90": 10, "30-60": 40}),
        make_run("PRNet", level=3.15),
        make_run(LOUD, level=3.4, fail={"0-5": 30}),
    ]
    return [_saved(_with_hostile_reason(run), root / f"run{i}") for i, run in enumerate(runs)]


@pytest.fixture(scope="module")
def scored_page(scored, tmp_path_factory) -> Path:
    return _report(scored, tmp_path_factory.mktemp("page") / "scored.html")


@pytest.fixture(scope="module")
def mapped(sample, tmp_path_factory) -> list[Path]:
    """Two runs of three samples with their error maps, and one of the same without."""
    root = tmp_path_factory.mktemp("mapped")
    return [_score(sample, root / name, name, keep_maps=name != "bare") for name in ("mean-face", "again", "bare")]


@pytest.fixture(scope="module")
def mapped_page(mapped, tmp_path_factory) -> Path:
    return _report(mapped, tmp_path_factory.mktemp("page") / "mapped.html", everything=True)


def _with_hostile_reason(run: Run) -> Run:
    samples = run.samples.copy()
    samples.loc[samples["status"] != "ok", "reason"] = HOSTILE
    return replace(run, samples=samples)


def _saved(run: Run, folder: Path) -> Path:
    run.save(folder)
    return folder


def _report(folders: list[Path], out: Path, **options: Any) -> Path:
    from fsbench.report.page.report import report

    page, _ = report([load_run(folder) for folder in folders], folders, **options)
    out.write_text(page, "utf-8")
    return out


def _score(sample: Path, out: Path, method: str, keep_maps: bool) -> Path:
    """Without the command line's fixtures, which live for one test."""
    from fsbench import submissions as adapters
    from fsbench.benchmarks import Benchmark
    from fsbench.scoring.score import score
    from fsbench.submissions.submission import Submission

    benchmark = Benchmark.open("fswild", sample)
    submission = Submission(str(sample / METHOD), adapters.get("3DDFA_V2"))
    score(benchmark, submission, out, method=method, samples="000,001,100,300", keep_maps=keep_maps)
    return out


def _texts(tab: Tab, selector: str) -> list[str]:
    found = tab.evaluate("(selector) => [...document.querySelectorAll(selector)].map((one) => one.innerText)", selector)
    return [" ".join(text.split()) for text in found]


def _shown_rows(tab: Tab) -> list[list[str]]:
    """Cells of the table that can be seen."""
    rows = tab.evaluate(
        "() => [...document.querySelectorAll('.variant:not([hidden]) tbody tr')]"
        ".map((row) => [...row.children].map((cell) => cell.innerText))"
    )
    return [[" ".join(cell.split()).replace("–", "-") for cell in row] for row in rows]


def _markdown_rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    rule = next(i for i, row in enumerate(cells) if set("".join(row)) <= set(":- "))
    return [[re.sub(r"[*_]{1,2}|</?u>", "", cell) for cell in row[1:]] for row in cells[rule + 1 :]]


def _choose(tab: Tab, name: str, value: str) -> None:
    chosen = tab.locator(f'input[name="{name}-0"][value="{value}"]').first
    # Not by the mouse, which misses it on a busy machine while the page below still grows.
    chosen.evaluate("one => one.click()")
    assert chosen.is_checked()


def test_table_and_verdicts_are_those_of_the_commands_under_every_policy(capsys, browser, scored, scored_page):
    with opened(browser, scored_page) as tab:
        for policy in ("legacy", "common", "penalised"):
            _choose(tab, "policy", policy)
            for by in ("pose", "overall"):
                _choose(tab, "by", by)
                answer = fsbench(
                    capsys, "table", *scored, "--policy", policy, "--ci", "--by", by, "--format", "markdown"
                )
                expected = _markdown_rows(answer.out)
                assert [row[1:] for row in _shown_rows(tab)] == expected
                assert len(expected) == 3 and "[" in expected[0][0]
            for pairs in ("first", "neighbours"):
                _choose(tab, "pairs", pairs)
                answer = fsbench(capsys, "compare", *scored, "--policy", policy, "--pairs", pairs, "--format", "json")
                verdicts = [one["verdict"] for one in json.loads(answer.out)["differences"] if one["metric"] == "cd_mm"]
                said = _texts(tab, ".verdict:not([hidden]) .words li")
                assert len(said) == len(verdicts) == 2
                assert all(line.endswith(verdict) for line, verdict in zip(said, map(_one_line, verdicts), strict=True))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def test_orders_that_change_are_marked(capsys, browser, scored, scored_page):
    warning = fsbench(capsys, "table", *scored).err
    with opened(browser, scored_page) as tab:
        assert _texts(tab, ".variant:not([hidden]) .moved") == []
        assert _one_line(_texts(tab, ".caution")[0].rstrip(".")) in _one_line(warning)
        _choose(tab, "policy", "penalised")
        moved = [row[0] for row in _shown_rows(tab)]
        assert moved[0].endswith("↓1") and moved[1].endswith("↑1") and moved[2] == LOUD


def test_a_heading_sorts_the_rows(browser, scored_page):
    with opened(browser, scored_page) as tab:
        _choose(tab, "by", "overall")
        buttons = tab.locator(".variant:not([hidden]) .sortable button")

        def means(column: int) -> list[float]:
            return [float(row[column].split()[0]) for row in _shown_rows(tab)]

        before = means(1)
        buttons.nth(1).click()
        assert means(1) == sorted(before) != before[::-1]
        buttons.nth(1).press("Enter")
        assert means(1) == sorted(before, reverse=True)
        buttons.nth(3).click()
        assert means(3) == sorted(means(3), reverse=True), "of a share the largest comes first"
        head = tab.locator(".variant:not([hidden]) th[aria-sort]")
        assert head.count() == 1 and head.get_attribute("aria-sort") == "descending"


def test_labels_reasons_and_bins_stay_text(browser, scored_page):
    with opened(browser, scored_page) as tab:
        # Labels are cut in the middle to 60 letters.
        assert _texts(tab, ".methods .method")[0] == HOSTILE[:29] + "…" + HOSTILE[-30:]
        tab.locator(".search").fill("hacked")
        assert "onerror" in _texts(tab, ".list tbody tr")[0]
        _see_figures(tab)
        tab.until("document.querySelectorAll('.js-plotly-plot').length >= 4")
        assert tab.evaluate("[window.hacked === undefined, document.querySelectorAll('main img, main b').length]") == [
            True,
            0,
        ]
        names = tab.evaluate(
            "[...document.querySelectorAll('.js-plotly-plot')].flatMap((div) => div.data.map((t) => t.name))"
        )
        assert not any(name and "<" in name for name in names)


def _see_figures(tab: Tab) -> None:
    for name in ("error", "scatter", "cumulative", "distribution"):
        tab.locator(f'[data-figure="{name}"]').scroll_into_view_if_needed()
        tab.until(f"document.querySelector('[data-figure=\"{name}\"]').data !== undefined")


def test_a_click_on_a_point_opens_its_sample(browser, scored, scored_page):
    run = load_run(scored[1])
    with opened(browser, scored_page) as tab:
        for method in ("0", "2"):
            tab.locator(f'.methods [data-method="{method}"]').click()
        _see_figures(tab)
        tab.locator('[data-figure="scatter"]').scroll_into_view_if_needed()
        place = tab.evaluate(LONELIEST)
        row = run.samples.iloc[place["sample"]]
        assert (place["cr"], place["cd"]) == pytest.approx((100 * row["cr"], row["cd_mm"]))
        tab.mouse.move(place["x"], place["y"])
        # What is under the mouse is looked for now and then: a click opens what the label says.
        label = "document.querySelector('[data-figure=\"scatter\"] .hoverlayer')"
        tab.until(f"{label}.textContent.includes('{row['sample']}: CD')")
        tab.mouse.click(place["x"], place["y"])
        tab.until("location.hash.startsWith('#sample-0=')")
        assert tab.evaluate("location.hash") == f"#sample-0={row['sample']}"
        assert _texts(tab, ".sample .name")[0].startswith(f"{row['sample']} (")
        numbers = f"{row['cd_mm']:.2f} {row['mne_rad']:.3f} {100 * row['cr']:.1f} {row['overlap_px']:.0f}"
        assert _texts(tab, ".of-sample tbody tr")[1] == f"PRNet ok {numbers}"


def test_methods_are_switched_off_in_all_figures(browser, scored_page):
    with opened(browser, scored_page) as tab:
        _see_figures(tab)
        tab.locator('.methods [data-method="1"]').click()
        visible = tab.evaluate(
            "[...document.querySelectorAll('.js-plotly-plot')].map((div) => div.data.map((t) => [t.meta, t.visible]))"
        )
        assert len(visible) >= 4
        assert all(shown == (method != 1) for traces in visible for method, shown in traces)
        assert tab.locator('.methods [data-method="1"]').get_attribute("aria-pressed") == "false"


def test_every_sample_can_be_searched_sorted_and_read(browser, scored, scored_page):
    run = load_run(scored[1])
    with opened(browser, scored_page) as tab:
        tab.locator(".of-method").select_option("1")
        tab.locator(".samples .more").click()
        rows = _texts(tab, ".list tbody tr")
        expected = [
            f"{row['sample']} {row['pose_deg']} ok {row['cd_mm']:.2f} {row['mne_rad']:.3f} {100 * row['cr']:.1f} 1000"
            for row in run.samples.to_dict("records")
        ]
        assert rows == expected
        tab.locator(".list thead button", has_text=re.compile("^CD \\(mm\\)$")).click()
        found = [float(row.split()[3]) for row in _texts(tab, ".list tbody tr")]
        assert found == sorted(found)
        tab.locator(".search").fill("30-60 ok")
        assert _texts(tab, ".samples .count") == ["100 of 400 samples"]


def test_the_numbers_over_all_samples_and_the_done_rate_are_seen_without_scrolling(browser, scored_page):
    sides = "[...document.querySelectorAll(selector)].map((cell) => cell.getBoundingClientRect().right)"
    right = f"(selector) => Math.max(...{sides})"
    with opened(browser, scored_page, viewport=WIDE) as tab:
        # Labels of 60 letters are in this table; with intervals in every cell.
        edge = tab.evaluate(right, ".variant:not([hidden]) .scroll")
        assert tab.evaluate(right, ".variant:not([hidden]) .scores td") <= edge
        assert tab.locator(".variant:not([hidden]) .interval").count() == 3 * 15
    with opened(browser, scored_page, viewport={"width": 700, "height": 900}) as tab:
        edge = tab.evaluate(right, ".variant:not([hidden]) .scroll")
        assert tab.evaluate(right, ".variant:not([hidden]) .scores tbody td:nth-last-child(2)") > edge
        assert tab.evaluate(right, ".variant:not([hidden]) .scores tbody td:last-child") <= edge, "done stays in view"


def test_a_reason_is_seen_beside_its_sample_in_rows_of_one_line(browser, scored_page):
    with opened(browser, scored_page, viewport=WIDE) as tab:
        heights = "[...document.querySelectorAll('.list tbody tr')].map((row) => row.getBoundingClientRect().height)"
        tab.locator(".search").fill("ok")
        plain = max(tab.evaluate(heights))
        tab.locator(".search").fill("missing")
        assert max(tab.evaluate(heights)) <= plain + 1
        reason = tab.locator(".list .reason").first
        box, edge = reason.bounding_box(), tab.locator(".samples .scroll").bounding_box()
        assert box["x"] + box["width"] < edge["x"] + edge["width"]
        assert reason.get_attribute("title") == HOSTILE
        tab.locator(".list tbody a").first.click()
        assert HOSTILE in [text.strip() for text in tab.locator(".of-sample .reason").all_inner_texts()]


def test_axes_hold_intervals_as_those_of_plot_and_what_lies_above_is_marked(make_run, browser, tmp_path):  # noqa: F811
    """A method whose rate is low on some samples; another one far off in one bin; a third without intervals there."""
    runs = [make_run("near", level=3.0), make_run("far", level=3.2, fail={"60-90": 2})]
    samples = runs[1].samples.copy()
    samples.loc[samples["pose_deg"] == "0-5", "cd_mm"] = 90.0
    samples.loc[samples["pose_deg"] == "5-30", "cr"] = [0.3, 1.0] * 50
    runs[1] = replace(runs[1], samples=samples)
    path = _report([_saved(run, tmp_path / run.method) for run in runs], tmp_path / "r.html")
    table = build(runs, "pose", ["cd_mm"], ci=True)
    with opened(browser, path) as tab:
        _see_figures(tab)
        figure = "document.querySelector('[data-figure=error]')"
        ranges = tab.evaluate(f"['yaxis', 'yaxis2'].map((axis) => {figure}.layout[axis].range)")
        for m, (low, top) in enumerate(ranges):
            cells = [
                [getattr(row.cells[b][m], name) for row in table.rows for b in range(4)]
                for name in ("mean", "low", "high")
            ]
            expected = limits(table.metrics[m], *(np.array(values) * table.metrics[m].factor for values in cells))
            assert low == pytest.approx(expected[0]) and top >= expected[1] > top - 2
        assert ranges[1][0] <= 60
        marks = tab.evaluate(f"{figure}.data.filter((t) => t.marker?.symbol === 'triangle-up' && t.mode === 'markers')")
        assert [mark["text"] for mark in marks] == [["far CD 90.00 at ±5°"]]
        assert ranges[0][0] < marks[0]["y"][0] < ranges[0][1]
        said = tab.locator("[data-figure=error] + figcaption").inner_text()
        assert "Triangles at the upper edge stand for means above the axis: far CD 90.00 at ±5°." in said
        assert "A triangle at the upper edge" in tab.locator("[data-figure=distribution] + figcaption").inner_text()


def test_every_category_has_its_name_and_headings_stand_above_their_panels(browser, tmp_path):
    known = published_layouts(load_spec("rig"))["expression"].bins
    rows = [Record(f"s/{bin_.label}", "ok", "", {"rig_mm": 1.0, "motion_mm": 2.0}) for bin_ in known]
    bins = {f"s/{bin_.label}": {"subject": "s", "expression": bin_.label} for bin_ in known}
    about = {"benchmark": "rig", "method": "mine", "signature": "rig|v1"}
    run = assemble(rows, bins, ("rig_mm", "motion_mm"), about)
    with opened(browser, _report([_saved(run, tmp_path / "run")], tmp_path / "r.html"), viewport=WIDE) as tab:
        _see_figures(tab)
        for name in ("error", "distribution"):
            ticks = (
                f"[...document.querySelectorAll('[data-figure={name}] .xtick text, [data-figure={name}] .x2tick text')]"
            )
            tab.until(f"{ticks}.length > 0")
            shown = tab.evaluate(
                f"{ticks}.filter((t) => getComputedStyle(t).display !== 'none').map((t) => t.textContent)"
            )
            assert shown == [bin_.title for bin_ in known]
            inside = tab.evaluate(
                f"(() => {{ const box = document.querySelector('[data-figure={name}]').getBoundingClientRect();"
                f"return {ticks}.every((t) => {{ const b = t.getBoundingClientRect(); "
                "return b.left >= box.left && b.right <= box.right; }); })()"
            )
            assert inside
        headings = _texts_of_svg(tab, "[data-figure=error] .annotation-text")
        assert headings == ["Shape (mm), mean over samples", "Motion (mm), mean over samples"]


def test_a_caption_promises_intervals_of_means_only_where_there_are_some(make_run, browser, tmp_path):  # noqa: F811
    """Three faces of the lab are too few."""
    runs = [make_run(name, benchmark="fslab", keep=99) for name in ("one", "two")]
    path = _report([_saved(run, tmp_path / run.method) for run in runs], tmp_path / "r.html")
    with opened(browser, path) as tab:
        _see_figures(tab)
        said = tab.locator("[data-figure=scatter] + figcaption").inner_text()
        assert "95 %" not in said and "No intervals: an interval takes scores of 5 or more subjects, more" in said


def _texts_of_svg(tab: Tab, selector: str) -> list[str]:
    return tab.evaluate("(selector) => [...document.querySelectorAll(selector)].map((t) => t.textContent)", selector)


def test_the_error_on_the_face_is_the_samples(browser, sample, mapped, mapped_page):
    found = decode(_content(mapped[0], "100"))[0]
    again = _measured(sample, "100")
    with opened(browser, mapped_page) as tab:
        tab.locator(".search").fill("100")
        tab.locator(".list tbody a").first.click()
        # Before that another sample may be there.
        tab.until("document.querySelector('.sample').dataset.shown === '100'")
        shown = tab.evaluate(SIDES)
        assert [one["n"] for one in shown] == [again.prediction.n_vertices] * 2
        assert shown[0]["faces"] == again.prediction.n_faces
        np.testing.assert_allclose(shown[0]["values"], again.pred_to_ref_mm, atol=HALF_STEP_MM)
        assert max(shown[0]["values"]) == pytest.approx(again.pred_to_ref_mm.max(), abs=HALF_STEP_MM)
        np.testing.assert_allclose(np.transpose(shown[0]["corner"]), found.prediction.vertices, atol=1e-3)
        assert shown[0]["caption"] == (
            f"mean-face: largest {abs(found.distances_mm).max():.2f} mm, mean {abs(found.distances_mm).mean():.2f} mm "
            f"of the prediction's vertices ({len(found.distances_mm)})"
        )
        # One scale for all faces: a round number, below which 95 % of the distances on the page are.
        limit = float(tab.locator(".sample .limit").input_value())
        all_mm = [decode(_content(mapped[0], name))[0].distances_mm for name in ("000", "100", "300")]
        assert limit / 2 < np.quantile(np.abs(np.concatenate(all_mm)), 0.95) < limit
        # Signed, and blended into the reference.
        tab.locator(".sample .signed").select_option("1")
        tab.until("document.querySelector('.sample .view').data[0].cmin < 0")
        signed = tab.evaluate("Array.from(document.querySelector('.sample .view').data[0].intensity)")
        np.testing.assert_allclose(signed, found.distances_mm, atol=1e-4)
        assert min(signed) < 0 < max(signed)
        tab.locator(".sample .blend").fill("1")
        tab.until(f"Math.abs(document.querySelector('.sample .view').data[0].z[0] - {shown[0]['corner'][2][0]}) > 0")
        ends = np.transpose(tab.evaluate(SIDES)[0]["corner"])
        radius = np.hypot(ends[:, 0], ends[:, 2])
        np.testing.assert_allclose(radius, found.radius_ref_mm[found.corners], atol=1e-3)
        # Cameras are linked.
        tab.evaluate(TURN)
        tab.until("document.querySelectorAll('.sample .view')[1].layout.scene.camera.eye.x === 1")


def _content(folder: Path, name: str) -> bytes:
    run = load_run(folder)
    row = run.samples.set_index("sample").loc[name]
    content = read_map(folder / FOLDER, name, {metric: float(row[metric]) for metric in run.metrics})
    assert content is not None
    return content


def _measured(sample: Path, name: str) -> Any:
    from fsbench import submissions as adapters
    from fsbench.benchmarks import Benchmark

    return Benchmark.open("fswild", sample).prepare(name).measure(adapters.get("3DDFA_V2").load(sample / METHOD, name))


def test_a_run_without_maps_is_measured_again(mapped, mapped_page):
    data = json.loads(re.search(r'class="data">(.*?)</script>', mapped_page.read_text("utf-8"))[1])
    assert sorted({(method, name) for method, name, _ in data["maps"]}) == [
        (method, name) for method in range(3) for name in ("000", "100", "300")
    ]
    of = {(method, name): text for method, name, text in data["maps"]}
    assert of[0, "100"] == of[2, "100"]
    assert data["notes"] == []


def test_mean_maps_are_shown_and_say_what_they_lack(browser, mapped_page):
    with opened(browser, mapped_page) as tab:
        tab.locator(".means").scroll_into_view_if_needed()
        tab.until("document.querySelector('.means .view').data?.[0]?.type === 'mesh3d'")
        captions = _texts(tab, ".means figcaption")
        assert captions[0].startswith("mean-face: mean ")
        assert captions[1] == "mean-face − again: cannot tell, 3 in common"
        assert "bare: 0 error maps on a grid were kept; score with --keep-maps." in _texts(tab, ".means .notes li")


def test_without_3d_the_page_says_so(browser, mapped_page):
    with opened(browser, mapped_page, before=NO_WEBGL) as tab:
        tab.locator(".list tbody a").first.click()
        tab.until("document.querySelector('.sample .why').innerText.includes('WebGL')")
        assert tab.locator(".sample .pair").is_hidden()
        _see_figures(tab)
        assert tab.evaluate("document.querySelector('[data-figure=scatter]').data[0].type") == "scatter"


def test_it_fits_a_telephone_the_dark_and_a_printer(browser, scored_page):
    with opened(browser, scored_page, viewport={"width": 400, "height": 800}, color_scheme="dark") as tab:
        _see_figures(tab)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 400
        ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, re.findall(r"\d+", ground))) < 60
        paper = "document.querySelector('[data-figure=error]')._fullLayout.paper_bgcolor"
        assert tab.evaluate(paper) == "#1a1c21"
        assert tab.pdf().startswith(b"%PDF")
        tab.until(f"{paper} === '#1a1c21'")


def test_fourteen_methods_of_660_samples_are_less_than_8_mb(make_run, browser, tmp_path):  # noqa: F811
    runs = [make_run(f"method-{i}", benchmark="fslab", level=2 + 0.2 * i) for i in range(14)]
    path = _report([_saved(run, tmp_path / f"{i}") for i, run in enumerate(runs)], tmp_path / "many.html")
    assert path.stat().st_size <= MOST_BYTES
    with opened(browser, path) as tab:
        assert len(_shown_rows(tab)) == 14
        _see_figures(tab)
        assert tab.evaluate(f"{POINTS}.length") == 14 * 660


def test_several_benchmarks_are_chapters_and_a_method_looks_the_same(make_run, browser, tmp_path):  # noqa: F811
    runs = [make_run("mine"), make_run("PRNet"), make_run("mine", benchmark="fslab", signature="fslab|test|v1")]
    path = _report([_saved(run, tmp_path / f"{i}") for i, run in enumerate(runs)], tmp_path / "two.html")
    with opened(browser, path) as tab:
        assert _texts(tab, "h1") == ["FaceScape in the wild", "FaceScape in the lab"]
        glyphs = tab.evaluate("[...document.querySelectorAll('.method .glyph')].map((glyph) => glyph.outerHTML)")
        assert len(glyphs) == 3 and glyphs[0] == glyphs[2] != glyphs[1]


def test_runs_with_hardly_a_score_have_a_page_too(make_run, browser, tmp_path):  # noqa: F811
    poor = make_run("poor", fail={"0-5": 1, "5-30": 0, "30-60": 2, "60-90": 0})
    none = make_run("none", fail=dict.fromkeys(("0-5", "5-30", "30-60", "60-90"), 0))
    folders = [_saved(run, tmp_path / run.method) for run in (none, poor)]
    for chosen in (folders, folders[:1]):
        with opened(browser, _report(chosen, tmp_path / "r.html")) as tab:
            _see_figures(tab)
            assert [row[0] for row in _shown_rows(tab)] == ["none", "poor"][: len(chosen)]
            assert set(_shown_rows(tab)[0][1:]) == {"-", "0.0"}
            tab.locator(".list tbody a").first.click()
            tab.until("document.querySelector('.sample .why').innerText.includes('No error map')")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "r.pdf"), "should end in .html"),
        (("-o", "no/r.html"), "there is no folder no"),
        (("-o", "r.html", "--pred", "a", "--pred", "b"), "--pred is given 2 times for 1 runs"),
        (("-o", "r.html", "--samples", "999"), "fswild has no such sample"),
        (("-o", "r.html", "--samples", "000", "--all"), "give one of them"),
    ],
)
def test_wrong_use(capsys, scored, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    answer = fsbench(capsys, "report", scored[0], *arguments)
    assert answer.code == 2 and message in answer.err
    assert not (tmp_path / "r.html").exists()


def test_the_command_writes_the_page_and_says_what_is_not_on_it(capsys, scored, tmp_path):
    answer = fsbench(capsys, "report", scored[1], "-o", tmp_path / "r.html")
    assert (answer.code, answer.out) == (0, "")
    assert "No error maps of PRNet: none were kept" in answer.err and "r.html" in answer.err
    assert "PRNet" in (tmp_path / "r.html").read_text("utf-8")


def test_a_kept_map_is_a_grid(mapped):
    assert isinstance(decode(_content(mapped[0], "000"))[0], GridMap)


def test_a_scan_shows_its_own_surface(capsys, browser, tmp_path):
    shape = head(45, 60)
    (tmp_path / "scans").mkdir()
    (tmp_path / "pred").mkdir()
    # Some scanners look along +z: the scan's front is at -z, y down, and the page turns it.
    scan = face_of(head(60, 80))
    turned = Mesh(scan.vertices * [1, -1, -1], scan.faces)
    write_ply(tmp_path / "scans" / "anna.ply", turned)
    write_ply(tmp_path / "pred" / "anna.ply", Mesh(1.03 * shape.vertices * [1, -1, -1], shape.faces))
    files = ("--root", tmp_path / "scans", "--pred", tmp_path / "pred")
    options = (*files, "--scale", "metric", "--out", tmp_path / "run")
    assert fsbench(capsys, "score", "scan", *options).code == 0
    answer = fsbench(capsys, "report", tmp_path / "run", "-o", tmp_path / "r.html")
    assert answer.code == 0 and "note" not in answer.err
    with opened(browser, tmp_path / "r.html") as tab:
        tab.locator(".list tbody a").first.click()
        tab.until("document.querySelector('.sample .view').data?.[0]?.type === 'mesh3d'")
        side = tab.evaluate(SIDES)[0]
        assert side["n"] == scan.n_vertices and side["faces"] == scan.n_faces
        row = load_run(tmp_path / "run").samples.iloc[0]
        assert np.mean(side["values"]) == pytest.approx(row["ref_to_pred_mean_mm"], abs=HALF_STEP_MM)
        shown = np.transpose(side["corner"])
        # Upright.
        assert sorted(shown[:, 1]) == pytest.approx(sorted(scan.vertices[:, 1]), abs=HALF_STEP_MM)


def test_few_samples_stand_inside_the_axis_and_no_mean_map_is_said(browser, tmp_path):
    runs = []
    for name, level in (("near", 2.0), ("far", 6.0)):
        rows = [Record(f"{k:03}", "ok", "", {"ref_to_pred_median_mm": level + 0.1 * k}) for k in range(3)]
        about = {"benchmark": "scan", "method": name, "signature": "scan|v3"}
        run = assemble(rows, {row.sample: {} for row in rows}, ("ref_to_pred_median_mm",), about)
        runs.append(_saved(run, tmp_path / name))
    with opened(browser, _report(runs, tmp_path / "few.html")) as tab:
        tab.locator("[data-figure=distribution]").scroll_into_view_if_needed()
        tab.until("document.querySelector('[data-figure=distribution]').layout?.yaxis")
        yaxis = "document.querySelector('[data-figure=distribution]').layout.yaxis"
        axis = tab.evaluate(f"(({{ range, title }}) => [range, title.text])({yaxis})")
        assert axis[0][1] >= 6.2 and "\\n" not in axis[1] and "mean over" not in axis[1]
        assert "scored with --keep-maps" in tab.locator(".means").inner_text()
