"""OBJ dialects with known answers, and against an independent reader where its rules are the same."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import trimesh

from fsbench.core.errors import FormatError, MeshError, MissingError
from fsbench.io import lines, read_mesh
from fsbench.io.counting import count_elements
from fsbench.io.obj import read_polygons

SQUARE = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"
CORNERS = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
TWO = [[0, 1, 2], [2, 3, 0]]


@pytest.fixture
def read(tmp_path: Path):
    def read_text(text: str | bytes):
        path = tmp_path / "mesh.obj"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_mesh(path)

    return read_text


@pytest.mark.parametrize(
    "text",
    [
        SQUARE + "f 1 2 3\nf 3 4 1\n",
        SQUARE + "f 1 2 3\nf 3 4 1",
        (SQUARE + "f 1 2 3\nf 3 4 1\n").replace("\n", "\r\n"),
        (SQUARE + "f 1 2 3\nf 3 4 1\n").replace("\n", "\r"),
        ("# head\n" + SQUARE + "f 1 2 3\nf 3 4 1").replace("\n", "\r"),
        (SQUARE + "f 1 2 3\nf 3 4 1\n").replace(" ", "\t"),
        (SQUARE + "f 1 2 3\nf 3 4 1\n").replace(" ", "   ").replace("\n", "  \n\n"),
        "\n  " + (SQUARE + "f 1 2 3\nf 3 4 1\n").replace("\n", "\n\t "),
        SQUARE.replace("\n", " 0.5 0.25 1\n") + "f 1 2 3\nf 3 4 1\n",
        SQUARE.replace(" 1", " 1.0e+00").replace(" 0", " 0.000000E-01") + "f 1 2 3\nf 3 4 1\n",
        SQUARE + "f -4 -3 -2\nf -2 -1 -4\n",
        SQUARE + "f -4//1 -3//1 -2//1\nf -2//1 -1//1 -4//1\n",
        SQUARE + "f -4/-1 -3/-1 -2/-1\nf -2/-1 -1/-1 -4/-1\n",
        SQUARE + "f -4/-1/1 -3/-1/1 -2/-1/1\nf -2/-1/-1 -1/-1/-1 -4/-1/-1\n",
        "v 0 0 0\nv 1 0 0\nv 1 1 0\nf -3 -2 -1\nv 0 1 0\nf -2 -1 -4\n",
        "v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 3\nv 0 1 0\nf 3 4 1\n",
        "f 1 2 3\nf 3 4 1\n" + SQUARE,
        SQUARE + "f 1/1 2/2 3/3\nf 3/3 4/4 1/1\n",
        SQUARE + "f 1//1 2//1 3//1\nf 3//1 4//1 1//1\n",
        SQUARE + "f 1/1/1 2/2/1 3/3/1\nf 3/3/1 4/4/1 1/1/1\n",
        SQUARE + "f 1/1/1 2//1 3\nf 3/3 4/ 1//\n",
        "# head # twice\nmtllib x.mtl\no thing\n"
        + SQUARE
        + "vn 0 0 1\nvt 0 0\ns off\ng a b\nusemtl m\nf 1 2 3 # 9\nf 3 4 1\n",
        SQUARE + "o one\nusemtl a\nf 1 2 3\no two\nusemtl b\nf 3 4 1\n",
        SQUARE + "f 1 \\\n2 3\nf 3 4\\\r\n 1\nl 1 2\np 3\n",
        SQUARE + "f 1 2 3\nf 3 4 1 \\\n",
        SQUARE + "f 1 2 3\nf 3 4 1\n#",
        SQUARE.replace("\n", " 1\n") + "f 1 2 3\nf 3 4 1\n",
        SQUARE.replace("\n", " 1 0.5 0.25 0.75\n") + "f 1 2 3\nf 3 4 1\n",
        SQUARE.replace("1 1 0", "1 1 0 1.0") + "f 1 2 3\nf 3 4 1\n",
        "mtllib C:\\models\\\n" + SQUARE + "usemtl a\\\nf 1 2 3\ng b\\ \nf 3 \\\n 4 \\\r\n 1\n",
        b"\xef\xbb\xbf" + (SQUARE + "f 1 2 3\nf 3 4 1\n").encode(),
        "# caf\xe9 \n".encode("latin1") + (SQUARE + "f 1 2 3\nf 3 4 1\n").encode(),
    ],
)
def test_dialects_of_one_mesh(read, text: str | bytes):
    mesh = read(text)
    assert mesh.vertices.tolist() == CORNERS
    assert mesh.faces.tolist() == TWO


def test_polygons_become_fans_in_file_order(read):
    mesh = read(SQUARE + "v 0 2 0\nf 1 2 3\nf 1 2 3 4\nf 5 4 3 2 1\n")
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 1, 2], [2, 3, 0], [4, 3, 2], [4, 2, 1], [4, 1, 0]]


@pytest.mark.parametrize("form", ["{}", "{0}/{0}", "{0}//{0}", "{0}/{0}/{0}"])
def test_if_all_are_quads_halves_stand_apart_and_unused_vertices_go(read, form: str):
    def face(*corners: int) -> str:
        return "f " + " ".join(form.format(corner) for corner in corners) + "\n"

    mesh = read("v 9 9 9\n" + SQUARE + "vt 0 0\nvn 0 0 1\n" + face(2, 3, 4, 5) + face(5, 4, 3, 2))
    assert mesh.vertices.tolist() == CORNERS
    assert mesh.faces.tolist() == [[0, 1, 2], [3, 2, 1], [2, 3, 0], [1, 0, 3]]


@pytest.mark.parametrize(
    ("face", "further", "kept"),
    [
        ("f 2 3 5", "", [1, 2, 4]),
        ("f 2/1 3/1 5/1", "vt 0 0\n", [0, 1, 2, 3, 4]),
        ("f 2/1/1 3/1/1 5/1/1", "vt 0 0\nvn 0 0 1\n", [0, 1, 2, 3, 4]),
        ("f 2//1 3//1 5//1", "vn 0 0 1\n", [0, 1, 2, 3, 4]),
        ("f 2//1 3//1 5//1", "", [1, 2, 4]),
        ("f 2/1 3/1 5", "vt 0 0\n", [1, 2, 4]),
        ("f 2//1 3//1 5/1/1\nf 2//1 3//1 5//1", "vt 0 0\nvn 0 0 1\n", [0, 1, 2, 3, 4]),
        ("f 2/1 3/1 5/1 1/1\nf 2/1 3/1 5/1", "vt 0 0\n", [0, 1, 2, 3, 4]),
        ("f 2/1 3/1 5/1 1/1", "vt 0 0\n", [0, 1, 2, 4]),
        ("vn 0 0 1", "", [0, 1, 2, 3, 4, 5]),
    ],
)
def test_which_vertices_survive(read, face: str, further: str, kept: list[int]):
    vertices = np.arange(18.0).reshape(6, 3)
    text = "".join("v {} {} {}\n".format(*vertex) for vertex in vertices)
    mesh = read(text + further + face + "\n")
    np.testing.assert_array_equal(mesh.vertices, vertices[kept])


def test_without_faces_it_is_a_point_cloud(read):
    mesh = read(SQUARE)
    assert mesh.vertices.tolist() == CORNERS
    assert mesh.faces.shape == (0, 3)


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("", FormatError, r"is empty \(0 bytes\)"),
        ("\n", MeshError, "the mesh is empty"),
        (SQUARE.replace("1 1 0", "1 -1.#QNAN0 0") + "f 1 2 3\n", FormatError, r"line 3: found '-1\.#QNAN0'"),
        (SQUARE.replace("1 1 0", "1 1 0#") + "f 1 2 3\n", FormatError, "line 3: found '0#'"),
        (SQUARE + "f 1 2 3#4\n", FormatError, "line 5: found '3#4'"),
        (
            SQUARE.replace("1 1 0", "2 2 0 2") + "f 1 2 3\n",
            FormatError,
            "line 3: a vertex has a fourth number, 2, .* is w",
        ),
        (SQUARE.replace("\n", " 0.5\n") + "f 1 2 3\n", FormatError, "line 1: a vertex has a fourth number, 0.5"),
        (SQUARE.replace("1 1 0", "1,25 1 0") + "f 1 2 3\n", FormatError, "line 3.*1,25 a decimal comma. write 1.25"),
        ("# nothing\nf 1 2 3\n", MeshError, "no line starts with 'v'"),
        (SQUARE + "f 1 2 5\n", MeshError, "vertices up to 5, there are 4"),
        (SQUARE + "f 1 2 0\n", FormatError, "line 5.*vertex 0, 4 vertices stand before it; OBJ counts from 1"),
        (SQUARE + "f 1 2 -5\n", FormatError, "line 5.*vertex -5"),
        (SQUARE + "f 1 2\n", FormatError, "line 5: a face has 2 corners"),
        (SQUARE + "f 1 2 x\n", FormatError, "line 5: found 'x', expected a whole number"),
        (SQUARE + "f 1 2 3.5\n", FormatError, "line 5: found '3.5'"),
        (SQUARE + "f 1 2 /3\n", FormatError, "line 5"),
        (SQUARE + "f 1/x 2/y 3/z\n", FormatError, "line 5: found a corner '1/x', expected a, a/b, a//c or a/b/c"),
        (SQUARE + "f 1/1 2/1 3/1\nf 1/1 2/1 4/x\n", FormatError, "line 6: found a corner '4/x'"),
        (SQUARE + "f 1/1/1 2/1/x 3/1/1\no f\n", FormatError, "line 5: found a corner '2/1/x'"),
        (SQUARE + "f 1/1/1/1 2/2/2/2 3/3/3/3\n", FormatError, "line 5: found a corner '1/1/1/1'"),
        (SQUARE + "f 1/1 2/1 3/1/1/1\n", FormatError, "line 5: found a corner '3/1/1/1'"),
        ((SQUARE + "f 1 2 x\n").replace("\n", "\r"), FormatError, "line 5: found 'x', expected a whole number"),
        ((SQUARE + "f 1 2 3\n").encode("utf-16"), FormatError, "is text in UTF-16, expected ASCII or UTF-8"),
        (SQUARE + "f 1 2 99999999999999999999\n", FormatError, "line 5"),
        (SQUARE + "v 1 2\n", FormatError, "line 5: a vertex has 2 numbers, expected at least 3"),
        (SQUARE + "v 1 2 three\n", FormatError, "line 5: found 'three', expected a number"),
        (SQUARE + "v 1 2 3,5\n", FormatError, "line 5"),
        (SQUARE.replace("1 1 0", "1 nan 0") + "f 1 2 3\n", MeshError, "1 of 3 vertices are NaN or infinite"),
        (SQUARE.replace("1 1 0", "1 1e999 0") + "f 1 2 3\n", MeshError, "NaN or infinite"),
    ],
)
def test_bad_text_is_refused_and_the_place_named(read, tmp_path: Path, text: str | bytes, kind: type, reason: str):
    with pytest.raises(kind, match=reason) as caught:
        read(text)
    assert str(caught.value).startswith(str(tmp_path / "mesh.obj") + ": ")


def test_a_missing_file_is_missing(tmp_path: Path):
    with pytest.raises(MissingError, match="no such file"):
        read_mesh(tmp_path / "none.obj")


def test_a_folder_is_no_mesh(tmp_path: Path):
    (tmp_path / "folder.obj").mkdir()
    with pytest.raises(FormatError, match="is not a regular file"):
        read_mesh(tmp_path / "folder.obj")


@pytest.mark.parametrize("form", ["{}", "{0}/1", "{0}//1"])
def test_nan_in_a_vertex_that_no_face_uses_is_dropped_with_it(read, form: str):
    faces = "".join("f " + " ".join(form.format(i) for i in face) + "\n" for face in ((2, 3, 4), (4, 5, 2)))
    mesh = read("v nan nan nan\n" + SQUARE + "v nan nan nan\nvt 0 0\nvn 0 0 1\n" + faces)
    assert mesh.vertices.tolist() == CORNERS
    assert mesh.faces.tolist() == TWO


def large(rng: np.random.Generator, n: int, form: str, number: str) -> str:
    vertices = rng.normal(size=(n, 3)) * 100
    faces = np.stack([np.arange(n - 2), np.arange(1, n - 1), np.arange(2, n)], 1) + 1
    lines = [f"v {number} {number} {number}" % tuple(vertex) for vertex in vertices]
    lines += ["vt 0 0\nvn 0 0 1"] * n
    return "\n".join(lines + ["f " + " ".join(form.format(i) for i in face) for face in faces]) + "\n"


@pytest.mark.parametrize("form", ["{}", "{0}/{0}", "{0}//{0}", "{0}/{0}/{0}"])
@pytest.mark.parametrize("number", ["%.6f", "%.9g", "%.17g", "%e"])
def test_large_files_cross_pieces_and_agree_with_trimesh(read, tmp_path: Path, form: str, number: str):
    text = large(np.random.default_rng(2), 3000, form, number)
    assert len(text) > 3 * lines.PIECE_BYTES
    mesh = read(text)
    other = trimesh.load(tmp_path / "mesh.obj", process=False, maintain_order=True)
    # The last bits of numbers of 17 digits.
    np.testing.assert_allclose(mesh.vertices, other.vertices, rtol=1e-15, atol=0)
    np.testing.assert_array_equal(mesh.faces, other.faces)


@pytest.mark.parametrize("n_bytes", [1, 7, 64, 1000])
def test_pieces_of_any_size_give_the_same_mesh(read, monkeypatch, n_bytes: int):
    text = SQUARE + "f -4 -3 -2 # x\n\nv 5 5 5\n" + "g x\n" * 50 + "f 1 2 5\nf 1//2 -1//2 -2//2 -4\n"
    whole = read(text)
    monkeypatch.setattr(lines, "PIECE_BYTES", n_bytes)
    pieces = read(text)
    np.testing.assert_array_equal(pieces.vertices, whole.vertices)
    np.testing.assert_array_equal(pieces.faces, whole.faces)


@pytest.mark.parametrize("form", ["{}", "{0}/{0}/{0}"])
def test_memory_stays_below_six_times_the_file(read, tmp_path: Path, form: str):
    text = large(np.random.default_rng(3), 20_000, form, "%.6f")
    (tmp_path / "mesh.obj").write_text(text)
    n_bytes = len(text)
    del text
    tracemalloc.start()
    try:
        read_mesh(tmp_path / "mesh.obj")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * n_bytes


def test_a_block_of_faces_that_is_known_is_joined_with_other_vertices(tmp_path: Path) -> None:
    """All files of one method have the same faces; vertices, normals and errors stay the file's own."""
    faces = "f 1 2 3\nf 2 4 3\n"
    for name, shift in (("a", 0.0), ("b", 5.0)):
        (tmp_path / f"{name}.obj").write_text(
            "".join(f"v {x + shift} {y} 0\n" for x, y in ((0, 0), (1, 0), (0, 1), (1, 1))) + faces
        )
    first, second = (read_mesh(tmp_path / f"{name}.obj") for name in "ab")
    np.testing.assert_array_equal(second.vertices, first.vertices + [5.0, 0, 0])
    np.testing.assert_array_equal(second.faces, [[0, 1, 2], [1, 3, 2]])
    (tmp_path / "short.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n" + faces)
    with pytest.raises(MeshError, match="up to 4, there are 3"):
        read_mesh(tmp_path / "short.obj")
    (tmp_path / "relative.obj").write_text("v 9 9 9\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf -3 -2 -1\n")
    assert read_mesh(tmp_path / "relative.obj").n_vertices == 3


@pytest.mark.parametrize("first", ["f\t1 2 3", " f 1 2 3", "\tf\t1\t2\t3", "\x0bf 1 2 3"])
def test_a_face_that_is_set_apart_otherwise_than_the_next_one_counts(tmp_path: Path, first: str) -> None:
    path = tmp_path / "mesh.obj"
    path.write_text(f"{SQUARE}{first}\nf 3 4 1\n")
    assert read_mesh(path).faces.tolist() == TWO
    assert read_polygons(path)[2].tolist() == [3, 3]
    assert count_elements(path) == (4, 2)


@pytest.mark.parametrize(("face", "said"), [("1 2 4", "1 face corner names"), ("1 4 5", "2 face corners name")])
def test_corners_beyond_the_vertices_are_counted_in_words(tmp_path: Path, face: str, said: str) -> None:
    (tmp_path / "mesh.obj").write_text(f"v 0 0 0\nv 1 0 0\nv 0 1 0\nf {face}\n")
    with pytest.raises(MeshError, match=f": {said} vertices up to"):
        read_mesh(tmp_path / "mesh.obj")
