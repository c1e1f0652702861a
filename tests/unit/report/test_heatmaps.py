"""Heat maps: what is seen from where, in which colour, and which samples a sheet shows."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from fsbench.core.mesh import Mesh
from fsbench.report.heatmaps.measured import picks
from fsbench.report.heatmaps.pictures import Heat, sheet, three_views
from fsbench.report.heatmaps.views import LIMIT_MM, colours, render, scale_in_words, scale_of, viewport_of
from fsbench.stats.layout import layouts


def sphere(radius: float = 80.0, n: int = 48) -> Mesh:
    """Round about the head's axis, poles on it."""
    polar, around = np.meshgrid(np.linspace(0.01, np.pi - 0.01, n), np.linspace(0, 2 * np.pi, 2 * n), indexing="ij")
    points = np.stack([np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)], -1)
    i = np.arange((n - 1) * 2 * n).reshape(n - 1, 2 * n)[:, :-1].ravel()
    right, below = i + 1, i + 2 * n
    faces = np.concatenate([np.stack([i, below, right], 1), np.stack([right, below, below + 1], 1)])
    return Mesh(radius * points.reshape(-1, 3), faces)


def test_sphere_is_a_disc_of_its_radius():
    ball = sphere()
    frame = viewport_of(ball)
    picture = render(ball, np.full((ball.n_vertices, 3), 200), 30.0, frame, 100)
    covered = (picture < 0.999).any(axis=2).mean()
    # 2 %: pixels on the edge, and facets that lie inside the ball.
    assert covered == pytest.approx(np.pi / 4 * (80.0 / frame.half_mm) ** 2, rel=0.02)


def test_a_cloud_of_points_is_seen_as_a_closed_surface():
    n = 4000
    z = 1 - 2 * (np.arange(n) + 0.5) / n
    turns = np.pi * (1 + np.sqrt(5)) * np.arange(n)
    ring = np.sqrt(1 - z**2)
    points = 80 * np.stack([ring * np.cos(turns), z, ring * np.sin(turns)], 1)
    tints = np.where(points[:, 2:] > 0, [0, 0, 200], [200, 0, 0])
    frame = viewport_of(sphere())
    picture = render(Mesh(points), tints, 0.0, frame, 100)
    covered = (picture < 0.999).any(axis=2)
    # 12 %: squares stand out over the edge by half their side, 3 mm of 80 mm, and so do pixels on the edge.
    assert covered.mean() == pytest.approx(np.pi / 4 * (80.0 / frame.half_mm) ** 2, rel=0.12)
    inner = picture[30:70, 30:70]
    # 2 %: where no square is, the far side is seen.
    assert (inner[..., 2] > inner[..., 0]).mean() > 0.98
    assert render(Mesh([[0.0, 0, 0]]), [[0, 0, 0]], 0.0, frame, 20).shape == (20, 20, 3)


def test_right_is_right_and_up_is_up():
    ball = sphere()
    tints = np.zeros((ball.n_vertices, 3))
    tints[:, 0] = 255 * (ball.vertices[:, 0] > 0)
    tints[:, 1] = 255 * (ball.vertices[:, 1] > 0)
    picture = render(ball, tints, 0.0, viewport_of(ball), 40)
    assert picture[20, 30, 0] > 0.3 > picture[20, 10, 0]
    assert picture[10, 20, 1] > 0.3 > picture[30, 20, 1]
    # From the viewer's right, the side at +x turns to the middle.
    assert render(ball, tints, 90.0, viewport_of(ball), 40)[20, 20, 0] > 0.3
    assert render(ball, tints, -90.0, viewport_of(ball), 40)[20, 20, 0] < 0.3


@pytest.mark.parametrize(
    ("largest_mm", "limit_mm"), [(0.098, 0.1), (1.05, 1.0), (1.06, 1.5), (2.4, 2.5), (8.0, 8.0), (30.0, 30.0)]
)
def test_colours_end_at_a_round_number_above_95_percent(largest_mm, limit_mm):
    distances = np.linspace(0, largest_mm, 1001)
    limit = scale_of([distances[:300], distances[300:]])
    assert limit == limit_mm
    assert (distances <= limit).mean() >= 0.95
    beyond = 100 * (distances > limit).mean()
    assert scale_in_words(limit, [distances]) == (
        f"colours end at {limit_mm:g} mm, {beyond:.1f} % of the distances are larger"
    )


def test_without_a_distance_colours_end_where_the_benchmarks_do():
    assert scale_of([np.zeros(4)]) == LIMIT_MM


def test_colours_end_at_the_limit():
    shown = colours(np.array([0.0, 2.5, 5.0, 50.0]), limit_mm=5.0)
    assert shown.dtype == np.uint8
    assert (shown[2] == shown[3]).all()
    assert len(np.unique(shown, axis=0)) == 3


def test_pictures_are_the_same_each_time_and_name_their_signature():
    ball = sphere(n=12)
    heat = Heat("title", ball, np.linspace(0, 6, ball.n_vertices), sphere(82, 12))
    one = three_views(heat, "Measured as x|v1.", size_px=40)
    assert one == three_views(heat, "Measured as x|v1.", size_px=40)
    assert b"x|v1" in one
    assert one != three_views(replace(heat, at="scan"), "Measured as x|v1.", size_px=40), "the row is named"
    page = sheet(
        [("±5°", {"best": heat, "worst": heat}), ("±30°", {"median": heat})], ("best", "median", "worst"), "t", "d"
    )
    assert Image.open(io.BytesIO(page)).size[0] > 1000


def _grey(page: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(page)).convert("L"))


def test_a_sheet_has_no_empty_columns_and_its_titles_stand_above_the_faces():
    ball = sphere(n=12)
    heat = Heat("", ball, np.linspace(0, 6, ball.n_vertices), sphere(82, 12))
    columns = ("best", "median", "worst")
    whole, plain, titled = (
        _grey(sheet([("±5°", dict.fromkeys(names, replace(heat, title=title)))], columns, "t", "d"))
        for names, title in ((columns, ""), (["median"], ""), (["median"], "00_0_05"))
    )
    assert plain.shape[1] < 0.5 * whole.shape[1]
    rows = np.flatnonzero((plain != titled).any(1)) / plain.shape[0]
    # In inches: of 1.62 the face's cell begins at 0.47, and the heading ends at 0.19.
    assert rows.min() > 0.19 / 1.62 and rows.max() < 0.46 / 1.62


def test_a_long_heading_of_a_narrow_sheet_stands_above_it():
    ball = sphere(n=12)
    heat = Heat("a", ball, np.linspace(0, 6, ball.n_vertices), sphere(82, 12))
    told = replace(heat, axes="the axes of the scan, which need not be the face's: " * 3)
    short, long = (
        _grey(sheet([("±5°", {"best": one})], ("best",), "word " * n, "d")) for one, n in ((heat, 1), (told, 40))
    )
    assert long.shape[0] > short.shape[0] and long.shape[1] == short.shape[1]
    assert (long[:, -8:] == 255).all(), "text is cut off at the right"


def test_what_lies_behind_the_reference_is_shown_from_behind():
    ball = sphere(n=12)
    face = Mesh(ball.vertices, ball.faces[(ball.vertices[ball.faces][:, :, 2] > 0).all(1)]).without_unused()
    distances = np.linspace(0, 6, ball.n_vertices)
    whole, part = Heat("title", ball, distances, face), Heat("title", face, distances[: face.n_vertices], face)
    assert whole.is_behind and not part.is_behind
    wide, narrow = (Image.open(io.BytesIO(three_views(one, "d", size_px=40))) for one in (whole, part))
    assert wide.size[0] > 1.2 * narrow.size[0] and wide.size[1] == narrow.size[1]


def test_notes_of_a_score_stand_in_the_picture():
    ball = sphere(n=12)
    heat = Heat("title", ball, np.linspace(0, 6, ball.n_vertices), sphere(82, 12))
    plain, noted = (three_views(one, "d", size_px=40) for one in (heat, replace(heat, notes=("a note " * 20,))))
    pixels = [np.asarray(Image.open(io.BytesIO(one)).convert("L")) for one in (plain, noted)]
    rows = np.flatnonzero((pixels[0] != pixels[1]).any(1)) / pixels[0].shape[0]
    # Below the title and above the pictures.
    assert rows.min() > 0.02 and rows.max() < 0.11


def test_sheet_shows_best_median_and_worst_of_each_bin(make_run):
    run = make_run(fail={"5-30": 2, "30-60": 1, "60-90": 0})
    found = dict(picks(run, layouts(run)["pose"]))
    assert list(found) == ["±5°", "±30°", "±60°"]
    first = run.samples[run.samples["pose_deg"] == "0-5"].set_index("sample")["cd_mm"]
    assert found["±5°"] == {"best": first.idxmin(), "median": first.sort_values().index[50], "worst": first.idxmax()}
    assert list(found["±30°"]) == ["best", "worst"]
    assert list(found["±60°"]) == ["median"]
