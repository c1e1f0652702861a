"""`fsbench landmarks`: exact words, exit codes and files. Transfer between real topologies is in tests/golden."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.mesh import Mesh
from fsbench.io import write_obj
from fsbench.io.topologies import topologies
from tests.cli.commands import Answer, fsbench
from tests.heads import head

_STL = """solid s
facet normal 0 0 1
outer loop
vertex 0 0 0
vertex 1 0 0
vertex 0 1 0
endloop
endfacet
endsolid s
"""
_NO_NUMBERS = (
    "{folder}/flat.stl: an STL has no vertex numbers, as each triangle has corners of its own: give the landmarks as "
    "points in a file, or the mesh as .obj, .ply or .off"
)
_BAD_ENDING = "-o {0}: the file's name should end in {1}"


@pytest.fixture(scope="module")
def meshes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head, the same coarser, and landmarks of the first: as numbers, and on triangles."""
    folder = tmp_path_factory.mktemp("meshes")
    write_obj(folder / "head.obj", head(60, 80))
    write_obj(folder / "other.obj", head(48, 66))
    (folder / "marks.json").write_text(json.dumps(_seven(head(60, 80))))
    (folder / "triangles.json").write_text("[[10, 0.25, 0.5], [20, 1, 0]]")
    (folder / "flat.stl").write_text(_STL)
    return folder


def _seven(mesh: Mesh) -> list[int]:
    """Vertices near NoW's seven places of the synthetic head, right side of the person first."""
    places = [(-45, 20, 90), (-15, 20, 100), (15, 20, 100), (45, 20, 90), (0, -25, 115), (-25, -45, 95), (25, -45, 95)]
    return [int(np.linalg.norm(mesh.vertices - place, axis=1).argmin()) for place in places]


def test_all_topologies_are_listed_with_their_sources(capsys: pytest.CaptureFixture[str]) -> None:
    answer = fsbench(capsys, "landmarks", "list")
    assert answer.code == 0 and answer.err == ""
    assert "facescape-tu  68 points  FaceScape TU and bilinear model 1.0 to 1.3: 26317 vertices\n" in answer.out
    for one in topologies().values():
        assert f"{one.name:<13} {len(one.numbers):>2} points" in answer.out and f"from {one.source}\n" in answer.out


def test_numbers_go_to_stdout_and_their_source_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    answer = fsbench(capsys, "landmarks", "show", "ict", "--points", 7)
    assert (answer.code, answer.out) == (0, "[1507, 1528, 3742, 3721, 1147, 5708, 6213]\n")
    assert answer.err == (
        'ICT FaceKit: 7 of iBUG\'s 68 points, from ICT-VGL/ICT-FaceKit, README, "Multi-PIE 68 point facial landmarks", '
        "MIT\nnote: the whole model, or its first parts: to the eye sockets, face with head and neck, face alone\n"
    )


def test_a_file_of_numbers_is_what_score_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from fsbench.benchmarks.landmark_source import parse_source

    assert fsbench(capsys, "landmarks", "show", "facescape-tu", "-o", tmp_path / "tu.json").code == 0
    source = parse_source(str(tmp_path / "tu.json"))
    assert source is not None and source.indices == topologies()["facescape-tu"].numbers


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("show", "bfm2017", "--points", "7"),
            "--points 7: 7 landmarks cannot be taken from 26: expected 7 or 51 or 68",
        ),
        (
            ("show", "nosuch"),
            "nosuch: no such topology; there are flame, bfm2009, bfm2017, bfm-m3dfb, ict, facescape-tu",
        ),
        (("show", "ict", "-o", "{folder}/ict.csv"), _BAD_ENDING.format("{folder}/ict.csv", ".json")),
        (("picture", "{folder}/head.obj", "-o", "{folder}/a.jpg"), _BAD_ENDING.format("{folder}/a.jpg", ".png")),
        (
            ("picture", "{folder}/head.obj", "-o", "{folder}/a.png"),
            "{folder}/head.obj: has 4,722 vertices, which no known topology has (fsbench landmarks list); name a file "
            "with its landmarks",
        ),
        (
            ("convert", "{folder}/triangles.json", "-o", "{folder}/a.json"),
            "{folder}/triangles.json: holds triangles; to write vertices, give the mesh with --mesh, or --form "
            "triangles",
        ),
        (
            ("picture", "{folder}/flat.stl", "{folder}/marks.json", "-o", "{folder}/a.png"),
            _NO_NUMBERS,
        ),
        (
            (
                *("transfer", "--from", "{folder}/head.obj", "--landmarks", "{folder}/marks.json"),
                *("--to", "{folder}/flat.stl", "-o", "{folder}/a.json"),
            ),
            _NO_NUMBERS,
        ),
        (
            (
                *("transfer", "--from", "{folder}/head.obj", "--landmarks", "{folder}/marks.json"),
                *("--to", "{folder}/other.obj", "-o", "{folder}/a.json", "--start", "{folder}/triangles.json"),
            ),
            "--start {folder}/triangles.json: holds 2 points, expected 7 in NoW's order",
        ),
        (
            (
                *("transfer", "--from", "{folder}/head.obj", "--landmarks", "ict"),
                *("--to", "{folder}/other.obj", "-o", "{folder}/a.json"),
            ),
            "{folder}/head.obj: has 4722 vertices, the landmarks' indices go to 6470: is it of another topology?",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(
    meshes: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    answer = fsbench(capsys, "landmarks", *(argument.format(folder=meshes) for argument in arguments))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"fsbench: {message.format(folder=meshes)}\n"
    assert not list(meshes.glob("a.*"))


def test_landmarks_that_are_not_on_the_mesh_are_said(capsys: pytest.CaptureFixture[str], meshes: Path) -> None:
    def convert(content: str, *form: str) -> Answer:
        (meshes / "odd.json").write_text(content)
        command = ("landmarks", "convert", meshes / "odd.json", "--mesh", meshes / "head.obj", "-o", meshes / "a.json")
        return fsbench(capsys, *command, *form)

    # A weight above 1 makes points of them all.
    answer = convert("[[10, 0.5, 0.6], [20, 0.5, 0.25], [30, 1, 0]]")
    assert answer.code == 1 and "off the mesh" in answer.err and "read as points" in answer.err
    assert convert("[[10, 0.5, 0.25], [20, 0.5, 0.25], [30, 1, 0]]").code == 0
    assert convert("[1, 2, 99999999]").code == 2, "the form is kept, and the mesh has no such vertex"


def test_flames_own_embedding_is_converted_from_the_users_copy(
    meshes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = {"lmk_face_idx": np.array([10, 20], np.uint32), "lmk_b_coords": np.array([[0.2, 0.7, 0.1], [0.0, 0.1, 0.9]])}
    (tmp_path / "flame.pkl").write_bytes(pickle.dumps(held, 2))
    whole = ("landmarks", "convert", tmp_path / "flame.pkl", "-o", tmp_path / "out.json")
    answer = fsbench(capsys, *whole, "--form", "triangles")
    assert (answer.code, answer.err) == (0, f"wrote 2 landmarks as triangles to {tmp_path / 'out.json'}\n")
    assert json.loads((tmp_path / "out.json").read_text()) == [[10, 0.2, 0.7], [20, 0.0, 0.1]]
    assert fsbench(capsys, *whole, "--mesh", meshes / "head.obj").code == 0
    faces = head(60, 80).faces
    assert json.loads((tmp_path / "out.json").read_text()) == [int(faces[10, 1]), int(faces[20, 2])]


def test_a_pickle_that_names_a_program_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    answer = fsbench(capsys, "landmarks", "convert", tmp_path / "bad.pkl", "-o", tmp_path / "out.json")
    assert answer.code == 2
    assert answer.err == (
        f"fsbench: {tmp_path / 'bad.pkl'}: the pickle names os.system, which is refused: only arrays and transforms "
        "are read\n"
    )


def test_a_mesh_of_5023_vertices_that_is_not_flame_is_doubted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = head(70, 90)
    order = np.random.default_rng(0).permutation(whole.n_vertices)[:5023]
    kept = np.full(whole.n_vertices, -1)
    kept[order] = np.arange(5023)
    faces = kept[whole.faces]
    mesh = Mesh(whole.vertices[order], faces[(faces >= 0).all(1)])
    write_obj(tmp_path / "mesh.obj", mesh)
    answer = fsbench(capsys, "landmarks", "picture", tmp_path / "mesh.obj", "-o", tmp_path / "a.png")
    first, triangles, symmetry, last = answer.err.splitlines()
    assert first == f"{tmp_path / 'mesh.obj'}: 5,023 vertices: taken for FLAME"
    start = f"warning: {tmp_path / 'mesh.obj'}: "
    assert triangles == f"{start}it has {mesh.n_faces:,} triangles, FLAME has 9,976: is it FLAME?"
    assert symmetry.startswith(f"{start}left and right differ by ") and symmetry.endswith(": is it FLAME?")
    assert last == f"wrote {tmp_path / 'a.png'}" and answer.code == 0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_more_landmarks_than_can_be_read_are_not_drawn(
    meshes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "many.json").write_text(json.dumps([1] * 20_000))
    answer = fsbench(
        capsys, "landmarks", "picture", meshes / "head.obj", tmp_path / "many.json", "-o", tmp_path / "a.png"
    )
    assert (answer.code, answer.err) == (2, "fsbench: head.obj: 20,000 landmarks, at most 500 are drawn\n")


def test_landmarks_come_to_a_coarser_meshing_of_the_same_head(
    meshes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    answer = fsbench(
        capsys, "landmarks", "transfer", "--from", meshes / "head.obj", "--landmarks", meshes / "marks.json",
        "--to", meshes / "other.obj", "-o", out, "--form", "points",
    )  # fmt: skip
    assert (answer.code, answer.out) == (0, "")
    # The first of all tests that needs the inner loops also hears of their compilation.
    (said,) = (line for line in answer.err.splitlines() if line.startswith("7 landmarks; the surfaces are "))
    assert said.endswith("by a similarity alone: one shape in two meshings")
    truth = head(60, 80).vertices[_seven(head(60, 80))]
    # The coarse meshing cuts the nose by some tenths of a millimetre.
    assert np.abs(np.array(json.loads(out.read_text())) - truth).max() < 1.0
