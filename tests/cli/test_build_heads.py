"""`fsbench build heads`: a folder of heads becomes a benchmark that scores."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fsbench.benchmarks import open_benchmark
from fsbench.core.errors import UsageError
from fsbench.io import read_mesh
from tests.cli.commands import fsbench
from tests.textured import person, write_coloured, write_textured

FEW = ("--views", "-30,0/0", "--focal", "1200,300", "--cut", "95", "--size", "64")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two heads, two focal lengths and two views at 64 px. Not to be written to."""
    from fsbench.cli import main

    folder = tmp_path_factory.mktemp("built")
    write_coloured(folder / "heads", 2, scale=0.1)
    with pytest.raises(SystemExit) as stop:
        main(["build", "heads", str(folder / "heads"), *FEW, "-o", str(folder / "out")])
    assert not stop.value.code
    return folder / "out"


def test_the_truth_scored_against_itself_is_perfect(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    adapter = ("-a", f"{built / 'truth.py'}:load")
    where = ("--root", built, "--pred", built / "tuples", "--out", tmp_path / "run")
    answer = fsbench(capsys, "score", built / "benchmark.toml", *where, *adapter)
    assert answer.code == 0, answer.err
    rows = pd.read_csv(tmp_path / "run" / "samples.csv")
    assert len(rows) == 8 and (rows.status == "ok").all()
    # Coordinates have nine decimals of 62.85 mm.
    assert rows.cd_mm.max() < 1e-6 and rows.mne_rad.max() < 1e-6
    assert (rows.cr == 1).all()
    assert sorted(set(rows.pose_deg)) == ["0-5", "5-30"] and sorted(set(rows.focal_px)) == [300, 1200]
    assert sorted(set(rows.subject)) == ["p0", "p1"]


def test_depth_and_mask_are_those_of_the_camera_that_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_coloured(tmp_path / "heads")
    options = ("--views", "-40,0/0,20", "--focal", "600", "--cut", "95")
    assert fsbench(capsys, "build", "heads", tmp_path / "heads", *options, "-o", tmp_path / "out").code == 0
    benchmark = open_benchmark(str(tmp_path / "out/benchmark.toml"), tmp_path / "out")
    assert len(benchmark.samples) == 4
    for sample in benchmark.samples:
        folder = tmp_path / "out/tuples" / sample.name
        expected = benchmark.prepare(sample).depths_mm.reshape(256, 256)
        depth = np.load(folder / "depth.npy")
        assert depth.dtype == np.float32
        mesh = read_mesh(folder / "mesh.obj")
        K = np.array(json.loads((folder / "camera.json").read_text())["K"])
        exact = benchmark.prepare(sample).view.camera.depth_map(
            type(mesh)(mesh.vertices * 62.85, mesh.faces), np.ones((256, 256), np.bool_)
        )
        assert K.tolist() == [[600, 0, 128], [0, 600, 128], [0, 0, 1]]
        np.testing.assert_allclose(exact, expected, atol=1e-6)
        # The file has single precision.
        assert np.array_equal(depth, expected.astype(np.float32)) or np.abs(depth - expected).max() < 1e-4
        mask = np.asarray(Image.open(folder / "mask.png"))
        assert np.array_equal(mask == 255, expected > 0)
        image = np.asarray(Image.open(folder / "image.png")).astype(int)
        background = image[0, 0]
        assert (np.abs(image - background).max(2) > 0)[expected > 0].mean() > 0.99


def test_a_landmark_is_visible_exactly_where_its_ray_meets_the_mesh_within_a_millimetre(built: Path) -> None:
    n_hidden = 0
    for folder in sorted((built / "tuples").iterdir()):
        marks = json.loads((folder / "landmarks.json").read_text())
        mesh = read_mesh(folder / "mesh.obj")
        points, pixels = np.array(marks["points_mm"]), np.array(marks["pixels"])
        K = np.array(json.loads((folder / "camera.json").read_text())["K"])
        np.testing.assert_allclose(pixels, (points @ K.T)[:, :2] / points[:, 2:], atol=1e-3)
        off = np.abs(_first_hits(mesh.vertices * 62.85, mesh.faces, points / points[:, 2:]) - points[:, 2])
        # Points have six decimals, so a vertex on the outline may go either way, as may one at the limit.
        clear = np.abs(off - 1.0) > 1e-3
        inside = ((pixels >= 0) & (pixels < 64)).all(1)
        assert np.array_equal((off < 1.0)[clear & inside], np.array(marks["visible"])[clear & inside]), folder
        assert not np.array(marks["visible"])[~inside].any()
        n_hidden += int((~np.array(marks["visible"]) & inside).sum())
    assert n_hidden > 10


def _first_hits(vertices: np.ndarray, faces: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """Depth of the first triangle that faces the origin on each ray (n, 3), by trying all; inf where none is."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    facing = (normal * a).sum(1) < 0
    a, b, c, normal = a[facing], b[facing], c[facing], normal[facing]
    found = np.full(len(rays), np.inf)
    for i, ray in enumerate(rays):
        t = (normal * a).sum(1) / (normal @ ray)
        at = t[:, None] * ray
        area = (normal**2).sum(1)
        weights = [(np.cross(q - p, at - p) * normal).sum(1) / area for p, q in ((a, b), (b, c), (c, a))]
        hit = (np.min(weights, axis=0) > -1e-5) & (t > 0)
        found[i] = t[hit].min(initial=np.inf)
    return found


def test_millimetres_are_pupil_distances_and_the_centre_is_that_of_the_whole_head(built: Path) -> None:
    model, vertices = person(0)
    marks = np.array(json.loads((built / "data/lab_landmarks/00.json").read_text())) * 62.85
    right, left = marks[36:42].mean(0), marks[42:48].mean(0)
    assert np.linalg.norm(left - right) == pytest.approx(62.85, abs=1e-6)
    own = vertices[model.landmarks]
    factor = 62.85 / np.linalg.norm(own[42:48].mean(0) - own[36:42].mean(0))
    used = np.unique(model.triangles)
    np.testing.assert_allclose(marks, (own - vertices[used].mean(0)) * factor, atol=1e-5)
    record = json.loads((built / "build/00.json").read_text())
    assert record["facts"]["mm_per_unit"] == pytest.approx(factor * 10)
    assert "multiplied by" in record["notes"][0]


def test_a_folder_is_gone_on_with_and_the_jobs_do_not_move_a_byte(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = built.parent / "heads"
    options = (*FEW, "--name", "out", "-o", tmp_path / "again")
    assert fsbench(capsys, "build", "heads", heads, *options, "--jobs", "2").code == 0
    ours, theirs = (
        {p.relative_to(r): p for r in [root] for p in r.rglob("*") if p.is_file()}
        for root in (built, tmp_path / "again")
    )
    assert set(ours) == set(theirs)
    for name, path in ours.items():
        assert path.read_bytes() == theirs[name].read_bytes(), name
    (tmp_path / "again/build/01.json").unlink()
    (tmp_path / "again/data/lab_img/01_0_00.png").unlink()
    (tmp_path / "again/data/lab_img/00_0_00.png").write_bytes(b"kept")
    assert fsbench(capsys, "build", "heads", heads, *options).code == 0
    assert (tmp_path / "again/data/lab_img/01_0_00.png").read_bytes() == ours[
        Path("data/lab_img/01_0_00.png")
    ].read_bytes()
    assert (tmp_path / "again/data/lab_img/00_0_00.png").read_bytes() == b"kept", "a head that is done is left"
    answer = fsbench(capsys, "build", "heads", heads, *options, "--seed", "2")
    assert answer.code == 2 and "other options" in answer.err


def test_a_head_that_has_changed_is_built_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heads, out = tmp_path / "heads", tmp_path / "out"
    write_textured(heads / "a.obj")
    write_textured(heads / "b.obj", 1)
    assert fsbench(capsys, "build", "heads", heads, *FEW, "-o", out).code == 0
    before = {path: path.read_bytes() for path in (out / "data/lab_gt_mesh").iterdir()}
    marks = json.loads((heads / "a.json").read_text())
    (heads / "a.json").write_text(json.dumps([marks[36], marks[45]]))
    assert fsbench(capsys, "build", "heads", heads, *FEW, "-o", out).code == 0
    changed = {path.name: path.read_bytes() != kept for path, kept in before.items()}
    assert changed == {"00.obj": True, "01.obj": False}, "the pupils of one are at the corners of its eyes now"


def test_a_build_without_a_result_leaves_room_for_other_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_textured(tmp_path / "heads/a.obj")
    out = tmp_path / "a folder"
    near = fsbench(
        capsys, "build", "heads", tmp_path / "heads", "--views", "0/0", "--focal", "20", "--name", "b", "-o", out
    )
    assert near.code == 2 and "behind the camera" in near.err
    answer = fsbench(capsys, "build", "heads", tmp_path / "heads", *FEW, "--name", "b", "-o", out)
    assert answer.code == 0
    assert f"--root '{out}'" in answer.out, "the command can be pasted"


def test_a_bad_head_becomes_a_sentence_and_the_others_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heads = tmp_path / "heads"
    write_textured(heads / "a.obj")
    write_textured(heads / "c.obj", 1)
    (heads / "b.obj").write_text("v 0 0 nan\nf 1 1 1\n")
    (heads / "b.json").write_text("[0, 0]")
    (heads / "d.ply").write_bytes(b"ply\n" * 3)
    answer = fsbench(capsys, "build", "heads", heads, *FEW, "-o", tmp_path / "out")
    assert answer.code == 1
    assert "01 b: left out: " in answer.err and "03 d: left out: " in answer.err
    assert "8 samples were left out, 2 heads as a whole" in answer.err
    benchmark = open_benchmark(str(tmp_path / "out/benchmark.toml"), tmp_path / "out")
    assert [sample.name[:2] for sample in benchmark.samples] == ["00"] * 4 + ["02"] * 4
    assert not benchmark.missing_references()
    card = (tmp_path / "out/CARD.md").read_text()
    assert "| 01 | b |  | - | left out:" in card and "not photographed" in card


def test_odd_textures_are_mended_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heads = tmp_path / "heads"
    write_textured(heads / "plain.obj")
    write_textured(heads / "inverted.obj", inverted=True)
    write_textured(heads / "shifted.obj", shift=1.0)
    write_textured(heads / "three.obj", materials=3)
    write_textured(heads / "bare.obj")
    (heads / "bare_0.png").unlink()
    answer = fsbench(capsys, "build", "heads", heads, *FEW, "-o", tmp_path / "out")
    assert answer.code == 0, answer.err
    for words in (
        "inverted: its triangles looked inwards, and were turned over",
        "three: 3 textures",
        "bare: bare_0.png: the texture that bare.mtl names is not beside it",
        "bare: it has no texture and no colours: it is grey",
    ):
        assert words in answer.err
    images = {
        name: np.asarray(Image.open(tmp_path / f"out/data/lab_img/{k:02d}_0_01.png")).astype(int)
        for k, name in enumerate(("bare", "inverted", "plain", "shifted", "three"))
    }
    # Numbers of six decimals, shifted by one, round otherwise; turned quads are cut along their other diagonal.
    for other, most in (("inverted", 0.5), ("shifted", 0.05), ("three", 0.05)):
        assert np.abs(images["plain"] - images[other]).mean() < most, other
    assert np.ptp(images["bare"], axis=2).max() < 12
    assert np.abs(images["plain"] - images["bare"]).mean() > 1


def test_texture_coordinates_outside_the_unit_square_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_textured(tmp_path / "heads/a.obj", shift=-0.5)
    answer = fsbench(capsys, "build", "heads", tmp_path / "heads", *FEW, "-o", tmp_path / "out")
    assert answer.code == 0 and "reach outside [0, 1], where the texture is repeated" in answer.err


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ("[[0,0,0]]", "holds 1 points, expected iBUG's 68, or two pupils"),
        ("[[30,0,50],[-30,0,50]]", "the left eye lies along"),
        ("[[1,1,1],[1,1,1]]", "both pupils are in one place"),
        ("[[0,-30,50],[0,30,50]]", "turn the head so that y is up"),
    ],
)
def test_landmarks_that_cannot_be_are_refused(
    marks: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_textured(tmp_path / "heads/a.obj")
    (tmp_path / "heads/a.json").write_text(marks)
    answer = fsbench(capsys, "build", "heads", tmp_path / "heads", *FEW, "-o", tmp_path / "out")
    assert answer.code == 2 and words in answer.err


def test_two_files_of_landmarks_are_one_too_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_textured(tmp_path / "heads/a.obj")
    (tmp_path / "heads/a.txt").write_text("0 0 0\n" * 68)
    answer = fsbench(capsys, "build", "heads", tmp_path / "heads", *FEW, "-o", tmp_path / "out")
    assert answer.code == 2 and "could both be the landmarks" in answer.err


def test_two_conventions_of_pupils_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_textured(tmp_path / "heads/a.obj")
    write_textured(tmp_path / "heads/b.obj", 1)
    (tmp_path / "heads/b.json").write_text("[[-31,30,65],[31,30,65]]")
    answer = fsbench(capsys, "build", "heads", tmp_path / "heads", *FEW, "-o", tmp_path / "out")
    assert answer.code == 0 and "pupils were found in several ways" in answer.err


def test_a_focal_length_so_short_that_the_camera_is_in_the_head_loses_its_samples_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_textured(tmp_path / "heads/a.obj")
    options = ("--views", "0/0", "--focal", "300,60", "--size", "64", "-o", tmp_path / "out")
    answer = fsbench(capsys, "build", "heads", tmp_path / "heads", *options)
    assert answer.code == 1 and "00_1_00 left out: the " in answer.err
    benchmark = open_benchmark(str(tmp_path / "out/benchmark.toml"), tmp_path / "out")
    assert [sample.name for sample in benchmark.samples] == ["00_0_00"]


def test_images_of_a_folder_stand_behind_the_heads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_textured(tmp_path / "heads/a.obj")
    (tmp_path / "behind").mkdir()
    Image.new("RGB", (200, 100), (10, 200, 30)).save(tmp_path / "behind/green.png")
    options = (*FEW, "--background", tmp_path / "behind", "-o", tmp_path / "out")
    assert fsbench(capsys, "build", "heads", tmp_path / "heads", *options).code == 0
    image = np.asarray(Image.open(tmp_path / "out/data/lab_img/00_0_00.png"))
    assert image[0, 0].tolist() == [10, 200, 30] and image[32, 32].tolist() != [10, 200, 30]
    assert json.loads((tmp_path / "out/tuples/00_0_00/source.json").read_text())["background"] == "green.png"


def test_expressions_and_subjects_choose_heads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for subject in ("1", "2", "30"):
        for expression in ("1_neutral", "2_smile"):
            write_textured(tmp_path / "heads" / subject / f"{expression}.obj")
    options = ("--views", "0/0", "--focal", "600", "--size", "16", "--no-tuples", "-o", tmp_path / "out")
    answer = fsbench(
        capsys, "build", "heads", tmp_path / "heads", "--subjects", "1-9", "--expressions", "smile", *options
    )
    assert answer.code == 0
    benchmark = open_benchmark(str(tmp_path / "out/benchmark.toml"), tmp_path / "out")
    assert [(s.bins["subject"], s.bins["expression"]) for s in benchmark.samples] == [
        ("1", "2_smile"),
        ("2", "2_smile"),
    ]
    assert not (tmp_path / "out/tuples").exists()
    refused = fsbench(capsys, "build", "heads", tmp_path / "heads", "--expressions", "frown", *options)
    assert refused.code == 2 and "fits no head; there are 1_neutral, 2_smile" in refused.err


def test_names_from_disk_are_shown_plainly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_textured(tmp_path / "heads" / "a\x1b[31m|b" / "smi\nle.obj")
    options = ("--views", "0/0", "--focal", "600", "--size", "16", "-o", tmp_path / "out")
    answer = fsbench(capsys, "build", "heads", tmp_path / "heads", *options)
    assert answer.code == 0 and "\x1b" not in answer.err
    (one,) = open_benchmark(str(tmp_path / "out/benchmark.toml"), tmp_path / "out").samples
    assert one.bins["subject"] == "a\\x1b[31m|b" and one.bins["expression"] == "smi\\nle"
    assert "\x1b" not in (tmp_path / "out/CARD.md").read_text()


def test_a_benchmark_among_its_heads_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_textured(tmp_path / "heads/a.obj")
    answer = fsbench(capsys, "build", "heads", tmp_path / "heads", "-o", tmp_path / "heads/out")
    assert answer.code == 2 and "--out is below SOURCE" in answer.err


def test_a_disk_that_is_full_stops_the_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_textured(tmp_path / "heads/a.obj")

    def full(path: Path, pixels: np.ndarray) -> None:
        raise UsageError(f"{path}: cannot be written: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("fsbench.build.lab.write_png", full)
        answer = fsbench(capsys, "build", "heads", tmp_path / "heads", *FEW, "-o", tmp_path / "out")
        assert answer.code == 2 and "No space left" in answer.err
    assert fsbench(capsys, "build", "heads", tmp_path / "heads", *FEW, "-o", tmp_path / "out").code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--focal", "0"), "--focal"),
        (("--focal", "600,600"), "--focal"),
        (("--focal", "long"), "--focal"),
        (("--size", "9"), "--size"),
        (("--cut", "-1"), "--cut"),
        (("--background", "nowhere"), "--background"),
        (("--name", "a b\n"), "--name"),
    ],
)
def test_wrong_options_are_refused_in_one_sentence(
    options: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_textured(tmp_path / "heads/a.obj")
    answer = fsbench(capsys, "build", "heads", tmp_path / "heads", *options, "-o", tmp_path / "out")
    assert answer.code == 2 and answer.err.startswith(f"fsbench: {words}")
    assert not (tmp_path / "out").exists()
