"""What `build inspect` says of folders in FaceScape's layouts, and of others."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fsbench.build.facescape.captures import Captures
from fsbench.build.head import HeadName
from fsbench.build.inspecting import Section, inspect
from fsbench.core.errors import FormatError, MissingError, UsageError
from fsbench.core.mesh import Mesh
from fsbench.io.write import write_ply
from tests import facescape_data as data
from tests.textured import write_coloured
from tests.unit.build.test_multiview import view, written


def looked(root: Path, **options: object) -> dict[str, Section]:
    return {section.title: section for section in inspect(root, topology=data.TOPOLOGY, **options)}  # type: ignore[arg-type]


def cells(section: Section) -> list[dict[str, str]]:
    return [dict(zip(section.columns, row, strict=True)) for row in section.rows]


def test_tu_models(tmp_path: Path):
    root = data.write_tree(tmp_path / "facescape_trainset", ("2", "10"), (1, 2))
    (root / "10/models_reg/2_smile.obj").unlink()
    (root / "10/dpmap/1_neutral.png").unlink()
    (root / "publishable_list.txt").write_text("10")
    found = looked(tmp_path / "facescape_trainset")
    assert list(found) == ["FaceScape TU models"]
    section = found["FaceScape TU models"]
    two, ten = cells(section)
    assert two["subject"] == "2" and two["heads"] == "2" and two["maps"] == "2" and two["texture"] == "yes"
    assert ten["heads"] == "1" and ten["maps"] == "0"
    assert (two["publish"], ten["publish"]) == ("no", "yes")
    assert ten["remarks"] == "lacks 2_smile"
    assert section.n_faults == 1
    marks = data.person("2")[data.MODEL.landmarks]
    distance = np.linalg.norm(marks[36:42].mean(0) - marks[42:48].mean(0))
    assert float(two["pupils"]) == pytest.approx(distance, rel=1e-3)
    assert float(two["factor"]) == pytest.approx(62.85 / distance, rel=1e-3)


def test_a_unit_that_is_no_millimetre_is_said(tmp_path: Path):
    write_coloured(tmp_path, 2, scale=0.1)
    (section,) = inspect(tmp_path)
    rows = cells(section)
    assert [row["subject"] for row in rows] == ["p0", "p1"]
    assert all(row["remarks"] == "the unit is no millimetre" and row["colours"] == "yes" for row in rows)
    assert all(9 < float(row["factor"]) < 11 for row in rows)


def test_damaged_heads_are_faults_and_others_go_on(tmp_path: Path):
    write_coloured(tmp_path, 2)
    (tmp_path / "p0.ply").write_bytes(b"ply\nnothing")
    (section,) = inspect(tmp_path)
    assert section.n_faults == 1
    assert "p0.ply" in cells(section)[0]["remarks"] and cells(section)[1]["factor"] != "-"


def test_captures(tmp_path: Path):
    for subject, k in (("10", 1), ("9", 2)):
        folder = tmp_path / subject / data.STEMS[k - 1]
        folder.mkdir(parents=True)
        views = [view(0), view(1, width=480, height=640), view(2, valid=False), view(3, K=None)]
        written(folder / "params.json", *views)
        Image.new("RGB", (4, 4)).save(folder / "0.jpg")
    (tmp_path / "9/2_smile/params.json").write_text("[]")
    write_ply(tmp_path / "10/1_neutral.ply", Mesh(np.eye(3), [[0, 1, 2]]))
    nine, ten = cells(looked(tmp_path)["multi-view captures"])
    assert "holds a list" in nine["remarks"] and nine["mesh"] == "no"
    assert (ten["views"], ten["tall"], ten["not valid"], ten["damaged"], ten["mesh"]) == ("2", "1", "1", "1", "yes")
    assert ten["remarks"] == "view 3: 3_K is missing; photographs missing: 1; sizes 480 x 640, 640 x 480"


@pytest.mark.parametrize("mesh", ["7/3_mouth_stretch.ply", "7_3_mouth_stretch.ply", "mesh/007/3_Mouth-Stretch.obj"])
def test_meshes_of_captures_are_found(tmp_path: Path, mesh: str):
    folder = tmp_path / "images/fsmview_trainset/7/3_mouth_stretch"
    folder.mkdir(parents=True)
    (folder / "params.json").touch()
    path = tmp_path / "meshes" / mesh
    path.parent.mkdir(parents=True)
    path.touch()
    found = Captures.find(tmp_path / "images", tmp_path / "meshes")
    name = HeadName("7", "3_mouth_stretch")
    assert found.folders == {name: folder}
    assert found.mesh(name) == path
    with pytest.raises(MissingError, match=r"expected 8/1_neutral\.ply"):
        found.mesh(HeadName("8", "1_neutral"))
    (path.parent / "other").mkdir()
    (tmp_path / "meshes/7-3_mouth_stretch.ply").touch()
    with pytest.raises(FormatError, match="could both be the mesh"):
        Captures.find(tmp_path / "images", tmp_path / "meshes").mesh(name)


def test_files_of_the_toolkit(tmp_path: Path):
    data.write_tree(tmp_path, ("2",), (1,))
    folder = tmp_path / "predef"
    folder.mkdir()
    np.savez(folder / "landmark_indices.npz", v10=data.MODEL.landmarks, v16=data.MODEL.landmarks)
    np.save(folder / "sym_dict_old.npy", np.full(len(data.MODEL.mean), -1))
    (folder / "Rt_scale_dict.json").write_text(json.dumps({"1": {}, "2": {}}))
    rows = dict(looked(tmp_path)["FaceScape toolkit"].rows)
    assert rows["landmark_indices.npz"] == "68 vertices of TU models"
    assert rows["sym_dict_old.npy"] == f"{len(data.MODEL.mean)} vertices have no mirror"
    assert rows["Rt_scale_dict.json"] == "2 subjects"


def test_a_damaged_file_of_the_toolkit_is_a_fault(tmp_path: Path):
    data.write_tree(tmp_path, ("2",), (1,))
    (tmp_path / "predef").mkdir()
    (tmp_path / "predef/landmark_indices.npz").write_text("no")
    found = looked(tmp_path)
    assert found["FaceScape toolkit"].n_faults == 1


def test_nothing_to_build_from(tmp_path: Path):
    with pytest.raises(UsageError, match="there is no mesh here"):
        list(inspect(tmp_path))
    with pytest.raises(UsageError, match="no such folder"):
        list(inspect(tmp_path / "absent"))
