"""PLY in all its types and orders, against hand-made bytes and an independent reader."""

import struct
from pathlib import Path

import numpy as np
import pytest
import trimesh

from fsbench.core.errors import FormatError, MeshError
from fsbench.io import read_mesh

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
HEADER = "ply\nformat {format} 1.0\ncomment made by hand\n{elements}end_header\n"
TRIANGLES = "element vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
TRIANGLES += "element face 2\nproperty list uchar int vertex_indices\n"
CODES = {
    "char": "b", "uchar": "B", "short": "h", "ushort": "H", "int": "i", "uint": "I", "float": "f", "double": "d",
    "int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "float32": "f", "float64": "d",
}  # fmt: skip


@pytest.fixture
def read(tmp_path: Path):
    def read_bytes(data: bytes | str):
        path = tmp_path / "mesh.ply"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return read_mesh(path)

    return read_bytes


def ascii_ply(elements: str, *lines: str) -> str:
    return HEADER.format(format="ascii", elements=elements) + "".join(line + "\n" for line in lines)


VERTEX_LINES = ("0 0 0", "1 0 0", "1 1 0", "0 1 0")
ASCII = ascii_ply(TRIANGLES, *VERTEX_LINES, "3 0 1 2", "3 2 3 0").encode()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("scalar", list(CODES))
@pytest.mark.parametrize(
    ("count", "index", "name"),
    [("uchar", "int", "vertex_indices"), ("int", "uint", "vertex_index"), ("uint16", "uint8", "vertex_index")],
)
def test_binary_scalars(read, order: str, scalar: str, count: str, index: str, name: str):
    elements = f"element vertex 4\nproperty uchar red\nproperty {scalar} x\nproperty {scalar} y\nproperty {scalar} z\n"
    elements += "property double quality\nelement face 2\nproperty float area\n"
    elements += f"property list {count} {index} {name}\nproperty uchar flags\n"
    kind = "binary_little_endian" if order == "<" else "binary_big_endian"
    data = HEADER.format(format=kind, elements=elements).encode()
    for vertex in SQUARE:
        data += struct.pack(order + "B" + 3 * CODES[scalar] + "d", 7, *map(int, vertex), 0.5)
    for face in ([0, 1, 2], [2, 3, 0]):
        data += struct.pack(order + "f" + CODES[count] + 3 * CODES[index] + "B", 1.5, 3, *face, 1)
    mesh = read(data)
    np.testing.assert_array_equal(mesh.vertices, SQUARE)
    assert mesh.faces.tolist() == [[0, 1, 2], [2, 3, 0]]


def test_elements_and_lists_before_between_and_after(read):
    elements = "obj_info nothing\nelement camera 1\nproperty float f\nproperty list uchar short marks\n"
    elements += (
        "element vertex 4\nproperty list uchar float weights\nproperty double x\nproperty double y\nproperty double z\n"
    )
    elements += "element edge 1\nproperty int a\nproperty int b\n"
    elements += "element face 2\nproperty list uchar int vertex_indices\nproperty list uchar float texcoord\n"
    elements += "element end 1\nproperty list int uchar data\n"
    data = HEADER.format(format="binary_little_endian", elements=elements).encode()
    data += struct.pack("<fBhh", 1.0, 2, -1, -1)
    for i, vertex in enumerate(SQUARE):
        data += struct.pack(f"<B{i}f3d", i, *range(i), *vertex)
    data += struct.pack("<ii", 0, 1)
    data += struct.pack("<B4iB2f", 4, 0, 1, 2, 3, 2, 0.5, 0.5) + struct.pack("<B3iB", 3, 0, 1, 3, 0)
    data += struct.pack("<i3B", 3, 1, 2, 3)
    mesh = read(data)
    np.testing.assert_array_equal(mesh.vertices, SQUARE)
    assert mesh.faces.tolist() == [[0, 1, 2], [2, 3, 0], [0, 1, 3]]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_ascii_with_mixed_polygons_and_extras(read, line_end: str):
    elements = "element vertex 5\nproperty float x\nproperty float y\nproperty float z\nproperty uchar red\n"
    elements += "element face 3\nproperty list uchar int vertex_index\nproperty int group\n"
    faces = ("3 0 1 2 9", "4 0 1 2 3 9", "5 4 3 2 1 0 9")
    text = ascii_ply(elements, *(line + " 255" for line in (*VERTEX_LINES, "0 2 0")), *faces)
    mesh = read(text.replace("\n", line_end))
    assert mesh.n_vertices == 5
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 1, 2], [2, 3, 0], [4, 3, 2], [4, 2, 1], [4, 1, 0]]


def test_all_quads_give_halves_apart(read):
    mesh = read(ascii_ply(TRIANGLES, *VERTEX_LINES, "4 0 1 2 3", "4 3 2 1 0"))
    assert mesh.faces.tolist() == [[0, 1, 2], [3, 2, 1], [2, 3, 0], [1, 0, 3]]


@pytest.mark.parametrize(("kind", "expected"), [("float", float(np.float32(0.1))), ("double", 0.1)])
def test_ascii_numbers_are_rounded_to_the_declared_type(read, kind: str, expected: float):
    elements = TRIANGLES.replace("property float", f"property {kind}")
    mesh = read(ascii_ply(elements, "0.1 0 0", *VERTEX_LINES[1:], "3 0 1 2", "3 2 3 0"))
    assert mesh.vertices[0, 0] == expected


@pytest.mark.parametrize("stray", ["7 7 7", "nan nan nan"])
def test_unused_vertices_are_dropped_or_kept_to_be_counted(read, tmp_path: Path, stray: str):
    elements = TRIANGLES.replace("vertex 4", "vertex 6")
    mesh = read(ascii_ply(elements, stray, *VERTEX_LINES, "8 8 8", "3 1 2 3", "3 3 4 1"))
    np.testing.assert_array_equal(mesh.vertices, SQUARE)
    assert mesh.faces.tolist() == [[0, 1, 2], [2, 3, 0]]
    if "nan" not in stray:
        assert read_mesh(tmp_path / "mesh.ply", every_vertex=True).n_vertices == 6


def binary_with_doubles() -> bytes:
    elements = TRIANGLES.replace("uchar int", "uchar double")
    data = HEADER.format(format="binary_little_endian", elements=elements).encode() + SQUARE.astype("<f4").tobytes()
    return data + struct.pack("<B3dB3d", 3, 0, 1, 2, 3, 2, 3, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + ASCII,
        ASCII.replace(b"ply\n", b"ply \t\n").replace(b"end_header\n", b"end_header \n"),
        ASCII.replace(b"\n", b"\r"),
        ASCII.replace(b"uchar int", b"uchar double").replace(b"3 2 3 0", b"3 2.0 3 0"),
        binary_with_doubles(),
        b"ply \r\n" + binary_with_doubles().removeprefix(b"ply\n"),
    ],
)
def test_dialects_of_one_mesh(read, data: bytes):
    mesh = read(data)
    np.testing.assert_array_equal(mesh.vertices, SQUARE)
    assert mesh.faces.tolist() == [[0, 1, 2], [2, 3, 0]]


def test_after_a_header_of_cr_alone_a_line_feed_is_content(read):
    head, body = binary_triangles().split(b"end_header\n")
    head = head.replace(b"float x", b"uchar x").replace(b"\n", b"\r")
    rows = b"".join(struct.pack("<B2f", 10 + x, y, z) for x, y, z in SQUARE.tolist())
    mesh = read(head + b"end_header\r" + rows + body[48:])
    np.testing.assert_array_equal(mesh.vertices, SQUARE + [10, 0, 0])


@pytest.mark.parametrize("elements", [TRIANGLES.split("element face")[0], TRIANGLES.replace("face 2", "face 0")])
def test_without_faces_it_is_a_point_cloud(read, elements: str):
    mesh = read(ascii_ply(elements, *VERTEX_LINES))
    np.testing.assert_array_equal(mesh.vertices, SQUARE)
    assert mesh.n_faces == 0


def binary_triangles() -> bytes:
    data = HEADER.format(format="binary_little_endian", elements=TRIANGLES).encode() + SQUARE.astype("<f4").tobytes()
    return data + struct.pack("<B3iB3i", 3, 0, 1, 2, 3, 2, 3, 0)


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (b"", FormatError, r"is empty \(0 bytes\)"),
        (b"plyformat\n", FormatError, "expected the word 'ply'"),
        (ASCII.replace(b"1 1 0", b"1 1 -1.#IND00"), FormatError, "line 13: found '-1.#IND00', expected a number"),
        (ASCII.replace(b"1 1 0", b"1,5 1 0"), FormatError, "line 13: found '1,5'.* a decimal comma. write 1.5"),
        (ASCII.replace(b"3 2 3 0", b"3 2 x 0").replace(b"\n", b"\r"), FormatError, "line 16: found 'x'"),
        (ASCII.replace(b"property float y", b"property y"), FormatError, "line 6: cannot read the header line"),
        (b"ply\nformat ascii 1.0\n", FormatError, "header does not end"),
        (b"ply\n" + b"comment x\n" * 10_000 + b"end_header\n", FormatError, "header does not end"),
        (binary_triangles()[:-1], FormatError, "'face'.*truncated"),
        (binary_triangles() + b"\1", FormatError, "goes on after the last item"),
        (binary_triangles().replace(b"vertex 4", b"vertex 4000000000000"), FormatError, "'vertex'.*truncated"),
        (binary_triangles().replace(b"face 2", b"face 999999999"), FormatError, "'face'.*truncated"),
        (binary_triangles().replace(b"vertex 4", b"vertex -4"), FormatError, "cannot read the header line"),
        (binary_triangles().replace(b"uchar int", b"uchar float"), FormatError, "not all .* whole numbers"),
        (binary_triangles().replace(b"uchar int", b"float int"), FormatError, "cannot read the header line"),
        (binary_triangles().replace(b"vertex_indices", b"corners"), FormatError, "has no list"),
        (binary_triangles().replace(b"float y", b"float x"), FormatError, "two properties 'x'"),
        (binary_triangles().replace(b"element face", b"element vertex"), FormatError, "two elements 'vertex'"),
        (binary_triangles().replace(b"float y", b"float q"), FormatError, "properties x, y, z"),
        (binary_triangles().replace(b"element face", b"element tristrips"), FormatError, "triangle strips"),
        (binary_triangles().replace(bytes(12), b"\1\0\xa0\x7f" + bytes(8), 1), MeshError, "NaN"),
        (binary_triangles()[:-4] + struct.pack("<i", 4), MeshError, "there are 4 vertices"),
        (binary_triangles()[:-4] + struct.pack("<i", -1), MeshError, "there are 4 vertices"),
        (ascii_ply(TRIANGLES, *VERTEX_LINES, "3 0 1 2").encode(), FormatError, "'face'.*truncated"),
        (ascii_ply(TRIANGLES, *VERTEX_LINES, "3 0 1 2", "3 0 1 2", "3").encode(), FormatError, "line 17.*goes on"),
        (ascii_ply(TRIANGLES, *VERTEX_LINES, "3 0 1 2", "2 0 1").encode(), FormatError, "line 16: .* 2 corners"),
        (ascii_ply(TRIANGLES, *VERTEX_LINES, "3 0 1 2.5", "3 0 1 2").encode(), FormatError, "found '2.5'"),
        (ascii_ply(TRIANGLES, *VERTEX_LINES, "-3 0 1 2", "3 0 1 2").encode(), FormatError, "line 15.* type uint8"),
        (ascii_ply(TRIANGLES, "x 0 0", *VERTEX_LINES[1:], "3 0 1 2", "3 0 1 2").encode(), FormatError, "found 'x'"),
        (ascii_ply(TRIANGLES, "nan 0 0", *VERTEX_LINES[1:], "3 0 1 2", "3 0 1 2").encode(), MeshError, "NaN"),
        (ascii_ply(TRIANGLES, "1e60 0 0", *VERTEX_LINES[1:], "3 0 1 2", "3 0 1 2").encode(), MeshError, "infinite"),
        (ascii_ply(TRIANGLES.replace("4", "0").replace("2", "0")).encode(), MeshError, "empty"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_by_name(read, tmp_path: Path, data: bytes, kind: type, reason: str):
    with pytest.raises(kind, match=reason) as caught:
        read(data)
    assert str(caught.value).startswith(str(tmp_path / "mesh.ply") + ": ")


@pytest.mark.parametrize("encoding", ["ascii", "binary"])
def test_agrees_with_trimesh(read, encoding: str):
    ball = trimesh.creation.icosphere(3)
    data = ball.export(file_type="ply", encoding=encoding)
    mesh = read(data)
    other = trimesh.load(trimesh.util.wrap_as_stream(data), file_type="ply", process=False)
    np.testing.assert_array_equal(mesh.vertices, other.vertices)
    np.testing.assert_array_equal(mesh.faces, other.faces)
