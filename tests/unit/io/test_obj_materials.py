"""What an OBJ shows: texture coordinates by corner, materials, images beside it and nowhere else."""

from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import FormatError
from fsbench.io import read_mesh
from fsbench.io.obj_materials import read_materials, read_vertex_colours, texture_files

SQUARE = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n"


def _read(path: Path):
    return read_materials(path, read_mesh(path, every_vertex=True).faces)


@pytest.mark.parametrize(
    "faces",
    [
        "f 1/1 2/2 3/3 4/4\n",
        "f -4/-4 -3/-3 -2/-2 -1/-1\n",
        "f 1/1 2/2 3/3\nf 1/1 3/3 4/4\n",
        "f 1/1/1 2/2/1 3/3/1 4/4/1 # a quad\nvn 0 0 1\n",
    ],
)
def test_corners_follow_the_triangles_of_the_mesh(tmp_path: Path, faces: str) -> None:
    path = tmp_path / "a.obj"
    path.write_text(SQUARE + faces)
    mesh, found = read_mesh(path, every_vertex=True), _read(path)
    assert found.corners.shape == mesh.faces.shape == (2, 3)
    np.testing.assert_array_equal(found.uv[found.corners], mesh.vertices[mesh.faces][..., :2])


def test_triangles_know_their_material(tmp_path: Path) -> None:
    path = tmp_path / "a.obj"
    path.write_text(SQUARE + "f 1/1 2/2 3/3\nusemtl skin\nf 1/1 3/3 4/4\nusemtl eye\nf 1 2 4\nusemtl skin\nf 1 2 3\n")
    found = _read(path)
    assert found.names == ("skin", "eye")
    assert found.material.tolist() == [-1, 0, 1, 0]
    assert (found.corners[2:] == -1).all()


@pytest.mark.parametrize(
    ("faces", "words"),
    [
        ("f 1/9 2/2 3/3\n", "names another"),
        ("f 1/-9 2/2 3/3\n", "the corner '1/-9'"),
        ("f 1/x 2/2 3/3\n", "the corner"),
        ("vt nan 0\nf 1/5 2/2 3/3\n", "not finite"),
    ],
)
def test_corners_that_cannot_be_are_refused(tmp_path: Path, faces: str, words: str) -> None:
    path = tmp_path / "a.obj"
    path.write_text(SQUARE + faces)
    with pytest.raises(FormatError, match=words):
        read_materials(path, np.array([[0, 1, 2]]))


def test_images_outside_the_folder_are_not_opened(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    (inside / "deep").mkdir(parents=True)
    (tmp_path / "secret.png").touch()
    for name in ("a.png", "deep/b.png"):
        (inside / name).touch()
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    names = (
        "a.png",
        "deep\\b.png",
        "../secret.png",
        str(tmp_path / "secret.png"),
        "link.png",
        "C:\\x\\a.png",
        "-s 1 1 1 a.png",
    )
    text = "".join(f"newmtl m{k}\nmap_Kd {name}\n" for k, name in enumerate(names))
    (inside / "a.mtl").write_text(text)
    path = inside / "a.obj"
    path.write_text("mtllib a.mtl\nmtllib ../b.mtl\n" + SQUARE + "f 1/1 2/2 3/3\n")
    files, notes = texture_files(path, _read(path))
    assert {name: found.name for name, found in files.items()} == {
        "m0": "a.png",
        "m1": "b.png",
        "m5": "a.png",
        "m6": "a.png",
    }
    assert len(notes) == 4 and all("not beside" in note for note in notes)


def test_colours_of_vertices_stand_behind_their_places(tmp_path: Path) -> None:
    path = tmp_path / "a.obj"
    path.write_text("v 0 0 0 1 0 0\nv 1 0 0 0 0.5 0\nv 0 1 0 0 0 0\nf 1 2 3\n")
    assert read_vertex_colours(path, 3).tolist() == [[1, 0, 0], [0, 0.5, 0], [0, 0, 0]]
    path.write_text("v 0 0 0 255 0 0\nv 1 0 0 0 51 0\nv 0 1 0 0 0 0\nf 1 2 3\n")
    assert read_vertex_colours(path, 3).tolist() == [[1, 0, 0], [0, 0.2, 0], [0, 0, 0]]
    for text in ("v 0 0 0\nv 1 0 0\n", "v 0 0 0 1 1 1\nv 1 0 0\n", "v 0 0 0 1 1 x\nv 1 0 0 1 1 1\n"):
        path.write_text(text)
        assert read_vertex_colours(path, 2) is None
