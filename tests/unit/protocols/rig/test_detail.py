"""Displacement maps whose heights are known in closed form."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fsbench import Scorer
from fsbench.core.mesh import Mesh
from fsbench.io.displacement import AMPLITUDE_MM, read_displacement
from fsbench.protocols.measurement import Scores
from fsbench.protocols.protocol import Prediction

# Steps of a map of 16 bits are 0.03 um.
HEIGHT_MM = 1e-4
RADIUS_MM = 80.0
N = 41


def save_map(path: Path, mm: np.ndarray, bits: int = 16) -> Path:
    middle = 1 << (bits - 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.round(mm / AMPLITUDE_MM * middle + middle).astype(f"u{bits // 8}")).save(path)
    return path


def field(height_mm: float, waves: float, side: int = 4096, phase: float = 0.0) -> np.ndarray:
    """A wave along u, at the middles of pixels."""
    u = (np.arange(side) + 0.5) / side
    return np.tile(height_mm * np.sin(2 * np.pi * waves * u + phase), (side, 1))


def patch() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A quarter of a sphere that looks along +z: vertices, faces, texture coordinates between 0.2 and 0.8."""
    s, t = np.meshgrid(np.linspace(-1, 1, N), np.linspace(-1, 1, N))
    azimuth, height = s.ravel() * np.pi / 4, t.ravel() * np.pi / 4
    places = np.column_stack([np.cos(height) * np.sin(azimuth), np.sin(height), np.cos(height) * np.cos(azimuth)])
    k = (np.arange(N - 1)[:, None] * N + np.arange(N - 1)).ravel()
    faces = np.concatenate([np.stack([k, k + 1, k + N], 1), np.stack([k + 1, k + N + 1, k + N], 1)])
    return RADIUS_MM * places, faces, 0.5 + 0.3 * np.column_stack([s.ravel(), t.ravel()])


def write_textured(path: Path, vertices: np.ndarray, faces: np.ndarray, uv: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in vertices]
    lines += [f"vt {u:.12g} {v:.12g}" for u, v in uv]
    lines += ["f " + " ".join(f"{i}/{i}" for i in face) for face in faces + 1]
    path.write_text("\n".join(lines) + "\n")


def test_a_displaced_sphere_has_the_radius_of_the_map(tmp_path: Path) -> None:
    vertices, _, uv = patch()
    height = 0.5 * np.sin(2 * np.pi * 5 * uv[:, 0]) * np.cos(2 * np.pi * 3 * uv[:, 1])
    v = 1 - (np.arange(4096)[:, None] + 0.5) / 4096
    whole = field(0.5, 5.0) * np.cos(2 * np.pi * 3 * v)
    found = read_displacement(save_map(tmp_path / "a.png", whole)).at(uv)
    displaced = vertices * (1 + found / RADIUS_MM)[:, None]
    assert np.linalg.norm(displaced, axis=1) == pytest.approx(RADIUS_MM + height, abs=HEIGHT_MM)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    vertices, faces, uv = patch()
    for stem in ("1_neutral", "2_smile"):
        moved = vertices + (stem == "2_smile") * np.exp(-((vertices - vertices[500]) ** 2).sum(1) / 800)[:, None] * 5
        write_textured(tmp_path / f"root/s/{stem}.obj", moved, faces, uv)
    save_map(tmp_path / "root/s/dpmap/1_neutral.png", field(0.0, 0))
    save_map(tmp_path / "root/s/dpmap/2_smile.png", field(0.3, 40))
    return tmp_path / "root"


def _smile(root: Path, own: Path, neutral: Path, mesh: Path | None = None, faces: np.ndarray | None = None) -> Scores:
    vertices, usual, _ = patch()
    scorer = Scorer("rig", root)
    base = Mesh(vertices, usual if faces is None else faces)
    inputs = {"neutral": base, "map": own, "neutral_map": neutral, "texture": mesh or root / "s/1_neutral.obj"}
    return scorer.score_prediction("s/2_smile", Prediction(base, inputs))


def test_detail_is_the_mean_difference_of_the_heights(root: Path, tmp_path: Path) -> None:
    flat = root / "s/dpmap/1_neutral.png"
    found = _smile(root, flat, flat)
    # Of a whole number of waves of 100 px each, of which 25 texels see all phases.
    texels = (np.arange(1024) + 0.5) / 1024
    inside = texels[(texels > 0.2) & (texels < 0.8)]
    expected = np.abs(0.3 * np.sin(2 * np.pi * 40 * inside)).mean()
    # The low frequencies that are taken away know nothing of such a wave, but for the rim of the face.
    assert found.detail_mm == pytest.approx(expected, abs=10 * HEIGHT_MM)
    itself = _smile(root, root / "s/dpmap/2_smile.png", flat)
    assert itself.detail_mm == 0 and itself.detail_normal_deg == pytest.approx(0, abs=1e-9)
    assert itself.wrinkle_contrast == pytest.approx(1)


def test_normals_turn_by_the_slope_of_the_wave(root: Path) -> None:
    flat = root / "s/dpmap/1_neutral.png"
    found = _smile(root, flat, flat).detail_normal_deg
    # Across the sphere's middle u runs over 0.6 in 90 degrees: one u is 150 degrees of arc.
    mm_per_u = RADIUS_MM * np.radians(150)
    slope = 0.3 * 2 * np.pi * 40 / mm_per_u
    flattest = np.degrees(np.arctan(slope)) * 2 / np.pi
    # Circles of latitude get shorter to half their length above and below, and with them the waves.
    assert flattest < found < flattest * np.sqrt(2)


def test_half_of_the_wrinkles_correlate_and_the_opposite_does_not(root: Path, tmp_path: Path) -> None:
    flat = root / "s/dpmap/1_neutral.png"
    half = _smile(root, save_map(tmp_path / "half.png", field(0.15, 40)), flat)
    opposite = _smile(root, save_map(tmp_path / "opposite.png", field(-0.3, 40)), flat)
    across = _smile(root, save_map(tmp_path / "across.png", field(0.3, 40, phase=np.pi / 2)), flat)
    assert half.wrinkle_contrast == pytest.approx(1, abs=1e-4)
    assert opposite.wrinkle_contrast == pytest.approx(-1, abs=1e-9)
    assert across.wrinkle_contrast == pytest.approx(0, abs=0.01)


def test_low_frequencies_do_not_count(root: Path, tmp_path: Path) -> None:
    flat = root / "s/dpmap/1_neutral.png"
    lifted = save_map(tmp_path / "lifted.png", field(0.3, 40) + 0.4)
    assert _smile(root, lifted, flat).detail_mm == pytest.approx(0, abs=HEIGHT_MM)


def test_another_texture_of_the_same_mesh_is_looked_up_on_the_surface(root: Path, tmp_path: Path) -> None:
    vertices, faces, uv = patch()
    turned = np.column_stack([uv[:, 1], uv[:, 0]])
    write_textured(tmp_path / "turned.obj", vertices, faces, turned)
    wave = field(0.3, 40)
    # u and v change places, and v runs up: rows from below are the columns.
    found = _smile(
        root, save_map(tmp_path / "t.png", wave.T[::-1]), root / "s/dpmap/1_neutral.png", tmp_path / "turned.obj"
    )
    assert found.detail_mm == pytest.approx(0, abs=HEIGHT_MM)


def test_small_maps_and_maps_of_eight_bits_are_scored_and_said(root: Path, tmp_path: Path) -> None:
    flat = root / "s/dpmap/1_neutral.png"
    small = _smile(root, save_map(tmp_path / "small.png", field(0.3, 40, side=1024)), flat)
    coarse = _smile(root, save_map(tmp_path / "coarse.png", field(0.3, 40), bits=8), flat)
    assert small.detail_mm < 0.01 and "1024 x 1024 pixels" in small.notes[0]
    assert coarse.detail_mm < 0.914 / 128 and "8 bits" in coarse.notes[0]


def test_zones_say_where_normals_count(root: Path, tmp_path: Path) -> None:
    from fsbench.benchmarks import Choice

    vertices, usual, _ = patch()
    flat, bumpy = root / "s/dpmap/1_neutral.png", field(0.0, 0)
    # Waves in the right half alone.
    bumpy[:, 2048 + 600 :] = field(0.3, 40)[:, 2048 + 600 :]
    own = save_map(tmp_path / "half.png", bumpy)
    save_map(root / "s/dpmap/2_smile.png", field(0.0, 0))
    found = {}
    for side, vertex in (("left", N * (N // 2)), ("right", N * (N // 2) + N - 1)):
        (tmp_path / "zone.json").write_text(f"[{vertex}]")
        choice = Choice(changes=(f"zones={tmp_path / 'zone.json'}",))
        base = Mesh(vertices, usual)
        inputs = {"neutral": base, "map": own, "neutral_map": flat, "texture": root / "s/1_neutral.obj"}
        found[side] = Scorer("rig", root, choice=choice).score_prediction("s/2_smile", Prediction(base, inputs))
    assert found["left"].detail_normal_deg == pytest.approx(0, abs=1e-9)
    assert found["right"].detail_normal_deg > 5
