"""Every published method's files, against what the official loader makes of them."""

from pathlib import Path

import numpy as np
import pytest

from fsbench.submissions import Frame, get, load
from fsbench.submissions.published import PUBLISHED

SAMPLES = {"000": ("wild", None), "00_0_05": ("lab", 1200), "13_2_10": ("lab", 300)}

# Text to float64 and a dozen operations on numbers below 1e4: 1e-12 would do.
ATOL = 1e-9
# Sine, cosine and exp in float32 differ in the last bit between numpy builds.
ATOL_UDL = 5e-6


@pytest.fixture(scope="module")
def fixtures(shared: Path) -> Path:
    return shared / "golden/adapters"


def official(fixtures: Path, method: str, sample: str) -> tuple[np.ndarray, np.ndarray]:
    with np.load(fixtures / "golden" / f"{method}.npz") as arrays:
        name = f"{SAMPLES[sample][0]}_{sample}"
        return arrays[f"{name}_vertices"], arrays[f"{name}_faces"]


def test_no_method_is_left_out(fixtures: Path) -> None:
    assert sorted(path.stem for path in (fixtures / "golden").iterdir()) == sorted(a.name for a in PUBLISHED)


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("method", [adapter.name for adapter in PUBLISHED])
def test_vertices_and_faces_are_the_official_ones(fixtures: Path, method: str, sample: str) -> None:
    split, focal_px = SAMPLES[sample]
    vertices, faces = official(fixtures, method, sample)
    mesh = load(method, fixtures / "raw" / method / split, sample, focal_px)
    np.testing.assert_allclose(mesh.vertices, vertices, rtol=0, atol=ATOL_UDL if method == "UDL" else ATOL)
    np.testing.assert_array_equal(mesh.faces, faces)


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("method", [adapter.name for adapter in PUBLISHED])
def test_expected_files_are_those_that_are_there(fixtures: Path, method: str, sample: str) -> None:
    folder = fixtures / "raw" / method / SAMPLES[sample][0]
    expected = [name for file in get(method).files(sample) for name in file.names]
    assert [name for name in expected if not (folder / name).is_file()] == []


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize(
    ("method", "frame"),
    [
        ("3DDFA_V2", Frame("pixels")),
        ("RAFaRe", Frame("ortho")),
        ("SADRNet", Frame("pixels", unit=128, flip=("y",))),
        ("facescape_deep", Frame("pixels", tform="{sample}_tform.npy", size_px=256)),
    ],
)
def test_frames_say_the_same_as_the_methods_that_use_them(
    fixtures: Path, method: str, frame: Frame, sample: str
) -> None:
    split, focal_px = SAMPLES[sample]
    vertices, faces = official(fixtures, method, sample)
    mesh = frame.load(fixtures / "raw" / method / split, sample, focal_px)
    np.testing.assert_allclose(mesh.vertices, vertices, rtol=0, atol=ATOL)
    np.testing.assert_array_equal(mesh.faces, faces)
