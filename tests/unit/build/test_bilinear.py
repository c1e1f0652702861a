"""Bilinear models, from files in FaceScape's layouts with a small topology."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsbench.build.facescape.bilinear import N_EXPRESSIONS, BilinearModel, open_bilinear
from fsbench.build.facescape.bilinear_source import BilinearSource, open_bilinear_people
from fsbench.build.head import HeadName
from fsbench.core.errors import FormatError, FsbenchError, MissingError
from tests import facescape_data as data

V, K = len(data.MODEL.mean), 3
FLOAT32_MM = 1e-4
"""Coordinates of 150 mm in single precision, summed over a few numbers of a person."""
MEAN, VAR = np.array([1.0, 0.0, 0.0]), np.array([1e-6, 0.01, 0.04])


def core() -> np.ndarray:
    """Absolute expressions (3 V, 52, K): a mean face, and two directions in which people differ."""
    bases = [data.MODEL.mean, data.MODEL.shapes[0], data.MODEL.shapes[5]]
    found = np.empty((3 * V, N_EXPRESSIONS, K))
    for e in range(N_EXPRESSIONS):
        moved = data.MODEL.expressions[e % len(data.MODEL.expressions)] if e else 0
        for k, basis in enumerate(bases):
            # The second direction changes what an expression does.
            share = (1.0, 0.0, 0.3)[k]
            found[:, e, k] = (basis + share * moved).ravel()
    return found


def content() -> dict[str, Any]:
    uv, corners = data.texture()
    return {
        "shape_bm_core": core().astype(np.float32),
        "fv_indices": data.TRIANGLES + 1,
        "ft_indices": corners + 1,
        "texcoords": uv,
        "lm_list_v16": data.MODEL.landmarks,
        "id_mean": MEAN,
        "id_var": VAR,
        "vert_10to16_dict": np.array({1: 2}, object),
    }


@pytest.fixture(scope="module")
def npz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bm") / "facescape_bm_v1.6_847_50_52_id_front.npz"
    np.savez(path, **content())
    return path


@pytest.fixture(scope="module")
def npy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bm_v1.3")
    np.save(folder / "core_847_50_52.npy", np.ascontiguousarray(core().transpose(2, 1, 0), np.float32))
    np.save(folder / "factors_id_847_50_52.npy", people())
    (folder / "template.obj").write_text(data.obj_text(data.person("1"), data.TRIANGLES, *data.texture()))
    return folder


def people() -> np.ndarray:
    return np.random.default_rng(5).normal(MEAN, np.sqrt(VAR), (6, K))


def opened(path: Path) -> BilinearModel:
    found = open_bilinear(path, data.TOPOLOGY)
    assert found is not None
    return found


def expected(a: np.ndarray, e: int, weight: float) -> np.ndarray:
    """The formula of facescape_bm.py, written out."""
    absolute = (core() @ a).reshape(V, 3, N_EXPRESSIONS)
    return absolute[..., 0] + weight * (absolute[..., e] - absolute[..., 0]) if e else absolute[..., 0]


@pytest.fixture(scope="module")
def fortran(npy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bm_fortran")
    np.save(folder / "core_847_50_52.npy", np.asfortranarray(np.load(npy / "core_847_50_52.npy")))
    for name in ("factors_id_847_50_52.npy", "template.obj"):
        (folder / name).write_bytes((npy / name).read_bytes())
    return folder


@pytest.mark.parametrize("kind", ["npz", "npy", "fortran"])
def test_a_face_is_the_published_formula(kind: str, request: pytest.FixtureRequest):
    model = opened(request.getfixturevalue(kind))
    source = BilinearSource(model, people=2, seed=7, weight=0.6)
    a = np.random.default_rng([7, 1]).normal(model.mean, model.sd)
    for e, name in ((0, "0_neutral"), (9, "9_blendshape")):
        head = source.read(HeadName("random2", name))
        assert head.vertices == pytest.approx(expected(a, e, 0.6), abs=FLOAT32_MM)
        assert head.landmarks is not None
        assert np.array_equal(head.landmarks, head.vertices[data.MODEL.landmarks])
        assert head.publishable
    assert np.array_equal(head.triangles, data.TRIANGLES)
    assert np.array_equal(model.texture.corners, data.texture()[1])


def test_blendshapes_depend_on_the_person(npz: Path):
    model = opened(npz)
    first, second = model.person(np.array([1.0, 0, 0])), model.person(np.array([1.0, 0, 2.0]))
    assert np.abs(second[9] - 1.6 * first[9]).max() < FLOAT32_MM
    assert np.abs(first[9]).max() > 1


def test_people_are_seeded(npz: Path):
    one, other = (BilinearSource(opened(npz), people=3, seed=seed) for seed in (1, 2))
    name = HeadName("random3", "0_neutral")
    assert np.array_equal(one.read(name).vertices, BilinearSource(opened(npz), people=9, seed=1).read(name).vertices)
    assert not np.allclose(one.read(name).vertices, other.read(name).vertices, atol=0.1)
    assert [n.subject for n in one.names()][::52] == ["random1", "random2", "random3"]


def test_subjects_of_older_models_are_their_factors(npy: Path):
    source = BilinearSource(opened(npy), people=0)
    assert [n.subject for n in source.names()][::52] == ["1", "2", "3", "4", "5", "6"]
    head = source.read(HeadName("4", "0_neutral"))
    assert head.vertices == pytest.approx(expected(people()[3], 0, 0), abs=FLOAT32_MM)
    assert not head.publishable


@pytest.mark.parametrize("subject", ["random4", "random0", "7", "random", "-1", "random9999999999", "x"])
def test_unknown_people_are_sentences(npy: Path, subject: str):
    with pytest.raises(MissingError, match="there is no person"):
        BilinearSource(opened(npy), people=3).read(HeadName(subject, "0_neutral"))


@pytest.mark.parametrize("expression", ["52_blendshape", "1_smile", "", "\u0663_blendshape"])
def test_unknown_expressions_are_sentences(npz: Path, expression: str):
    with pytest.raises(MissingError, match="0 to 51 are known"):
        BilinearSource(opened(npz)).read(HeadName("random1", expression))


def test_expression_components_and_version_1_0_are_refused(tmp_path: Path):
    with pytest.raises(FormatError, match="components without a meaning"):
        open_bilinear(tmp_path / "facescape_bm_v1.6_847_50_52_id_exp.npz")
    folder = tmp_path / "facescape_bm_v1.0"
    folder.mkdir()
    (folder / "core_847_50_52.npy").touch()
    with pytest.raises(FormatError, match=r"version 1\.0 counts subjects differently"):
        open_bilinear(folder)


def test_other_files_are_no_model(tmp_path: Path):
    assert open_bilinear(tmp_path) is None
    assert open_bilinear(tmp_path / "heads.obj") is None


def with_(**change: Any) -> Callable[[Path], None]:
    return lambda path: np.savez(path, **{k: v for k, v in (content() | change).items() if v is not None})


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (with_(shape_bm_core=None), "expected shape_bm_core too"),
        (with_(shape_bm_core=np.zeros((9, 52, 3))), "is it of another version"),
        (with_(shape_bm_core=np.zeros((3 * V, 52))), "is it of another version"),
        (with_(shape_bm_core=np.array([{}], object)), "pickled objects, expected numbers"),
        (with_(id_mean=np.ones(7)), "id_mean 7"),
        (with_(id_var=np.full(K, np.nan)), "id_var holds float64, or a number that is not finite"),
        (with_(fv_indices=data.TRIANGLES), f"numbers 0 to {data.TRIANGLES.max()}"),
        (with_(ft_indices=data.TRIANGLES[:5] + 1), "5 in its texture"),
        (with_(lm_list_v16=np.arange(60)), "lm_list_v16 holds 60 numbers"),
        (lambda path: path.write_bytes(b"PK\x03\x04 nothing"), "cannot be read as an .npz|is a zip archive"),
        (lambda path: path.write_bytes(b""), "is empty|cannot be read"),
    ],
)
def test_damaged_models_are_sentences(tmp_path: Path, write: Callable[[Path], None], reason: str):
    path = tmp_path / "facescape_bm_v1.6_847_50_52_id.npz"
    write(path)
    with pytest.raises(FsbenchError, match=reason) as caught:
        opened(path)
    assert str(caught.value).startswith(str(path))


def test_a_core_that_is_cut_off_is_a_sentence(npz: Path, tmp_path: Path):
    path = tmp_path / "facescape_bm_v1.6_847_50_52_id.npz"
    whole = core().astype(np.float32)
    whole[100, 0, 0] = np.nan
    np.savez(path, **content() | {"shape_bm_core": whole})
    with pytest.raises(FormatError, match="a number that is not finite"):
        opened(path).person(MEAN)
    data_ = bytearray(npz.read_bytes())
    data_[5000:6000] = bytes(1000)
    path.write_bytes(data_)
    with pytest.raises(FormatError, match="is damaged"):
        opened(path).person(MEAN)


def test_landmarks_in_another_order_are_refused(tmp_path: Path):
    path = tmp_path / "facescape_bm_v1.6_847_50_52_id.npz"
    np.savez(path, **content() | {"lm_list_v16": np.roll(data.MODEL.landmarks, 17)})
    with pytest.raises(FormatError, match="no face in iBUG's order"):
        BilinearSource(opened(path)).read(HeadName("random1", "0_neutral"))


def test_older_models_need_a_mesh_for_their_triangles(npy: Path, tmp_path: Path):
    for name in ("core_847_50_52.npy", "factors_id_847_50_52.npy"):
        (tmp_path / name).write_bytes((npy / name).read_bytes())
    with pytest.raises(MissingError, match=r"put an \.obj of any TU model"):
        open_bilinear(tmp_path, data.TOPOLOGY)
    (tmp_path / "factors_id_847_50_52.npy").unlink()
    with pytest.raises(MissingError, match=r"factors_id_847_50_52\.npy: there is no such file"):
        open_bilinear(tmp_path, data.TOPOLOGY)


def test_landmarks_beside_a_model_are_refused(npz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fsbench.build.facescape.bilinear.V16_VERTICES", V)
    assert open_bilinear_people(npz) is not None
    with pytest.raises(FormatError, match="leave out --landmarks"):
        open_bilinear_people(npz, None, tmp_path / "marks.json")
