"""Folders in every spelling give one zip, and no vertex of them is lost."""

import json
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import FormatError, MeshError, UsageError
from fsbench.core.mesh import Mesh
from fsbench.io import read_ply, write_obj, write_ply
from fsbench.submissions.svfr.checking import check_zip
from fsbench.submissions.svfr.images import images
from fsbench.submissions.svfr.packing import pack
from tests.golden.test_svfr import official
from tests.svfr_zips import FIRST, HEAD, MESH, SEVEN, Files, complete, nan_vertices, unpad_person, unpad_timestep

POSED = complete("posed")


def lay_out(folder: Path, files: Files) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.fixture
def posed(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "posed", POSED)


SPELLINGS = {
    "timestep": unpad_timestep,
    "person": unpad_person,
    "both": lambda name: unpad_person(unpad_timestep(name)),
    "any name": lambda name: name.replace("/mesh_posed.ply", "/result.ply"),
    "flat": lambda name: name.replace("/mesh_posed", "").replace("/landmarks_posed", ""),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_of_folders_gives_the_same_zip(tmp_path: Path, posed: Path, name: str) -> None:
    change = SPELLINGS[name]
    other = lay_out(tmp_path / "other", {change(known): content for known, content in POSED.items()})
    pack(tmp_path / "a.zip", {"posed": posed})
    packed = pack(tmp_path / "b.zip", {"posed": other})
    assert (packed.n_meshes, packed.n_landmarks) == (391, 391)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_landmarks_may_be_places_on_the_mesh(tmp_path: Path, posed: Path) -> None:
    """Read as points they would be triangles and weights: a wrong zip without a word."""
    corners = HEAD.faces[[5, 40, 80, 120, 160, 200, 240], 0]
    forms = ([[face, 1.0, 0.0] for face in (5, 40, 80, 120, 160, 200, 240)], corners.tolist())
    expected = {}
    for image in images():
        size = np.ptp(read_ply(posed / image / "mesh_posed.ply").vertices[:, 0]) / np.ptp(HEAD.vertices[:, 0])
        expected[image] = HEAD.vertices[corners] * size
        (posed / image / "landmarks_posed.npy").unlink()
    for k, form in enumerate(forms):
        for image in images():
            (posed / image / "landmarks_posed.json").write_text(json.dumps(form))
        pack(tmp_path / f"{k}.zip", {"posed": posed})
        with zipfile.ZipFile(tmp_path / f"{k}.zip") as archive:
            for image in images()[::100]:
                marks = np.load(BytesIO(archive.read(f"{image}/landmarks_posed.npy")))
                # Single precision of the files.
                np.testing.assert_allclose(marks, expected[image], atol=1e-4)


def test_what_is_packed_is_fit_for_us_and_for_the_official_client(tmp_path: Path, posed: Path) -> None:
    both = {"posed": posed, "neutral": lay_out(tmp_path / "neutral", complete("neutral"))}
    pack(tmp_path / "a.zip", both)
    report = check_zip(tmp_path / "a.zip")
    assert report.is_fit and not report.problems
    assert official(tmp_path / "a.zip") == {}


def _read(path: Path, name: str, tmp_path: Path) -> Mesh:
    with zipfile.ZipFile(path) as archive:
        (tmp_path / "one.ply").write_bytes(archive.read(name))
    return read_ply(tmp_path / "one.ply", every_vertex=True)


def test_no_vertex_is_merged_dropped_or_moved(tmp_path: Path, posed: Path) -> None:
    vertices = np.concatenate([HEAD.vertices, HEAD.vertices[:3], [[1.0, 2, 3]]])
    odd = Mesh(vertices, HEAD.faces[::-1])
    write_ply(posed / MESH, odd)
    pack(tmp_path / "a.zip", {"posed": posed})
    found = _read(tmp_path / "a.zip", MESH, tmp_path)
    assert np.array_equal(found.vertices, vertices.astype(np.float32))
    assert np.array_equal(found.faces, odd.faces)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        head = archive.read(MESH).partition(b"end_header")[0]
        assert b"binary_little_endian" in head and b"property float x" in head
        marks = np.load(BytesIO(archive.read(f"{FIRST}/landmarks_posed.npy")))
    assert marks.dtype == np.float64 and np.array_equal(marks, SEVEN)


def test_obj_and_text_landmarks_are_taken(tmp_path: Path, posed: Path) -> None:
    (posed / MESH).unlink()
    (posed / FIRST / "landmarks_posed.npy").unlink()
    write_obj(posed / FIRST / "mesh_posed.obj", HEAD)
    np.savetxt(posed / FIRST / "landmarks_posed.txt", SEVEN)
    pack(tmp_path / "a.zip", {"posed": posed})
    assert check_zip(tmp_path / "a.zip").is_fit
    assert np.abs(_read(tmp_path / "a.zip", MESH, tmp_path).vertices - HEAD.vertices).max() < 1e-5


def _refused(tmp_path: Path, posed: Path, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        pack(tmp_path / "a.zip", {"posed": posed})
    assert not list(tmp_path.glob("a.zip*")), "nothing is left of a zip that is not whole"


def test_a_folder_that_lacks_images_is_refused(tmp_path: Path, posed: Path) -> None:
    for image in images()[:5]:
        (posed / image / "mesh_posed.ply").unlink()
    _refused(
        tmp_path, posed, UsageError, f"no posed mesh for 5 of 391 images: {FIRST.split('+')[0]}.* ...*complete zips"
    )


def test_two_candidates_are_refused(tmp_path: Path, posed: Path) -> None:
    write_obj(posed / FIRST / "mesh_posed.obj", HEAD)
    _refused(tmp_path, posed, FormatError, "could both be the posed mesh")


def test_two_folders_of_an_image_are_refused(tmp_path: Path, posed: Path) -> None:
    lay_out(posed, {"060/EMO-1-shout+laugh_12_222200042/mesh_posed.ply": POSED[MESH]})
    _refused(tmp_path, posed, FormatError, "could both be the posed mesh")


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (b"ply\nnonsense", FormatError, "mesh_posed.ply"),
        (POSED[MESH].replace(b"element face", b"element fade"), FormatError, "no faces"),
        (nan_vertices(), MeshError, "NaN"),
    ],
)
def test_unusable_meshes_are_refused(
    tmp_path: Path, posed: Path, content: bytes, kind: type[Exception], text: str
) -> None:
    (posed / MESH).write_bytes(content)
    _refused(tmp_path, posed, kind, text)


def test_landmarks_that_are_missing_or_not_seven_are_refused(tmp_path: Path, posed: Path) -> None:
    marks = posed / FIRST / "landmarks_posed.npy"
    np.save(marks, SEVEN[:6])
    _refused(tmp_path, posed, FormatError, r"shape \(6, 3\), expected \(7, 3\)")
    marks.unlink()
    _refused(tmp_path, posed, FormatError, "no landmarks; only meshes of FLAME's topology .* need none")


def test_a_coordinate_beyond_single_precision_is_refused(tmp_path: Path, posed: Path) -> None:
    write_ply(posed / MESH, Mesh(HEAD.vertices * 1e40, HEAD.faces))
    _refused(tmp_path, posed, FormatError, "beyond single precision")


def test_nothing_is_overwritten(tmp_path: Path, posed: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"precious")
    with pytest.raises(UsageError, match="exists already"):
        pack(tmp_path / "b.zip", {"posed": posed})
    assert (tmp_path / "b.zip").read_bytes() == b"precious"
    with pytest.raises(UsageError, match="cannot be written"):
        pack(tmp_path / "no-such-folder" / "b.zip", {"posed": posed})
    with pytest.raises(UsageError, match="nothing to pack"):
        pack(tmp_path / "c.zip", {})
