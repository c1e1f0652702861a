"""The page of a rig's run in a real browser: the face moves with the slider, coloured by the error of its motion."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsbench.core.mesh import Mesh
from fsbench.report.page.report import report
from fsbench.runs import load_run
from fsbench.runs.map_from_measurement import thinned
from fsbench.scoring.scorer import Scorer
from tests.browser import Tab, chromium, opened
from tests.cli.commands import fsbench
from tests.rigs import FACE, NEUTRAL, STEMS, motions, moving, person, write

HALF_STEP_MM = 0.0101
"""Lengths are kept in steps of 0.02 mm, and shown as single precision."""
STRENGTHS = {"ann": 0.9, "bob": 0.7, "cy": 0.5, "dee": 0.3}
SHOWN = STEMS[:4]
SIDES = """() => [...document.querySelectorAll('.moving .view')].map((div) => ({
  place: ['x', 'y', 'z'].map((axis) => Array.from(div.data[0][axis])),
  errors: Array.from(div.data[0].intensity ?? []), end: div.data[0].cmax,
  range: div.layout.scene.yaxis.range, caption: div.nextElementSibling.innerText,
}))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def _some(strength: float) -> Mapping[str, np.ndarray]:
    return {stem: motions(strength)[stem] for stem in SHOWN[1:]}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A rig that moves too weakly, differently so for each subject, and one that lacks an expression of each."""
    from fsbench.benchmarks import Benchmark
    from fsbench.scoring.score import score
    from fsbench.submissions.submission import Submission

    folder = tmp_path_factory.mktemp("moving")
    for i, (subject, strength) in enumerate(STRENGTHS.items()):
        write(folder / "root" / subject, moving(person(i), _some(1.0)))
        write(folder / "weak" / subject, moving(person(i), _some(strength)))
        write(folder / "lacking" / subject, moving(person(i), _some(1.0)))
        (folder / "lacking" / subject / f"{SHOWN[2]}.ply").unlink()
    for method in ("weak", "lacking"):
        benchmark = Benchmark.open("rig", folder / "root")
        score(benchmark, Submission(str(folder / method), None), folder / f"run-{method}", method=method)
    return [folder / "run-weak", folder / "run-lacking"]


def _page(runs: list[Path], out: Path, **options: Any) -> tuple[Path, dict[str, Any]]:
    page, _ = report([load_run(run) for run in runs], runs, **options)
    out.write_text(page, "utf-8")
    return out, json.loads(re.search(r'class="data">(.*?)</script>', page, re.S)[1])


@pytest.fixture(scope="module")
def page(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _page(runs, tmp_path_factory.mktemp("page") / "r.html")[0]


def _at(tab: Tab, stem: str, share: float) -> list[dict[str, Any]]:
    tab.locator(".moving").scroll_into_view_if_needed()
    tab.locator(".moving .of-expression").select_option(label=stem)
    tab.locator(".moving .share").fill(str(share))
    tab.until(f"document.querySelector('.moving').dataset.shown?.endsWith('/{stem} {share}')")
    found: list[dict[str, Any]] = tab.evaluate(SIDES)
    return found


def test_the_slider_moves_the_face_and_colours_the_error_of_motion(browser: Any, runs: list[Path], page: Path) -> None:
    person_of_dee, offset = person(3), motions()["2_smile"]
    ranges = set()
    score = load_run(runs[0]).samples.set_index("sample").loc["dee/2_smile", "motion_mm"]
    with opened(browser, page) as tab:
        for share in (0, 0.5, 1):
            weak, captured = _at(tab, "2_smile", share)
            # Where vertices correspond, the error of 0.3 times the motion is 0.7 times the motion.
            expected = share * 0.7 * np.linalg.norm(offset, axis=1)
            np.testing.assert_allclose(weak["errors"], expected, atol=3 * HALF_STEP_MM)
            assert captured["errors"] == [] and captured["caption"] == "captured"
            assert weak["caption"] == f"weak: Motion {score:.2f} mm"
            for side, strength in ((weak, 0.3), (captured, 1.0)):
                place = person_of_dee + share * strength * offset - person_of_dee.mean(0)
                np.testing.assert_allclose(np.transpose(side["place"]), place, atol=2 * HALF_STEP_MM)
                ranges.add(tuple(side["range"]))
        # The view does not breathe with the face.
        assert len(ranges) == 1
        assert float(tab.locator(".moving .limit").input_value()) == weak["end"]


def test_the_worst_median_and_best_subject_are_shown_or_those_asked_for(
    runs: list[Path], tmp_path: Path, browser: Any, page: Path
) -> None:
    with opened(browser, page) as tab:
        options = tab.evaluate("() => [...document.querySelector('.of-subject').options].map((one) => one.text)")
        assert options == ["dee (worst)", "cy (median)", "ann (best)"]
    _, data = _page(runs, tmp_path / "asked.html", samples="bob/2_smile,bob/4_anger")
    assert [(one["name"], one["samples"]) for one in data["motions"]["subjects"]] == [
        ("bob", ["bob/2_smile", "bob/4_anger"])
    ]
    # The neutral face alone does not move.
    _, data = _page(runs, tmp_path / "rest.html", samples=f"bob/{NEUTRAL}")
    assert data["motions"]["subjects"] == []


def test_what_a_method_lacks_stays_at_rest_and_is_said(browser: Any, page: Path) -> None:
    with opened(browser, page) as tab:
        tab.locator(".moving").scroll_into_view_if_needed()
        tab.locator(".moving .left").select_option(label="lacking")
        rest = _at(tab, SHOWN[2], 0)[1]["place"]
        lacking, captured = _at(tab, SHOWN[2], 1)
        assert lacking["caption"] == "lacking: no score of this expression, the face at rest"
        np.testing.assert_allclose(lacking["place"], rest, atol=2 * HALF_STEP_MM)
        assert np.abs(np.subtract(captured["place"], rest)).max() > 1
        tab.locator(".moving .right").select_option(label="nothing")
        tab.until("document.querySelectorAll('.moving figure')[1].hidden")


def test_play_moves_the_face_and_nothing_moves_for_who_wants_it_calm(browser: Any, page: Path) -> None:
    share = "Number(document.querySelector('.moving .share').value)"
    with opened(browser, page) as tab:
        _at(tab, "2_smile", 1)
        tab.locator(".moving .play").press("Enter")
        tab.until(f"{share} === 0")
        assert tab.locator(".moving .play").inner_text() == "Play"
        # By keyboard too.
        tab.locator(".moving .share").press("ArrowRight")
        tab.until("document.querySelector('.moving').dataset.shown.endsWith(' 0.01')")
    with opened(browser, page, reduced_motion="no-preference") as tab:
        _at(tab, "2_smile", 1)
        # By script, as a slow machine draws one frame after the other and a mouse waits for rest.
        tab.evaluate("document.querySelector('.moving .play').click()")
        tab.until("!document.querySelector('.moving').dataset.shown.endsWith(' 1')")
        tab.evaluate("document.querySelector('.moving .play').click()")
        assert tab.locator(".moving .play").inner_text() == "Play"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone(browser: Any, page: Path, scheme: str) -> None:
    with opened(browser, page, viewport={"width": 400, "height": 800}, color_scheme=scheme) as tab:
        _at(tab, "2_smile", 1)
        assert tab.evaluate("document.documentElement.scrollWidth") == 400


def test_motions_that_cannot_be_measured_again_are_said(
    capsys: pytest.CaptureFixture[str], runs: list[Path], tmp_path: Path
) -> None:
    answer = fsbench(capsys, "report", runs[0], "--root", tmp_path / "gone", "-o", tmp_path / "r.html")
    assert answer.code == 0 and "No motion of weak, as measuring again fails" in answer.err
    data = json.loads(re.search(r'class="data">(.*?)</script>', (tmp_path / "r.html").read_text("utf-8"), re.S)[1])
    assert data["motions"]["subjects"] == []


def test_a_page_stays_light(runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsbench.report.page.motions.BUDGET_BYTES", 1)
    _, data = _page(runs, tmp_path / "r.html")
    assert [one["name"] for one in data["motions"]["subjects"]] == ["dee"]
    assert data["motions"]["notes"] == ["cy, ann would make the page too heavy: --samples or --all show more."]


def test_a_measurement_tells_its_motion(runs: list[Path]) -> None:
    scorer = Scorer("rig", runs[0].parent / "root")
    from fsbench.protocols.protocol import Prediction

    meshes = {stem: Mesh(vertices, FACE.faces) for stem, vertices in moving(person(0), _some(0.4)).items()}
    prepared = scorer.benchmark.prepare("ann/2_smile")
    protocol = scorer.benchmark.protocol
    found = protocol.measure(prepared, Prediction(meshes["2_smile"], {"neutral": meshes[NEUTRAL]})).motion
    np.testing.assert_allclose(found.ref, motions()["2_smile"], atol=1e-9)
    np.testing.assert_allclose(found.pred, 0.4 * motions()["2_smile"], atol=1e-9)
    np.testing.assert_array_equal(found.faces, FACE.faces)
    rest = protocol.measure(scorer.benchmark.prepare(f"ann/{NEUTRAL}"), Prediction(meshes[NEUTRAL])).motion
    assert rest is None


def test_closed_lips_stay_apart_when_a_face_is_thinned() -> None:
    """Two strips that nearly touch, of which only one will move."""
    x, y = np.meshgrid(np.arange(40.0), np.arange(4.0))
    strip = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], 1)
    a = (np.arange(39) + 40 * np.arange(3)[:, None]).ravel()
    quads = np.concatenate([np.stack([a, a + 1, a + 41], 1), np.stack([a, a + 41, a + 40], 1)])
    both = Mesh(np.concatenate([strip, strip + [0, 3.1, 0]]), np.concatenate([quads, quads + len(strip)]))
    upper = np.arange(both.n_vertices) >= len(strip)
    chosen, faces = thinned(both, np.zeros(both.n_vertices), 100, connected=True)
    assert len(chosen) <= 100 and len(faces)
    sides = upper[chosen][faces]
    assert (sides.all(1) | ~sides.any(1)).all()
    merged, faces = thinned(both, np.zeros(both.n_vertices), 100)
    sides = upper[merged][faces]
    assert not (sides.all(1) | ~sides.any(1)).all()
