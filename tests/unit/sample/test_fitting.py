"""The baselines: right on what they can express, worse under the wrong camera, and blind to all but 68 points."""

import inspect

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsbench.core.errors import AlignmentError
from fsbench.sample.fitting import Pinhole, Projection, WeakPerspective, fit
from fsbench.sample.head_model import load_head_model
from fsbench.sample.methods import METHODS
from fsbench.sample.observation import Observation, observe
from fsbench.sample.shape_space import ShapeSpace, train_shape_space

EXACT_MM = 0.02  # noise-free input from 8 known directions; what is left is the weak prior
FEW = 8
SURE_PX = 1e-3
SCALE_PX = 1.02


@pytest.fixture(scope="module")
def space() -> ShapeSpace:
    return train_shape_space(load_head_model())


@pytest.fixture(scope="module")
def small(space: ShapeSpace) -> ShapeSpace:
    return ShapeSpace(space.mean, space.basis[:FEW], space.faces, space.landmarks)


def _turned(points: np.ndarray, yaw_deg: float) -> np.ndarray:
    return points @ Rotation.from_euler("yxz", [yaw_deg, 8, 5], degrees=True).as_matrix().T


def _orthographic(space: ShapeSpace, coefficients: np.ndarray, yaw_deg: float) -> tuple[np.ndarray, Observation]:
    truth = _turned(space.vertices(coefficients), yaw_deg) * SCALE_PX + [3.0, -5.0, 0.0]
    return truth, Observation(truth[space.landmarks][:, :2], np.ones(68, bool), None)


@pytest.mark.parametrize("yaw_deg", [0.0, 40.0, -75.0])
def test_linear_weak_finds_a_face_of_its_own_span(small: ShapeSpace, yaw_deg: float) -> None:
    coefficients = np.random.default_rng(2).uniform(-1.5, 1.5, FEW)
    truth, seen = _orthographic(small, coefficients, yaw_deg)
    found = fit(small, seen, WeakPerspective(), sigma_px=SURE_PX)
    np.testing.assert_allclose(found.vertices, truth, atol=EXACT_MM * SCALE_PX)


def test_linear_persp_finds_distance_and_shape_under_its_camera(small: ShapeSpace) -> None:
    coefficients = np.random.default_rng(3).uniform(-1.5, 1.5, FEW)
    truth = _turned(small.vertices(coefficients), 30.0) + [4.0, 2.0, -375.0]
    landmarks = truth[small.landmarks]
    seen = Observation(landmarks[:, :2] * (300.0 / -landmarks[:, 2:]), np.ones(68, bool), 300.0)
    found = fit(small, seen, Pinhole(300.0), sigma_px=SURE_PX)
    np.testing.assert_allclose(found.vertices, truth, atol=5 * EXACT_MM)  # the distance is seen through size alone


def test_weak_perspective_errs_near_the_camera(space: ShapeSpace) -> None:
    """The same face, pose and fit: only the distance differs."""

    def error_mm(focal_px: float, camera: Projection) -> float:
        truth = space.mean[space.landmarks] + [0.0, 0.0, -1.25 * focal_px]
        seen = Observation(truth[:, :2] * (focal_px / -truth[:, 2:]), np.ones(68, bool), focal_px)
        face = fit(space, seen, camera).coefficients @ space.basis.reshape(len(space.basis), -1)
        return float(np.sqrt((face**2).mean()))

    assert error_mm(300.0, WeakPerspective()) > 2 * error_mm(1200.0, WeakPerspective())
    assert error_mm(300.0, Pinhole(300.0)) < 0.2 * error_mm(300.0, WeakPerspective())


@pytest.mark.parametrize("camera", [WeakPerspective(), Pinhole(450.0)], ids=["weak", "pinhole"])
def test_derivatives_agree_with_differences(camera: Projection) -> None:
    rng = np.random.default_rng(1)
    points, unknowns = rng.normal(0, 40, (5, 3)), camera.start(1.1, np.array([4.0, -7.0]))
    pixels, by_points, by_unknowns = camera.project(points, unknowns)
    step = 1e-5
    for k in range(3):
        nudge = np.eye(3)[k] * step
        np.testing.assert_allclose(
            (camera.project(points + nudge, unknowns)[0] - pixels) / step, by_points[:, :, k], atol=1e-3
        )
        np.testing.assert_allclose(
            (camera.project(points, unknowns + nudge)[0] - pixels) / step, by_unknowns[:, :, k], atol=1e-2
        )


def test_a_profile_with_half_the_points_is_still_posed_right(space: ShapeSpace) -> None:
    truth, seen = _orthographic(space, np.zeros(len(space.basis)), 80.0)
    near = space.mean[space.landmarks][:, 0] < 5.0
    half = Observation(np.where(near[:, None], seen.points_px, np.nan), near, None)
    found = METHODS["mean-face"].reconstruct(space, half) - [128.0, 128.0, 0.0]
    np.testing.assert_allclose(found, truth, atol=EXACT_MM)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_sees_points_and_nothing_else(space: ShapeSpace, name: str) -> None:
    """Its only input beside its own model is an Observation of 68 points; what stands at hidden ones does not count."""
    assert list(inspect.signature(METHODS[name].reconstruct).parameters) == ["space", "seen"]
    assert Observation.__slots__ == ("points_px", "visible", "focal_px")
    _, seen = _orthographic(space, np.zeros(len(space.basis)), 20.0)
    visible = np.arange(68) % 3 > 0
    blank, lie = (Observation(np.where(visible[:, None], seen.points_px, x), visible, None) for x in (np.nan, 999.0))
    np.testing.assert_array_equal(METHODS[name].reconstruct(space, blank), METHODS[name].reconstruct(space, lie))


def test_hidden_points_are_blank_and_the_others_noisy() -> None:
    exact, visible = np.zeros((68, 2)), np.arange(68) < 60
    seen = observe(exact, visible, None, 0.0, np.random.default_rng(0))
    assert np.isnan(seen.points_px[60:]).all() and np.isfinite(seen.points_px[:60]).all()
    profile = observe(exact, visible, None, 90.0, np.random.default_rng(0))
    assert 1.0 < seen.points_px[:60].std() < 1.4
    np.testing.assert_allclose(profile.points_px, 1.7 * seen.points_px)


def test_too_few_points_are_refused(space: ShapeSpace) -> None:
    with pytest.raises(AlignmentError, match="3 landmarks are visible"):
        fit(space, Observation(np.zeros((68, 2)), np.arange(68) < 3, None), WeakPerspective())
