"""What the official client lets pass is named, and a sound zip is not accused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Mesh
from fsbench.io.write import ply_bytes
from fsbench.submissions.svfr.checking import Report, check_zip
from fsbench.submissions.svfr.images import N_FLAME_FACES, N_FLAME_VERTICES, images
from tests.svfr_zips import FIRST, HEAD, MARKS, MESH, SEVEN, Files, cases, complete, npy, write

POSED = complete("posed")
SECOND = images()[1]


@pytest.fixture
def check(tmp_path: Path) -> Callable[[Files], Report]:
    return lambda files: check_zip(write(tmp_path / "x.zip", files))


def _said(report: Report) -> list[tuple[bool, str, str, tuple[str, ...]]]:
    return [(one.is_wrong, one.topic, one.text, one.files) for one in report.problems]


def test_a_sound_zip_is_fit(check: Callable[[Files], Report]) -> None:
    report = check(complete("posed", "neutral"))
    assert report.is_fit and not report.problems and report.n_meshes == {"posed": 391, "neutral": 391}


_MARKS = {
    "nan": (np.where(np.arange(7)[:, None] == 3, np.nan, SEVEN), "NaN or infinite"),
    "infinite": (SEVEN * np.where(np.arange(7)[:, None] == 3, np.inf, 1), "NaN or infinite"),
    "equal": (np.ones((7, 3)), "all in one place"),
    "far and equal": (np.full((7, 3), 1e9 + 1 / 3), "all in one place"),
    "on a line": (np.arange(7.0)[:, None] * [1, 2, 3], "all on one line"),
    "mirrored": (SEVEN * [-1, 1, 1], "mirrored: the nose is behind"),
    "left for right": (SEVEN[[3, 2, 1, 0, 4, 6, 5]], "mirrored: the nose is behind"),
    "eyes in another order": (SEVEN[[0, 2, 1, 3, 4, 5, 6]], "in another order than expected"),
    "mouth for eyes": (SEVEN[[5, 1, 2, 6, 4, 0, 3]], "in another order than expected"),
    "corners of the mouth exchanged": (SEVEN[[0, 1, 2, 3, 4, 6, 5]], "in another order than expected"),
    "beside the mesh": (SEVEN + [0, 0, 40], "off the mesh by more than 5% of its size"),
    "in another unit": (SEVEN / 10, "off the mesh by more than 5% of its size"),
    "complex": (SEVEN.astype(complex), "of type 'c', not numbers"),
}


@pytest.mark.parametrize("name", _MARKS)
def test_unusable_landmarks_that_pass_officially_are_wrong(check: Callable[[Files], Report], name: str) -> None:
    marks, text = _MARKS[name]
    report = check(POSED | {MARKS: npy(marks)})
    assert not report.counts and not report.is_fit
    ((is_wrong, topic, said, files),) = _said(report)
    assert is_wrong and topic == "landmarks" and text in said and files == (MARKS,)


@pytest.mark.parametrize("turn", [np.diag([-1.0, -1, 1]), np.eye(3)[[1, 2, 0]], 1e-3 * np.eye(3)])
def test_landmarks_in_any_frame_and_unit_are_in_order(check: Callable[[Files], Report], turn: np.ndarray) -> None:
    moved = {
        name: ply_bytes(Mesh(HEAD.vertices @ turn.T + 5, HEAD.faces), single=True)
        if name.endswith(".ply")
        else npy(SEVEN @ turn.T + 5)
        for name in POSED
    }
    assert not [one for one in check(moved).problems if one.is_wrong]


def test_landmarks_between_the_vertices_of_a_coarse_mesh_are_on_it(check: Callable[[Files], Report]) -> None:
    corners = np.array([[-200.0, -200, 90], [200, -200, 90], [0, 400, 90], [0, 0, -300]])
    coarse = Mesh(corners, [[0, 1, 2], [0, 2, 3], [1, 3, 2], [0, 3, 1]])
    report = check(POSED | {MESH: ply_bytes(coarse, single=True)})
    assert not [one for one in report.problems if one.topic == "landmarks"]


def test_damaged_files_are_lines_where_the_client_ends(check: Callable[[Files], Report]) -> None:
    report = check(POSED | {MESH: POSED[MESH][:-40], f"{SECOND}/landmarks_posed.npy": b"no array"})
    assert report.counts == {"exception": 2} and report.stops == (MESH, f"{SECOND}/landmarks_posed.npy")
    texts = {topic: text for _, topic, text, _ in _said(report)}
    assert "Is it truncated?" in texts["mesh"] and "not a .npy file" in texts["landmarks"]


def test_faces_that_name_no_vertex_are_damage(check: Callable[[Files], Report]) -> None:
    content = bytearray(POSED[MESH])
    content[-4:] = (99_999).to_bytes(4, "little")
    report = check(POSED | {MESH: bytes(content)})
    assert report.stops == (MESH,) and "a face names a vertex that does not exist" in report.problems[0].text


def test_vertices_that_are_nan_are_wrong(check: Callable[[Files], Report]) -> None:
    report = check(cases()["nan vertices"]())
    assert not report.counts and _said(report) == [(True, "mesh", "vertices are NaN or infinite", (MESH,))]


def _flame_like(n_faces: int = N_FLAME_FACES, n_used: int = N_FLAME_VERTICES) -> Mesh:
    corners = np.arange(n_faces) % n_used
    faces = np.column_stack([corners, (corners + 1) % n_used, (corners + 2 + (np.arange(n_faces) >= n_used)) % n_used])
    directions = np.random.default_rng(0).normal(size=(N_FLAME_VERTICES, 3))
    return Mesh(100 * directions / np.linalg.norm(directions, axis=1, keepdims=True), faces)


def _without_marks(mesh: Mesh) -> Files:
    files = POSED | {MESH: ply_bytes(mesh, single=True)}
    del files[MARKS]
    return files


def test_5023_vertices_of_another_topology_are_not_flame(check: Callable[[Files], Report], tmp_path: Path) -> None:
    report = check(_without_marks(_flame_like(6000)))
    assert not report.counts and not report.is_fit
    assert [one.topic for one in report.problems] == ["flame"]
    assert "not FLAME's 9976 triangles" in report.problems[0].text
    alike = check(_without_marks(_flame_like()))
    assert alike.is_fit and [(one.is_wrong, one.topic) for one in alike.problems] == [(False, "flame")]
    path, faces = tmp_path / "x.zip", _flame_like().faces
    shuffled = np.roll(faces[np.random.default_rng(1).permutation(len(faces))], 1, axis=1)
    assert not check_zip(path, shuffled).problems
    assert not check_zip(path, (faces + 7) % N_FLAME_VERTICES).is_fit


def test_vertices_that_the_official_reader_drops_or_merges_are_no_flame(check: Callable[[Files], Report]) -> None:
    unused = _flame_like(n_used=N_FLAME_VERTICES - 1)
    assert check(_without_marks(unused)).counts == {"missing_posed_landmarks": 1}
    twins = _flame_like().vertices.copy()
    twins[1] = twins[0]
    assert check(_without_marks(Mesh(twins, _flame_like().faces))).counts == {"missing_posed_landmarks": 1}
    soup = Mesh(_flame_like().vertices[_flame_like().faces].reshape(-1, 3), np.arange(3 * N_FLAME_FACES).reshape(-1, 3))
    assert not check(_without_marks(soup)).counts, (
        "the corners of triangles are merged to as many vertices as FLAME has"
    )


def test_a_mesh_in_another_unit_is_wrong(check: Callable[[Files], Report]) -> None:
    small = {MESH: ply_bytes(Mesh(HEAD.vertices / 1000, HEAD.faces), single=True), MARKS: npy(SEVEN / 1000)}
    ((is_wrong, topic, text, files),) = _said(check(POSED | small))
    assert is_wrong and topic == "unit" and "another unit?" in text and files == (MESH,)


def test_one_posed_mesh_for_all_and_many_neutral_ones_are_notes(check: Callable[[Files], Report]) -> None:
    posed, neutral = complete("posed"), complete("neutral")
    swapped = {name.replace("posed", "neutral"): content for name, content in posed.items()}
    swapped |= {name.replace("neutral", "posed"): content for name, content in neutral.items()}
    report = check(swapped)
    assert report.is_fit and [len(one.files) for one in report.problems] == [20, 20]
    assert {one.text.split(" mesh ")[0] for one in report.problems} == {"the posed", "the neutral"}


@pytest.mark.parametrize("name", ["../x.ply", "/etc/x.ply", FIRST.upper()])
def test_hostile_names_are_refused(check: Callable[[Files], Report], name: str) -> None:
    with pytest.raises(FormatError, match=r"leads out|absolute|occurs twice"):
        check({name: b"x", f"{FIRST}": b"x"} | POSED)


def test_a_member_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    import zipfile

    path = write(tmp_path / "x.zip", {MESH: POSED[MESH]})
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(MESH, POSED[MESH])
    with pytest.raises(FormatError, match="occurs twice"):
        check_zip(path)


def test_a_mesh_too_large_to_be_read_is_refused_before_it_is(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MESH, bytes(70 << 20))
    with pytest.raises(FormatError, match=r"unpacks the archive to .* times its size"):
        check_zip(tmp_path / "x.zip")
