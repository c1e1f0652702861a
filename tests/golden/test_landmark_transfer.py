"""Landmarks of ICT-FaceKit on other meshes of it, where every vertex is known: remeshed, turned, of other people."""

import json
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.geometry.rays import load_backend
from fsbench.geometry.transfer import transfer_landmarks
from fsbench.geometry.transforms import Similarity
from fsbench.io import write_ply
from fsbench.io.topologies import topologies, topology_of
from tests.cli.commands import fsbench

# The task of the command: a landmark is found again within a millimetre on another meshing.
REMESHED_MM = 1.0
# Shape says little of where along a cheek a landmark is. Measured: 1.5 to 2.0 and 1.0 to 1.2; a third as room.
OTHER_PERSON_MM, FROM_SEVEN_MM = 2.6, 1.6
INNER = slice(17, 68)
SEVEN = [36, 39, 42, 45, 33, 48, 54]
# x, y, z to z, x, y: a turn that no search by small steps finds.
TURNED = Similarity(0.001, [[0, 0, 1], [1, 0, 0], [0, 1, 0]], [3.0, -2.0, 0.5])


@pytest.fixture(scope="module")
def model(shared: Path) -> tuple[Mesh, Floats]:
    """The neutral head in mm, and its directions of identity."""
    with np.load(shared / "data" / "ict_facekit" / "ict_facekit.npz") as held:
        return Mesh(10.0 * held["neutral"].astype(float), held["tri"]), 10.0 * held["ids"].astype(float)


@pytest.fixture(scope="module")
def marks(model: tuple[Mesh, Floats]) -> Floats:
    return model[0].vertices[list(topologies()["ict"].numbers)]


def _shuffled(mesh: Mesh, by: Similarity) -> Mesh:
    """The mesh in another frame, with its vertices and triangles in another order."""
    random = np.random.default_rng(0)
    order = random.permutation(mesh.n_vertices)
    place = np.argsort(order)
    return Mesh(by.apply(mesh.vertices[order]), place[mesh.faces][random.permutation(mesh.n_faces)])


def _halved(mesh: Mesh) -> Mesh:
    """Every triangle in four."""
    edges = np.sort(mesh.faces[:, [[1, 2], [2, 0], [0, 1]]], axis=2)
    unique, which = np.unique(edges.reshape(-1, 2), axis=0, return_inverse=True)
    middles = mesh.n_vertices + which.reshape(-1, 3)
    a, b, c = mesh.faces.T
    x, y, z = middles.T
    parts = [np.column_stack(part) for part in ((a, z, y), (z, b, x), (y, x, c), (x, y, z))]
    return Mesh(np.vstack([mesh.vertices, mesh.vertices[unique].mean(1)]), np.vstack(parts))


def _decimated(mesh: Mesh, n_faces: int) -> Mesh:
    library = load_backend()
    whole = library.geometry.TriangleMesh(
        library.utility.Vector3dVector(mesh.vertices.copy()), library.utility.Vector3iVector(mesh.faces.copy())
    )
    less = whole.simplify_quadric_decimation(n_faces)
    return Mesh(np.asarray(less.vertices), np.asarray(less.triangles))


@pytest.mark.parametrize("frame", [Similarity(), TURNED], ids=["as it is", "turned by 120 degrees, in metres"])
def test_all_68_are_within_a_millimetre_on_a_decimated_head(
    model: tuple[Mesh, Floats], marks: Floats, frame: Similarity
) -> None:
    found = transfer_landmarks(model[0], marks, _shuffled(_decimated(model[0], 9000), frame))
    assert np.linalg.norm(found.points - frame.apply(marks), axis=1).max() < REMESHED_MM * frame.scale
    assert not found.bent and not found.warnings


def test_on_a_finer_head_the_very_vertices_are_found(model: tuple[Mesh, Floats], marks: Floats) -> None:
    # A turn of 90 degrees about the vertical axis: the face looks along x.
    frame = Similarity(0.1, [[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    finer = _shuffled(_halved(model[0]), frame)
    found = transfer_landmarks(model[0], marks, finer)
    assert np.allclose(finer.vertices[found.vertices], frame.apply(marks), rtol=0, atol=1e-9)


def test_the_command_writes_them_for_a_head_of_another_topology(
    model: tuple[Mesh, Floats], marks: Floats, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_ply(tmp_path / "ict.ply", model[0])
    target = _shuffled(_decimated(model[0], 9000), TURNED)
    write_ply(tmp_path / "other.ply", target)
    paths = [tmp_path / name for name in ("ict.ply", "other.ply", "marks.json", "look.png")]
    answer = fsbench(
        capsys, "landmarks", "transfer", "--from", paths[0], "--to", paths[1], "-o", paths[2], "--picture", paths[3]
    )
    assert answer.code == 0 and answer.out == ""
    # Also when the compilation of the inner loops is announced in between.
    assert f"{paths[0]}: 11,248 vertices: taken for ICT FaceKit\n" in answer.err
    assert "\n68 landmarks; the surfaces are " in answer.err
    numbers = json.loads(paths[2].read_text())
    gaps = np.linalg.norm(target.vertices[numbers] - TURNED.apply(marks), axis=1) / TURNED.scale
    # Vertices are as far away as the meshing is coarse; half the longest edge bounds it.
    edges = np.linalg.norm(np.diff(target.vertices[target.faces], axis=1), axis=2).max() / TURNED.scale
    assert gaps.max() < REMESHED_MM + edges / 2 and np.median(gaps) < 2 * REMESHED_MM
    assert paths[3].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("seed", [1, 2])
def test_another_person_has_them_near_and_nearer_with_seven_given(
    model: tuple[Mesh, Floats], marks: Floats, seed: int
) -> None:
    head, identities = model
    person = head.vertices + np.tensordot(np.random.default_rng(seed).normal(size=100), identities, 1)
    truth = person[list(topologies()["ict"].numbers)]
    target = _shuffled(Mesh(person, head.faces), Similarity())
    pose = fit_landmarks(truth, marks).ref_from_pred
    without = np.linalg.norm(transfer_landmarks(head, marks, target).points - truth, axis=1)[INNER].mean()
    start = (marks[SEVEN], truth[SEVEN])
    seven = np.linalg.norm(transfer_landmarks(head, marks, target, start).points - truth, axis=1)[INNER].mean()
    # Not even the best similarity, which knows the truth, comes as near.
    best = np.linalg.norm(pose.apply(marks) - truth, axis=1)[INNER].mean()
    assert without < OTHER_PERSON_MM
    assert seven < min(FROM_SEVEN_MM, best)


def test_another_person_of_m3dfb_in_micrometres_has_them_near(shared: Path) -> None:
    """Data of others: real scans' model, 51 landmarks known on both."""
    from fsbench.io import read_mesh

    folder = shared / "data" / "m3dfb" / "ground_truth"
    first, second = (read_mesh(folder / f"{name}.ply", every_vertex=True) for name in ("id0000", "id0001"))
    numbers = list(topologies()["bfm-m3dfb"].numbers)
    found = transfer_landmarks(first, first.vertices[numbers], second)
    off_mm = np.linalg.norm(found.points - second.vertices[numbers], axis=1) / 1000
    assert found.bent and off_mm.mean() < OTHER_PERSON_MM


def test_the_numbers_of_ict_are_those_of_realys_golden_keypoints(shared: Path) -> None:
    with np.load(shared / "golden" / "realy" / "inputs" / "topology_ICT.npz") as held:
        quads, keypoints = held["faces"], held["keypoints_bary"]
    triangles = np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], 1).reshape(-1, 3)
    weights = np.column_stack([keypoints[:, 1:], 1 - keypoints[:, 1:].sum(1)])
    heaviest = triangles[keypoints[:, 0].astype(int), weights.argmax(1)]
    assert heaviest[:68].tolist() == list(topologies()["ict"].numbers)


def test_the_numbers_of_m3dfb_are_its_published_points(shared: Path) -> None:
    from fsbench.io import read_mesh
    from fsbench.io.landmarks import read_landmarks

    folder = shared / "data" / "m3dfb" / "ground_truth"
    mesh = read_mesh(folder / "id0000.ply", every_vertex=True)
    known = topology_of(mesh.n_vertices)
    assert known is not None and known.name == "bfm-m3dfb" and known.doubts(mesh) == []
    points = read_landmarks(folder / "id0000_landmarks51.csv")
    # The file has micrometres with some decimals.
    assert np.abs(mesh.vertices[list(known.numbers)] - points).max() < 1.0


def test_heads_of_ict_are_not_doubted_and_a_shuffled_one_is(model: tuple[Mesh, Floats]) -> None:
    known = topologies()["ict"]
    assert known.doubts(model[0]) == []
    (doubt,) = known.doubts(_shuffled(model[0], Similarity()))
    assert doubt.startswith("left and right differ by ") and "spread (faces: 10 % at most)" in doubt
