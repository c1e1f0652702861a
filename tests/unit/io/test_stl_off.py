"""STL and OFF, against hand-written files and an independent reader."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from fsbench.core.errors import FormatError, MeshError
from fsbench.io import read_mesh

FACET = "facet normal 0 0 1\n outer loop\n  vertex {}\n  vertex {}\n  vertex {}\n endloop\nendfacet\n"
STL = (
    "solid vertex 1 2 3\n"
    + FACET.format("0 0 0", "1 0 0", "1 1 0")
    + FACET.format("1 1 0", "0 1 0", "-0 0 0")
    + "endsolid\n"
)
OFF = "OFF\n4 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 2\n3 2 3 0\n"
CORNERS = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
TWO = [[0, 1, 2], [2, 3, 0]]


@pytest.fixture
def read(tmp_path: Path):
    def read_bytes(suffix: str, data: bytes | str):
        path = tmp_path / f"mesh{suffix}"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return read_mesh(path)

    return read_bytes


@pytest.mark.parametrize(
    "text",
    [
        STL,
        b"\xef\xbb\xbf" + STL.encode(),
        STL.replace("\n", "\r"),
        STL + "\n\n \0",
        STL.upper(),
        STL.replace("\n", "\r\n"),
        STL + "solid two\nendsolid two\n",
    ],
)
def test_ascii_stl_joins_equal_corners_in_order(read, text: str | bytes):
    mesh = read(".stl", text)
    assert mesh.vertices.tolist() == CORNERS
    assert mesh.faces.tolist() == TWO


@pytest.mark.parametrize(
    "text",
    [
        OFF,
        OFF.replace("OFF\n", "OFF "),
        "# head\n" + OFF.replace("4 2 0", "4 2 0 # counts\n"),
        OFF.replace("4 2 0", "4 2"),
        OFF.replace("\n", "\r\n"),
        "C" + OFF.replace(" 0\n", " 0 255 0 0 255\n", 5).replace("4 2 0 255 0 0 255", "4 2 0"),
        OFF.replace("3 2 3 0", "3 2 3 0  0.5 0.5 0.5"),
        OFF.replace("OFF\n", "OFF"),
        OFF.replace("OFF", "off"),
        OFF.replace("OFF\n", "\n # x\nOFF \n\n# y\n"),
        OFF.replace("\n", "\r"),
        b"\xef\xbb\xbf" + OFF.encode(),
        *(kind + OFF for kind in ("C", "N", "CN", "ST", "STC", "STN", "STCN")),
    ],
)
def test_off_dialects(read, text: str):
    mesh = read(".off", text)
    assert mesh.vertices.tolist() == CORNERS
    assert mesh.faces.tolist() == TWO


@pytest.mark.parametrize("stray", ["5 5 5", "nan nan nan"])
def test_off_drops_unused_vertices_and_cuts_polygons(read, tmp_path: Path, stray: str):
    mesh = read(".off", f"OFF\n6 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n{stray}\n0 2 0\n4 0 1 2 3\n5 0 1 2 3 5\n")
    assert mesh.vertices.tolist() == [*CORNERS, [0, 2, 0]]
    assert mesh.faces.tolist() == [[0, 1, 2], [2, 3, 0], [0, 1, 2], [0, 2, 3], [0, 3, 4]]
    if "nan" not in stray:
        assert read_mesh(tmp_path / "mesh.off", every_vertex=True).n_vertices == 6


@pytest.mark.parametrize(("suffix", "kind"), [(".stl", "stl"), (".stl", "stl_ascii"), (".off", "off")])
def test_agrees_with_trimesh(read, suffix: str, kind: str):
    ball = trimesh.creation.icosphere(3)
    data = ball.export(file_type=kind)
    mesh = read(suffix, data)
    data = data.encode() if isinstance(data, str) else data
    other = trimesh.load(trimesh.util.wrap_as_stream(data), file_type=suffix[1:], process=False)
    assert mesh.n_vertices == len(ball.vertices)
    # The last bits of numbers of 17 digits.
    np.testing.assert_allclose(mesh.vertices[mesh.faces], other.vertices[other.faces], rtol=1e-15, atol=0)


BINARY_STL = bytes(80) + (1).to_bytes(4, "little") + np.arange(12, dtype="<f4").tobytes() + bytes(2)


@pytest.mark.parametrize("rest", [b"", b"\n", bytes(1000), b"COLOR=" + bytes(range(256))])
@pytest.mark.parametrize("head", [bytes(80), b"solid of some program".ljust(80)])
def test_binary_stl(read, head: bytes, rest: bytes):
    mesh = read(".stl", head + BINARY_STL[80:] + rest)
    assert mesh.vertices.tolist() == [[3, 4, 5], [6, 7, 8], [9, 10, 11]]
    assert mesh.faces.tolist() == [[0, 1, 2]]


@pytest.mark.parametrize(
    ("suffix", "data", "kind", "reason"),
    [
        (".stl", BINARY_STL[:-1], FormatError, "announces 1 triangles, which need 134"),
        (".stl", BINARY_STL[:80] + b"\xff\xff\xff\xff" + BINARY_STL[84:], FormatError, "announces 4,294,967,295"),
        (".stl", b"", FormatError, r"is empty \(0 bytes\)"),
        (".stl", STL.replace("1 1 0", "1 -1.#IND 0"), FormatError, "line 6: found '-1.#IND'"),
        (".stl", STL.replace("1 1 0", "1,5 1 0"), FormatError, "line 6: found '1,5'.*decimal comma"),
        (".off", OFF.replace("1 1 0", "1 1.#QNAN 0"), FormatError, "line 5: found '1.#QNAN'"),
        (".off", OFF.replace("1 1 0", "1 1,25 0"), FormatError, "line 5: found '1,25'.*decimal comma"),
        (".off", OFF.replace("OFF", "OFF BINARY"), FormatError, "binary OFF"),
        (".off", OFF.replace("OFF", "nOFF"), FormatError, "4 or n numbers"),
        (".stl", bytes(84), MeshError, "no triangles"),
        (".stl", "solid x\nendsolid x\n", MeshError, "no triangles"),
        (".stl", STL[: len(STL) // 2], FormatError, "cut off"),
        (".stl", STL.replace("1 1 0", "1 1"), FormatError, "line 6: a vertex has 2 numbers"),
        (".stl", STL.replace("1 1 0", "1 x 0"), FormatError, "line 6: found 'x'"),
        (".stl", STL.replace("1 1 0", "1 inf 0"), MeshError, "infinite"),
        (".off", "", FormatError, r"is empty \(0 bytes\)"),
        (".off", "\n", FormatError, "starts with b''"),
        (".off", "OFF", FormatError, "no line with the numbers"),
        (".off", OFF.replace("OFF", "4OFF"), FormatError, "starts with b'4OFF'"),
        (".off", OFF.replace("4 2 0", "5 2 0"), FormatError, "has 6 further lines"),
        (".off", OFF.replace("4 2 0", "999999999999 2 0"), FormatError, "has 6 further lines"),
        (".off", OFF.replace("4 2 0", "-4 10 0"), FormatError, "has 6 further lines"),
        (".off", OFF[:-8], FormatError, "has 5 further lines"),
        (".off", OFF.replace("3 2 3 0", "4 2 3 0"), FormatError, "line 8: .*fewer than it announces"),
        (".off", OFF.replace("1 1 0", "1 1"), FormatError, "line 5: a vertex has fewer than 3 numbers"),
        (".off", OFF.replace("3 2 3 0", "3 2 3 x"), FormatError, "line 8: found 'x'"),
        (".off", OFF.replace("3 2 3 0", "3 2 3 4"), MeshError, "there are 4 vertices"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_by_name(read, tmp_path: Path, suffix: str, data: bytes | str, kind: type, reason: str):
    with pytest.raises(kind, match=reason) as caught:
        read(suffix, data)
    assert str(caught.value).startswith(str(tmp_path / f"mesh{suffix}") + ": ")
