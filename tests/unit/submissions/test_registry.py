"""Names, and what is said when one is wrong."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import FormatError, MeshError, MissingError, UsageError
from fsbench.submissions import Adapter, get, load, names
from fsbench.submissions.published import PUBLISHED

OFFICIAL = ("facescape_opti", "facescape_deep", "3DDFA_V2", "DECA", "extreme3dface", "MGCNet", "PRNet", "RingNet")
OFFICIAL += ("SADRNet", "UDL", "DF2Net", "Deep3DFaceRec", "DFDN", "LAP", "RAFaRe")


def test_fifteen_methods_and_four_frames() -> None:
    assert names()[:19] == (*OFFICIAL, "pixels", "ortho", "cv", "gl")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("deca", "Did you mean DECA?"),
        ("3ddfa", "Did you mean 3DDFA_V2?"),
        ("pixel", "Did you mean pixels?"),
        ("nothing like it", "Known are facescape_opti"),
    ],
)
def test_a_wrong_name_gets_the_nearest(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        get(name)


@pytest.mark.parametrize("adapter", PUBLISHED, ids=lambda adapter: adapter.name)
def test_every_method_says_what_it_is_and_travels(adapter: Adapter) -> None:
    assert adapter.frame and adapter.formula and "https://" in adapter.source and adapter.text[""]
    travelled = pickle.loads(pickle.dumps(adapter))  # noqa: S301 (our own bytes)
    assert (travelled.place, travelled.files("000")) == (adapter.place, adapter.files("000"))
    mesh, *side = adapter.files("000")
    assert mesh.is_mesh and not any(file.is_mesh for file in side)
    assert (len(side), adapter.patterns[0]) == (len(adapter.side), adapter.mesh)


def test_missing_means_that_there_is_no_mesh(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"no prediction: .*000\.obj is not there"):
        load("PRNet", tmp_path, "000")
    with pytest.raises(UsageError, match="no such folder"):
        load("PRNet", tmp_path / "absent", "000")


def test_a_mesh_without_its_side_file_is_invalid(ortho: np.ndarray, write) -> None:
    with pytest.raises(FormatError, match=r"000\.npy: is not there, and without it 000\.obj cannot be placed"):
        load("RingNet", write(ortho), "000")


@pytest.mark.parametrize("sample", ["../000", "a/b", "..", "", "a\\b", "a\0"])
def test_a_sample_is_a_plain_name(sample: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="plain name"):
        load("PRNet", tmp_path, sample)


@pytest.mark.parametrize("focal_px", [0, -1, float("nan"), float("inf")])
def test_no_focal_length_is_taken_for_in_the_wild(focal_px: float, ortho: np.ndarray, write) -> None:
    """The official loader takes 0 and -1 for that, and silently scores a lab sample in the wrong camera."""
    with pytest.raises(UsageError, match="focal length"):
        load("PRNet", write(ortho), "000", focal_px)


def test_a_mesh_without_height_or_with_absurd_numbers_is_named(ortho: np.ndarray, write) -> None:
    with pytest.raises(MeshError, match=r"000\.obj: all vertices have the same y"):
        load("RAFaRe", write(ortho * [1, 0, 1]), "000", 300)
    with pytest.raises(MeshError, match=r"000\.obj: cannot be placed"):
        load("RAFaRe", write(ortho * [1, 1, 0] + [0, 0, 1e308]), "000", 300)
