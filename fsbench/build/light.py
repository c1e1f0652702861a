"""Light on a head: a far lamp (Lambert) and a surrounding in nine spherical harmonics, in linear colour."""

from dataclasses import dataclass

import numpy as np

from fsbench.core.mesh import Floats

# Real harmonics up to degree 2, in the order 1, y, z, x, xy, yz, 3zz - 1, xz, xx - yy, and what a Lambertian surface
# makes of each degree, over pi: Ramamoorthi & Hanrahan 2001, "An efficient representation for irradiance maps".
_BASIS = np.array([0.282095, 0.488603, 0.488603, 0.488603, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274])
_LAMBERT = np.array([1.0, 2 / 3, 2 / 3, 2 / 3, 0.25, 0.25, 0.25, 0.25, 0.25])


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Light in the viewer's axes: x right, y up, z towards the viewer.

    Attributes
    ----------
    harmonics : ndarray, (9, 3)
        Radiance of the surrounding by harmonic and colour.
    direction : ndarray, (3,)
        Unit vector to the lamp.
    strength : ndarray, (3,)
        Of the lamp: a white surface that faces it shows this.
    name : str
    """

    harmonics: Floats
    direction: Floats
    strength: Floats
    name: str

    def polynomial(self) -> Floats:
        """Factors (9, 3) of 1, y, z, x, xy, yz, 3zz - 1, xz, xx - yy of a normal, which sum to its irradiance / pi."""
        factors: Floats = self.harmonics * (_BASIS * _LAMBERT)[:, None]
        return factors

    def described(self) -> dict[str, object]:
        """For source.json."""
        return {
            "name": self.name,
            "model": "Lambert lamp + second-order spherical harmonics, linear colour, no shadows",
            "harmonics": np.round(self.harmonics, 6).tolist(),
            "direction": np.round(self.direction, 6).tolist(),
            "strength": np.round(self.strength, 6).tolist(),
        }


def studio() -> Light:
    """A lamp above the viewer's left shoulder, and a room that is brighter above than below."""
    harmonics = np.zeros((9, 3))
    harmonics[0], harmonics[1], harmonics[2] = 1.35, 0.28, 0.30
    harmonics *= np.array([1.0, 1.01, 1.03])
    return Light(harmonics, _unit([-0.45, 0.55, 0.75]), np.array([0.62, 0.60, 0.57]), "studio")


def flat() -> Light:
    """The same light from everywhere: the albedo as it is."""
    harmonics = np.zeros((9, 3))
    harmonics[0] = 1 / _BASIS[0]
    return Light(harmonics, np.array([0.0, 0.0, 1.0]), np.zeros(3), "flat")


def drawn(rng: np.random.Generator) -> Light:
    """A lamp and a room that differ from sample to sample, from plain to hard."""
    around, up, share = rng.uniform(-1.2, 1.2), rng.uniform(-0.1, 1.0), rng.uniform(0.2, 0.7)
    lamp = _unit([np.sin(around) * np.cos(up), np.sin(up), np.cos(around) * np.cos(up)])
    warmth = np.array([1.0, 1.0, 1.0]) + rng.uniform(-0.08, 0.08) * np.array([1.0, 0.0, -1.0])
    harmonics = np.zeros((9, 3))
    harmonics[0] = (1.05 - share) / _BASIS[0]
    harmonics[1:] = rng.normal(0, 0.12, (8, 1))
    return Light(harmonics / warmth, lamp, share * warmth, "random")


def _unit(vector: list[float]) -> Floats:
    found = np.array(vector)
    unit: Floats = found / np.linalg.norm(found)
    return unit


LIGHTS = ("studio", "flat", "random")


def light_called(name: str, rng: np.random.Generator) -> Light:
    """One of `LIGHTS`; `rng` draws the random one."""
    if name == "random":
        return drawn(rng)
    return flat() if name == "flat" else studio()
