"""A thousand damaged files through every reader: a result or a FsbenchError; no other exception, no warning."""

import json
import pickle
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fsbench.build.facescape.bilinear import open_bilinear
from fsbench.build.facescape.multiview import read_alignments, read_params
from fsbench.build.facescape.predef import read_landmark_indices, read_mirror
from fsbench.build.facescape.tu import TuTopology
from fsbench.core.errors import FsbenchError
from fsbench.core.mesh import Mesh
from fsbench.io import read_mesh, write_obj, write_ply
from fsbench.io.displacement import read_displacement
from fsbench.io.images import read_rgb
from fsbench.io.landmark_places import read_places
from fsbench.io.landmarks import read_landmarks
from fsbench.io.npy import read_array, read_parameters
from fsbench.io.obj_uv import read_uv
from fsbench.io.publishable import read_publishable
from fsbench.io.text import read_json, read_numbers
from fsbench.protocols.elr.weights import read_weights
from fsbench.protocols.realy.layout import read_keypoints, read_mask, read_scales
from fsbench.protocols.realy.layout import read_mesh as read_realy_mesh
from fsbench.protocols.rig.settings import read_vertex_numbers
from fsbench.submissions.svfr.checking import check_zip
from tests import svfr_zips

SEED = 20_240_711
N_FILES = 1000
MAX_PEAK_BYTES = 64 << 20
"""For files of a few kilobytes; a count that is believed before it is checked takes gigabytes."""

SPLICES = (
    *(
        b"4294967295",
        b"999999999999999999",
        b"-1",
        b"0",
        b"nan",
        b"inf",
        b"1e999",
        b"1e-999",
        b"-",
        b".",
        b"e",
        b"/",
        b"//",
    ),
    *(
        b"\n",
        b"\r\n",
        b"\n\n",
        b" ",
        b"\t",
        b"\0",
        b"\xff\xff\xff\xff",
        b"\xff" * 8,
        b"\x7f\xff\xff\xff",
        b"#",
        b"\\\n",
    ),
    *(b"f 1 2 3\n", b"v 0 0\n", b"v nan nan nan\n", b"f\n", b"f 1 1 1 1 1 1 1 1\n", b"f -1 -2 -3\n", b"f 1/ /2 3//\n"),
    *(b"element vertex 99999999\n", b"element face 0\n", b"property list uchar int vertex_indices\n"),
    *(
        b"property double x\n",
        b"property list uint uint64 many\n",
        b"end_header\n",
        b"format ascii 1.0\n",
        b"3 0 0 0\n",
    ),
    *(b"endsolid\n", b"vertex 1 2 3\n", b"OFF\n", b"[" * 3000, b"{" * 50, b'{"a":' * 50, b'"a":1,"a":2,', b"]"),
    *(b"(" * 100, b"<p>" * 100, b"<!ENTITY a 'b'>", b"&a;", b"cos\nsystem\n", b"R", b"b", b"\x80\x04", b"O8", b"L"),
    *(b"'shape': (99999999999,)", b"True", b"None", b"\xef\xbb\xbf"),
)

OBJ_FORMS = ("{}", "{0}/{0}", "{0}//{0}", "{0}/{0}/{0}")


def tetrahedron() -> Mesh:
    return Mesh(np.random.default_rng(0).normal(size=(4, 3)) * 100, [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])


def originals(folder: Path) -> dict[str, list[bytes]]:
    """Sound files, by ending."""
    mesh = tetrahedron()
    write_obj(folder / "a.obj", mesh)
    write_ply(folder / "a.ply", mesh, np.zeros((4, 4), np.uint8), np.zeros(4))
    vertices = "".join("v {:.4f} {:e} {!r}\n".format(*vertex) for vertex in mesh.vertices.tolist())
    objs = [(folder / "a.obj").read_bytes()]
    for form in OBJ_FORMS:
        faces = ["f " + " ".join(form.format(i) for i in face) for face in ([1, 2, 3], [4, 3, 2, 1], [-1, -2, -3])]
        objs.append(f"# x\n{vertices}vt 0 0\nvn 0 0 1\ng a\n{faces[0]}\n{faces[1]}\n{faces[2]}\n".encode())
    points = " ".join(map(str, mesh.vertices.ravel().tolist()))
    lines = "property float x\nproperty float y\nproperty float z\n"
    faces = "element face 2\nproperty list uchar int vertex_index\nproperty uchar flags\n"
    head = "ply\nformat {} 1.0\ncomment x\nelement vertex 4\n" + lines + faces + "end_header\n"
    content = mesh.vertices.astype(">f4").tobytes() + b"\x03\0\0\0\0\0\0\0\1\0\0\0\2\7" + b"\x04" + bytes(15) + b"\1\7"
    plys = [
        (folder / "a.ply").read_bytes(),
        (head.format("ascii") + points + "\n3 0 1 2 0\n4 0 1 2 3 0\n").encode(),
        head.format("binary_big_endian").encode() + content,
    ]
    facet = "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n"
    binary = bytes(80) + (2).to_bytes(4, "little") + np.arange(25, dtype="<f4").tobytes()
    np.save(folder / "a.npy", mesh.vertices)
    np.save(
        folder / "b.npy", np.array({"cam": np.ones(3), "list": [1, "x"], "s": np.float32(1)}, object), allow_pickle=True
    )
    b_2 = (folder / "b.npy").read_bytes()
    data = pickle.dumps(np.array({"cam": np.ones(3)}, object), 2)
    c_2 = b_2[: b_2.index(b"\n") + 1] + data
    transform = (
        b"\x80\x03cskimage.transform._geometric\nSimilarityTransform\n)\x81"
        + pickle.dumps({"params": np.eye(3)}, 3)[2:-1]
        + b"b."
    )
    np.savez(folder / "a.npz", weights=np.linspace(1, 7, 40))
    np.savez_compressed(folder / "b.npz", weights=np.ones(400, np.float32), other=np.eye(3))
    sound = {svfr_zips.MESH: plys[0], svfr_zips.MARKS: svfr_zips.npy(svfr_zips.SEVEN)}
    svfr_zips.write(folder / "a.zip", sound)
    svfr_zips.write(folder / "b.zip", sound, zipfile.ZIP_DEFLATED)
    keypoints = [[i * 131, round(0.01 * i, 4), 0.1] for i in range(85)]
    view = {"0_K": np.eye(3).tolist(), "0_Rt": np.eye(4)[:3].tolist(), "0_width": 4, "0_height": 3, "0_valid": True}
    views = json.dumps({**view, "0_distortion": [0.1, 0, 0, 0, 0], "1_K": 1}).encode()
    placed = json.dumps({"1": {"1": [2.5, np.eye(4)[:3].tolist()]}}).encode()
    np.savez(folder / "c.npz", v10=np.arange(68), v16=np.arange(68)[::-1])
    numbers = {"fv_indices": mesh.faces + 1, "ft_indices": mesh.faces + 1, "lm_list_v16": np.zeros(68, np.int64)}
    people = {"texcoords": np.eye(4)[:, :2], "id_mean": np.ones(2), "id_var": np.ones(2)}
    np.savez(folder / "d.npz", shape_bm_core=np.ones((12, 52, 2), np.float32), **numbers, **people)
    document = json.dumps({"000": [[1, 2, 3], 4.5, -1e-5], "x": {"y": [None, True, "z"]}}).encode()
    picked = b'<!DOCTYPE P>\n<P>\n<point x="1" y="2" z="3" name="0"/>\n<point x="1" y="2" z="3"/>\n</P>\n'
    return {
        ".obj": objs,
        ".ply": plys,
        ".stl": [f"solid x\n{facet}{facet}endsolid x\n".encode(), binary],
        ".off": [b"OFF\n4 2 0\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 1 2\n4 0 1 2 3\n"],
        ".npy": [(folder / "a.npy").read_bytes(), b_2, c_2, b_2[: b_2.index(b"\n") + 1] + transform],
        ".json": [views, placed, document, b"[[1, 2, 3], [4, 5, 6]]", json.dumps(keypoints).encode()],
        ".lnd": [b"1 -26.6 20.07 -3.37\n2 -4.05 1e1 -0.02\n3 28.25 19.7 1.47\n"],
        ".pp": [picked],
        ".pkl": [pickle.dumps({"lmk_face_idx": np.arange(51), "lmk_b_coords": np.full((51, 3), 1 / 3)}, 2)],
        ".png": [_png(folder)],
        ".csv": [b"x,y,z\n1,2,3\n4,5,6\n", b"1 2 3\n4 5 6\n"],
        ".npz": [(folder / name).read_bytes() for name in ("a.npz", "b.npz", "c.npz", "d.npz")],
        ".zip": [(folder / "a.zip").read_bytes(), (folder / "b.zip").read_bytes()],
        ".txt": [b"1, 2,\n122\n", b"9.1\n8.627\n9.73e0\n", b"1\n0\n1\n1\n"],
    }


def _png(folder: Path) -> bytes:
    """A displacement map of 16 bits, as FaceScape has them."""
    rng = np.random.default_rng(3)
    Image.fromarray(rng.integers(0, 1 << 16, (32, 32)).astype(np.uint16)).save(folder / "a.png")
    return (folder / "a.png").read_bytes()


def bilinear(path: Path) -> object:
    model = open_bilinear(path, TuTopology(4, (0,)))
    return None if model is None else model.person(model.mean)


def aligned(path: Path) -> object:
    return read_alignments(path).tu_from_capture("1", 1)


READERS: dict[str, tuple[Callable[[Path], object], ...]] = {
    ".obj": (read_mesh, read_realy_mesh, read_uv),
    ".ply": (read_mesh,),
    ".stl": (read_mesh,),
    ".off": (read_mesh,),
    ".npy": (read_array, read_parameters, read_landmarks, read_places, lambda path: read_mirror(path, 4)),
    ".json": (read_json, read_landmarks, read_keypoints, read_places, read_params, aligned),
    ".lnd": (read_landmarks,),
    ".pp": (read_landmarks,),
    ".csv": (read_numbers, read_landmarks),
    ".npz": (read_weights, read_places, read_landmark_indices, bilinear),
    ".pkl": (read_places,),
    ".png": (read_displacement, read_rgb),
    ".txt": (read_scales, read_mask, read_vertex_numbers, read_places, read_publishable),
    ".zip": (check_zip,),
}


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """The file after one to four accidents."""
    for _ in range(rng.integers(1, 5)):
        i, j = sorted(rng.integers(0, len(data) + 1, 2).tolist())
        match rng.integers(7):
            case 0:
                data = data[:j]
            case 1:
                flipped = bytearray(data)
                for place in rng.integers(0, max(len(data), 1), 3):
                    if data:
                        flipped[place] ^= 1 << rng.integers(8)
                data = bytes(flipped)
            case 2:
                data = data[:i] + data[j:]
            case 3:
                data = data[:j] + data[i:j] * int(rng.integers(1, 4)) + data[j:]
            case 4:
                splice = SPLICES[rng.integers(len(SPLICES))]
                data = data[:i] + splice + data[i:]
            case 5:
                splice = SPLICES[rng.integers(len(SPLICES))]
                data = data[:i] + splice + data[i + len(splice) :]
            case 6:
                lines = data.split(b"\n")
                data = b"\n".join(lines[k] for k in rng.permutation(len(lines)))
        data = data[:20_000]
    return data


@pytest.mark.parametrize("share", range(4))
def test_damaged_files(tmp_path: Path, share: int):
    rng = np.random.default_rng([SEED, share])
    sound = originals(tmp_path)
    endings = list(sound)
    n_refused = 0
    tracemalloc.start()
    try:
        for i in range(N_FILES // 4):
            ending = endings[i % len(endings)]
            data = damaged(sound[ending][rng.integers(len(sound[ending]))], rng)
            # Now and then under another name.
            ending = ending if rng.random() < 0.9 else endings[rng.integers(len(endings))]
            path = tmp_path / f"damaged{ending}"
            path.write_bytes(data)
            for read in READERS[ending]:
                n_refused += refused(read, path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MAX_PEAK_BYTES
    assert n_refused > N_FILES // 10


def refused(read: Callable[[Path], object], path: Path) -> bool:
    try:
        found = read(path)
    except FsbenchError as error:
        assert str(error).startswith(f"{path}: ")
        return True
    if isinstance(found, Mesh):
        assert np.isfinite(found.vertices).all()
        assert found.n_faces == 0 or (found.faces.min() >= 0 and found.faces.max() < found.n_vertices)
    return False


def test_the_undamaged_files_are_sound(tmp_path: Path):
    for ending, files in originals(tmp_path).items():
        for data in files:
            (tmp_path / f"sound{ending}").write_bytes(data)
            assert not all(refused(read, tmp_path / f"sound{ending}") for read in READERS[ending])
