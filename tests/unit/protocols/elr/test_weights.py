"""Weights: the formula, and files that hold something else."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import AlignmentError, FormatError, MetricError, MissingError
from fsbench.protocols.elr.weights import MAX_FILE_BYTES, TemplateWeights, read_weights, weights_of

RNG = np.random.default_rng(4)
# ESTIMATORS: the 35 landmarks whose mean distance counts.
INNER = ("0 2 4 5 7 9 20 21 23 24 26 27 29 30 19 22 25 28 13 14 18 31 33 34 35 37 44 45 46 39 40 41 49 48 50").split()


@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_the_formula_as_it_is_written_down(unit: float) -> None:
    marks = RNG.normal(size=(51, 3))
    points = np.concatenate([marks[:5], RNG.normal(size=(40, 3)) * 2])
    eyes = np.linalg.norm(marks[19] - marks[28])
    expected = []
    for point in points:
        away = [np.linalg.norm(point - mark) / eyes for mark in marks]
        near = 1 / max(0.01, min(away))
        mean = 1 / abs(np.mean([away[int(i)] for i in INNER]) - 0.48)
        expected.append(np.sqrt(max(1, (near + mean) / 2)))
    assert weights_of(points * unit, marks * unit) == pytest.approx(np.array(expected))
    assert len(INNER) == 35


def test_weights_stay_finite_at_the_usual_mean_distance() -> None:
    marks = np.zeros((51, 3))
    marks[[19, 28], 0] = -0.5, 0.5
    # 33 of the 35 landmarks are in the middle, the two corners beside it.
    point = np.array([[0, 0.4771, 0]])
    low, high = 0.4, 0.5
    for _ in range(80):
        point[0, 1] = (low + high) / 2
        mean = (33 * point[0, 1] + 2 * np.hypot(0.5, point[0, 1])) / 35
        low, high = (point[0, 1], high) if mean < 0.48 else (low, point[0, 1])
    assert 1e3 < weights_of(point, marks)[0] < 1e7


def test_landmarks_without_a_size_are_refused() -> None:
    with pytest.raises(AlignmentError, match="in one place"):
        weights_of(np.eye(3), np.zeros((51, 3)))
    with pytest.raises(AlignmentError, match=r"\(7, 3\)"):
        weights_of(np.eye(3), np.zeros((7, 3)))


@pytest.mark.parametrize("values", [[], [[1.0]], [1.0, np.nan], [np.inf], [-1.0]])
def test_only_finite_numbers_are_weights(values: list[float]) -> None:
    with pytest.raises(MetricError, match="finite numbers"):
        TemplateWeights(np.array(values))


def _npz(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return path


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def test_a_file_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", other=np.eye(2), weights=np.array([1, 2, 3], np.float32))
    assert read_weights(tmp_path / "w.npz").values.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "holds nothing"),
        ({"W": _npy(np.ones(3))}, "holds W.npy; expected an array called weights"),
        ({"weights": _npy(np.array([{"a": 1}], object))}, "pickled"),
        ({"weights": _npy(np.array(["a"]))}, "cannot read the header"),
        ({"weights": _npy(np.ones(3, complex))}, "of type complex128"),
        ({"weights": _npy(np.ones((3, 1)))}, r"\(3, 1\)"),
        ({"weights": _npy(np.array([np.nan]))}, "finite"),
        ({"weights": _npy(np.ones(9))[:-8]}, "announces"),
        ({"weights": bytes(MAX_FILE_BYTES + 1)}, "at most"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, members: dict[str, bytes], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_weights(_npz(tmp_path / "w.npz", **members))


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        read_weights(tmp_path / "w.npz")
    (tmp_path / "w.npz").write_bytes(b"no zip")
    with pytest.raises(FormatError, match="no sound"):
        read_weights(tmp_path / "w.npz")


def test_a_member_that_is_larger_than_it_says_is_cut_off(tmp_path: Path) -> None:
    """Its directory announces little; what is unpacked stays within that."""
    path = _npz(tmp_path / "w.npz", weights=_npy(np.ones(100_000)))
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = data.index(mark) + offset
        data[place : place + 4] = (200).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(FormatError, match=r"w\.npz: "):
        read_weights(path)
