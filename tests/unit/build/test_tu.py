"""FaceScape's TU models, from trees in its layouts."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fsbench.build.facescape.predef import read_landmark_indices, read_mirror
from fsbench.build.facescape.tree import TuTree
from fsbench.build.facescape.tu import TuSource, TuTopology, open_tu
from fsbench.build.head import HeadName
from fsbench.core.errors import FormatError, MissingError
from fsbench.io.publishable import read_publishable
from tests import facescape_data as data

NEUTRAL = HeadName("1", "1_neutral")
KS = (1, 3)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return data.write_tree(tmp_path_factory.mktemp("tu") / "facescape_trainset", ks=KS)


@pytest.fixture
def tree(original: Path, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    return Path(shutil.copytree(original, tmp_path / "facescape_trainset"))


def opened(root: Path, **options: object) -> TuSource:
    found = open_tu(root, topology=data.TOPOLOGY, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_the_whole_data_set_is_listed_by_number(tmp_path: Path):
    folder = tmp_path / "facescape_trainset"
    for subject in ("10", "9", "105", "2"):
        for stem in data.STEMS:
            path = folder / subject / "models_reg" / f"{stem}.obj"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    found = TuTree.of(tmp_path)
    assert found is not None
    assert found.subjects == ("2", "9", "10", "105")
    assert found.expressions == data.STEMS
    assert len(found.meshes) == 80
    assert not found.lacking()


@pytest.mark.parametrize(
    "path",
    [
        "facescape_trainset_001_100/7/models_reg/3_mouth_stretch.obj",
        "007/models_reg/3_Mouth-Stretch.OBJ",
        "7/3_mouth_stretch.obj",
        "models_reg/7_3.obj",
        "7/models_reg/7_3.obj",
    ],
)
def test_every_layout_gives_the_same_name(tmp_path: Path, path: str):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).touch()
    found = TuTree.of(tmp_path)
    assert found is not None
    assert list(found.meshes) == [HeadName("7", "3_mouth_stretch")]


def test_the_same_names_with_another_topology_are_no_tu_models(original: Path, tmp_path: Path):
    (tmp_path / "1").mkdir()
    shutil.copy(original / "1/models_reg/1_neutral.obj", tmp_path / "1")
    assert open_tu(tmp_path, topology=data.TOPOLOGY) is not None
    assert open_tu(tmp_path) is None


def test_other_folders_are_no_tu_models(tmp_path: Path):
    for name in ("7/front.obj", "person/1_neutral.obj", "7/1_view.obj"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert TuTree.of(tmp_path) is None
    assert open_tu(tmp_path) is None
    assert open_tu(tmp_path / "absent") is None


def test_vertices_and_texture_keep_the_order_of_the_file(original: Path):
    head = opened(original).read(HeadName("105", "3_mouth_stretch"))
    uv, corners = data.texture()
    assert head.vertices == pytest.approx(data.person("105", 3), rel=1e-14)
    assert np.array_equal(head.triangles, data.TRIANGLES)
    assert head.uv is not None and head.corners is not None
    assert len(head.uv) > len(head.vertices)
    assert np.array_equal(head.uv, uv)
    assert np.array_equal(head.corners, corners)


def test_landmarks_and_pupils_are_on_the_mesh(original: Path):
    head = opened(original).read(NEUTRAL)
    expected = data.person("1")[data.MODEL.landmarks]
    assert head.landmarks is not None
    assert head.landmarks == pytest.approx(expected, rel=1e-14)
    assert head.pupils == pytest.approx(np.stack([expected[36:42].mean(0), expected[42:48].mean(0)]))
    # The subject's left eye is at +x.
    assert head.pupils[1, 0] > head.pupils[0, 0]


def test_the_texture_is_shown_although_the_material_is_black(original: Path):
    source = opened(original)
    first, second = source.read(NEUTRAL), source.read(HeadName("105", "1_neutral"))
    assert first.textures[0].shape == (32, 32, 3)
    assert first.textures[0].mean() > 50
    assert not np.array_equal(first.textures[0], second.textures[0])
    assert first.notes == ()


@pytest.mark.parametrize("name", ["../../secret.jpg", "C:\\data\\skin.png", "/etc/skin.jpg"])
def test_a_texture_elsewhere_is_not_opened(tree: Path, name: str):
    Image.new("RGB", (4, 4)).save(tree.parent / "secret.jpg")
    (tree / "1/models_reg/skin.jpg").unlink()
    (tree / "1/models_reg/1_neutral.obj.mtl").write_text(data.LICENCE_MTL.format(name))
    head = opened(tree).read(NEUTRAL)
    assert head.textures == () and head.uv is None
    assert "without a texture, so it is grey" in head.notes[0]


def test_several_materials_are_said(tree: Path):
    Image.new("RGB", (4, 4)).save(tree / "1/models_reg/teeth.png")
    text = data.LICENCE_MTL.format("skin.jpg") + data.LICENCE_MTL.format("teeth.png")
    (tree / "1/models_reg/1_neutral.obj.mtl").write_text(text)
    assert opened(tree).read(NEUTRAL).notes == ("1_neutral.obj: its .mtl names 2 images, skin.jpg is taken",)


def test_detail_is_the_field_along_the_normals(original: Path):
    coarse, fine = opened(original).read(NEUTRAL), opened(original, detail=True).read(NEUTRAL)
    assert len(fine.triangles) == 64 * len(coarse.triangles)
    moved = np.linalg.norm(fine.vertices[: len(coarse.vertices)] - coarse.vertices, axis=1)
    uv, corners = data.texture()
    once = np.setdiff1d(
        np.arange(len(coarse.vertices)), data.TRIANGLES.ravel()[corners.ravel() >= len(coarse.vertices)]
    )
    used = np.intersect1d(once, data.TRIANGLES)
    # A map of 512 pixels: the field bends 1.6e-4 between their middles, and 16 bits round to 1.4e-5.
    assert moved[used] == pytest.approx(np.abs(data.height(uv[used])), abs=2e-4)
    assert fine.landmarks is not None
    assert np.array_equal(fine.landmarks, fine.vertices[data.MODEL.landmarks])
    assert np.array_equal(fine.pupils, coarse.pupils)
    assert fine.notes == ("1_neutral.png has 512 x 512 pixels; 4096 are usual",)


def test_a_map_of_8_bits_is_said(tree: Path):
    data.write_map(tree / "1/dpmap/1_neutral.png", deep=False)
    assert "has 8 bits" in opened(tree, detail=True).read(NEUTRAL).notes[0]


def test_a_missing_map_is_a_sentence(tree: Path):
    (tree / "1/dpmap/1_neutral.png").unlink()
    with pytest.raises(MissingError, match="subject 1 has no displacement map of 1_neutral"):
        opened(tree, detail=True).read(NEUTRAL)


def test_a_mask_says_which_triangles_are_face(original: Path, tmp_path: Path):
    side = 64
    white = np.zeros((side, side), np.uint8)
    white[:, side // 4 : 3 * side // 4] = 255
    Image.fromarray(white).save(tmp_path / "mask.png")
    uv, corners = data.texture()
    inside = (uv[:, 0] >= 0.25) & (uv[:, 0] < 0.75)
    for detail, times in ((False, 1), (True, 64)):
        head = opened(original, mask=tmp_path / "mask.png", detail=detail).read(NEUTRAL)
        assert head.face is not None
        assert head.face.sum() == times * inside[corners].all(1).sum()
    assert head.face.mean() == pytest.approx(inside[corners].all(1).mean())
    part = head.vertices[head.triangles[head.face]]
    assert part[..., 2].mean() > head.vertices[head.triangles[~head.face]][..., 2].mean()


def test_a_missing_expression_is_a_sentence_and_others_go_on(tree: Path):
    (tree / "1/models_reg/3_mouth_stretch.obj").unlink()
    source = opened(tree)
    assert source.tree.lacking() == {"1": ("3_mouth_stretch",)}
    with pytest.raises(MissingError, match="subject 1 has no mesh of 3_mouth_stretch; it has 1_neutral"):
        source.read(HeadName("1", "3_mouth_stretch"))
    assert source.read(NEUTRAL).name == NEUTRAL


def test_another_number_of_vertices_is_a_sentence(original: Path):
    source = open_tu(original)
    assert source is not None
    n = len(data.MODEL.mean)
    with pytest.raises(FormatError, match=rf"has {n} vertices, expected 26317: is it a TU model"):
        source.read(NEUTRAL)


def test_two_files_of_one_head_are_a_sentence(tree: Path):
    shutil.copy(tree / "1/models_reg/1_neutral.obj", tree / "1/models_reg/1_1.obj")
    with pytest.raises(FormatError, match="could both be 1_neutral of subject 1: leave one"):
        opened(tree).read(NEUTRAL)


def test_landmarks_of_another_convention_are_refused(original: Path, tmp_path: Path):
    shuffled = np.roll(data.MODEL.landmarks, 17)
    (tmp_path / "other.json").write_text(json.dumps(shuffled.tolist()))
    with pytest.raises(FormatError, match="they are no face in iBUG's order"):
        opened(original, landmarks=tmp_path / "other.json").read(NEUTRAL)
    (tmp_path / "same.json").write_text(json.dumps(data.MODEL.landmarks.tolist()))
    assert opened(original, landmarks=tmp_path / "same.json").read(NEUTRAL).landmarks is not None


def test_mosaics_and_coordinates_outside_are_said(tree: Path):
    folder = tree / "360"
    uv, corners = data.texture()
    text = data.obj_text(data.person("360"), data.TRIANGLES, uv + [1.0, 0.0], corners, "1_neutral.obj.mtl")
    (folder / "models_reg/1_neutral.obj").write_text(text)
    notes = opened(tree).read(HeadName("360", "1_neutral")).notes
    assert any("outside [0, 1] the texture is repeated" in note for note in notes)
    assert any("mosaics over the eyes" in note for note in notes)


def test_nobody_may_be_shown_without_a_list(tree: Path):
    assert not opened(tree).read(NEUTRAL).publishable
    (tree / "publishable_list_v1.txt").write_text("001, 2,\n122\n")
    assert opened(tree).read(NEUTRAL).publishable
    assert not opened(tree).read(HeadName("105", "1_neutral")).publishable


@pytest.mark.parametrize("text", ["1, two", "", "1;../2", "-1"])
def test_a_damaged_list_is_refused(tmp_path: Path, text: str):
    (tmp_path / "publishable_list").write_text(text)
    with pytest.raises(FormatError, match=r"expected numbers of subjects|is empty"):
        read_publishable(tmp_path / "publishable_list")


def test_landmark_indices(tmp_path: Path):
    numbers = np.random.default_rng(0).permutation(26317)[:68]
    np.savez(tmp_path / "landmark_indices.npz", v10=numbers, v16=numbers[:60])
    assert read_landmark_indices(tmp_path / "landmark_indices.npz") == tuple(numbers.tolist())
    with pytest.raises(FormatError, match="expected 68 different vertex numbers"):
        read_landmark_indices(tmp_path / "landmark_indices.npz", "v16")
    with pytest.raises(FormatError, match="holds v10, v16, expected v20 too"):
        read_landmark_indices(tmp_path / "landmark_indices.npz", "v20")


def test_the_toolkit_s_indices_and_mask_are_found_beside_the_data(tree: Path):
    predef = tree.parent / "predef"
    predef.mkdir()
    np.savez(predef / "landmark_indices.npz", v10=np.arange(68), v16=np.arange(68))
    Image.fromarray(np.full((8, 8), 255, np.uint8)).save(predef / "facial_mask_v10.png")
    found = open_tu(tree)
    assert found is not None
    assert found.topology == TuTopology(26317, tuple(range(68)))
    assert found.mask is not None and found.mask.all()


def test_mirror_vertices(tmp_path: Path):
    mirror = np.array([1, 0, -1, 4, 3])
    np.save(tmp_path / "sym_dict.npy", mirror)
    assert read_mirror(tmp_path / "sym_dict.npy", 5).tolist() == mirror.tolist()
    with pytest.raises(FormatError, match="expected 26317 vertex numbers"):
        read_mirror(tmp_path / "sym_dict.npy", 26317)
    np.save(tmp_path / "odd.npy", np.array([1, 2, 0, 4, 3]))
    with pytest.raises(FormatError, match="whose mirror image is another"):
        read_mirror(tmp_path / "odd.npy", 5)
