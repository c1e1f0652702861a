"""Small inputs that went wrong in public reports and real files, and what is right: ../shared/cases/README.md."""

import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fsbench.benchmarks.landmark_source import parse_source
from fsbench.check.counts import of_counts
from fsbench.core.errors import FormatError
from fsbench.core.mesh import Mesh
from fsbench.io import read_mesh
from fsbench.io.landmarks import read_landmarks
from fsbench.io.text import read_numbers

STRAY = [500.0, 500.0, 500.0]
KINDS = ("OFF", "COFF", "NOFF", "STOFF", "STCNOFF")
FURTHER = {"ST": "0.5 0.5", "C": "200 180 160 255", "N": "0 0 1"}


@pytest.fixture(scope="module")
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip(f"no cases at {folder}")
    return folder


@pytest.fixture(scope="module")
def grid(cases: Path) -> Mesh:
    return read_mesh(cases / "grid.obj")


def assert_same(mesh: Mesh, other: Mesh) -> None:
    np.testing.assert_array_equal(mesh.vertices, other.vertices)
    np.testing.assert_array_equal(mesh.faces, other.faces)


def test_a_hash_in_the_middle_of_a_number_starts_no_comment(cases: Path, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"grid_hash_inf\.obj: line 8: found '-1\.#QNAN0', expected a number"):
        read_mesh(cases / "grid_hash_inf.obj")
    off = (cases / "grid_glued.off").read_text().replace("3.808497", "-1.#QNAN0")
    points = (cases / "landmarks.txt").read_text().replace("4.727892", "1.#INF")
    readers: dict[str, tuple[str, Callable[[Path], object]]] = {
        "a.off": (off, read_mesh),
        "a.txt": (points, read_landmarks),
        "b.txt": (points, read_numbers),
    }
    for name, (text, read) in readers.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(FormatError, match=rf"{name}: line \d+: found '-?1\.#"):
            read(tmp_path / name)


def test_of_meshes_with_as_many_vertices_the_one_that_is_cut_is_named(cases: Path, tmp_path: Path) -> None:
    whole, cut = ((cases / f"{name}.obj").read_bytes() for name in ("grid", "grid_cut"))
    paths = [tmp_path / f"{i}.obj" for i in range(3)]
    for path, content in zip(paths, (whole, cut, whole), strict=True):
        path.write_bytes(content)
    found = next(of_counts(paths))
    assert (found.verdict, found.topic) == ("wrong", "faces")
    assert found.text.startswith("1.obj has 11 faces, where 2 others have 24")


@pytest.mark.parametrize("name", ["grid_unused_first.obj", "grid_unused_first.ply", "grid_unused_first.off"])
def test_a_vertex_number_is_the_place_in_the_file(cases: Path, grid: Mesh, tmp_path: Path, name: str) -> None:
    path = cases / name
    if name.endswith(".off"):
        path = tmp_path / name
        body = (cases / "grid_unused_first.ply").read_text().split("end_header\n")[1]
        path.write_text("OFF\n21 24 0\n" + body)
    assert_same(read_mesh(path), grid)
    source = parse_source("0,1,20")
    assert source is not None
    np.testing.assert_array_equal(source.read(tmp_path, {}, path), [STRAY, grid.vertices[0], grid.vertices[19]])


def test_an_stl_has_no_numbers(grid: Mesh, tmp_path: Path) -> None:
    triangles = np.zeros(grid.n_faces, [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    triangles["corners"] = grid.vertices[grid.faces]
    (tmp_path / "grid.stl").write_bytes(bytes(80) + np.uint32(grid.n_faces).tobytes() + triangles.tobytes())
    assert read_mesh(tmp_path / "grid.stl").n_vertices == grid.n_vertices
    source = parse_source("0,1,2")
    assert source is not None
    with pytest.raises(FormatError, match="an STL has no vertex numbers"):
        source.read(tmp_path, {}, tmp_path / "grid.stl")


@pytest.mark.parametrize("name", ["grid_ncoff.off", "grid_glued.off"])
def test_dialects_of_off(cases: Path, grid: Mesh, name: str) -> None:
    assert_same(read_mesh(cases / name), grid)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("glue", ["\n", " ", ""])
def test_kin_of_off_with_the_count_on_the_line_of_the_keyword(
    cases: Path, grid: Mesh, tmp_path: Path, kind: str, glue: str
) -> None:
    lines = (cases / "grid_glued.off").read_text().removeprefix("OFF").splitlines()
    further = " ".join(words for part, words in FURTHER.items() if part in kind.removesuffix("OFF"))
    lines[1:21] = [f"{line} {further}" for line in lines[1:21]]
    (tmp_path / "a.off").write_text(kind + glue + "\n".join(lines) + "\n")
    assert_same(read_mesh(tmp_path / "a.off"), grid)


def _zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("grid.obj", "v 0 0 0\n")
    return held.getvalue()


FOREIGN = {
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3300211\n",
    "packed by gzip": gzip.compress(b"v 0 0 0\n"),
    "packed by xz": lzma.compress(b"v 0 0 0\n"),
    "a binary glTF": b"glTF\x02\0\0\0",
    "a zip archive": _zipped(),
    r"a web page \(HTML\)": b"\n<!DOCTYPE html>\n<html><body>Please log in</body></html>\n",
    "empty": b"",
}


def test_a_pointer_is_refused_as_what_it_is(cases: Path) -> None:
    with pytest.raises(FormatError, match=r"pointer\.obj: is a Git LFS pointer"):
        read_mesh(cases / "pointer.obj")


@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.parametrize("ending", [".obj", ".ply", ".off", ".stl", ".npy", ".csv", ".txt", ".json", ".ljson", ".pp"])
def test_what_is_something_else_is_named_in_every_reader(tmp_path: Path, what: str, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(FOREIGN[what])
    read = read_mesh if ending in (".obj", ".ply", ".off", ".stl") else read_landmarks
    with pytest.raises(FormatError, match=rf"a\{ending}: is {what}"):
        read(path)


@pytest.mark.parametrize("name", ["landmarks_named.csv", "landmarks_indexed.csv", "landmarks_units.csv"])
def test_landmark_tables(cases: Path, grid: Mesh, name: str) -> None:
    expected = read_landmarks(cases / "landmarks.txt")
    np.testing.assert_array_equal(expected, grid.vertices[:7])
    np.testing.assert_array_equal(read_landmarks(cases / name), expected)


def test_a_hole_never_moves_rows_up(cases: Path, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"landmarks_hole\.csv: line 5: landmark 4 is empty"):
        read_landmarks(cases / "landmarks_hole.csv")
    lines = (cases / "landmarks_indexed.csv").read_text().splitlines()
    (tmp_path / "dropped.csv").write_text("\n".join(lines[:4] + lines[5:]))
    with pytest.raises(FormatError, match=r"dropped\.csv: line 5: .* there is no row 3"):
        read_landmarks(tmp_path / "dropped.csv")
