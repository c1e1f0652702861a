"""Distance from the origin to triangles, thousands at a time, in the precision of what comes in."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fsbench.mesh import Mask

Real = npt.NDArray[np.floating[Any]]

_TINY = 1e-30
_FLAT = 1e-10
"""A triangle whose squared area is this small against its sides' is measured by its edges alone."""


class Vectors(NamedTuple):
    """Components of n vectors, each an array (n,) or one number for all."""

    x: Any
    y: Any
    z: Any

    def minus(self, other: "Vectors") -> "Vectors":
        """The difference, component by component."""
        return Vectors(self.x - other.x, self.y - other.y, self.z - other.z)

    def plus(self, other: "Vectors") -> "Vectors":
        """The sum, component by component."""
        return Vectors(self.x + other.x, self.y + other.y, self.z + other.z)

    def dot(self, other: "Vectors") -> Any:
        """Scalar products, (n,)."""
        total = self.x * other.x
        total += self.y * other.y
        total += self.z * other.z
        return total


def squared_distances(corner: Vectors, u: Vectors, v: Vectors) -> Real:
    """Squared distance from the origin to the triangles (corner, corner + u, corner + v), (n,).

    Distances to the plane and to the edges are computed from differences, never as a small difference of large
    squares, so single precision keeps about seven digits of the coordinates that come in.
    """
    uu, vv, uv = u.dot(u), v.dot(v), u.dot(v)
    du, dv = corner.dot(u), corner.dot(v)
    np.negative(du, out=du)
    np.negative(dv, out=dv)
    plane, inside = _to_plane(corner, u, v, (uu, vv, uv, du, dv))
    # The third side runs from u to v.
    dw = dv - du
    dw -= uv
    dw += uu
    best = _to_edge(corner, u, du, uu)
    np.minimum(best, _to_edge(corner, v, dv, vv), out=best)
    between = v.minus(u)
    np.minimum(best, _to_edge(corner.plus(u), between, dw, between.dot(between)), out=best)
    np.copyto(best, plane, where=inside)
    return best


def _to_plane(a: Vectors, u: Vectors, v: Vectors, products: tuple[Real, ...]) -> tuple[Real, Mask]:
    """Squared distance from the origin to the triangles' planes, and whether its foot is inside."""
    uu, vv, uv, du, dv = products
    s = vv * du
    t = uv * dv
    s -= t
    np.multiply(uu, dv, out=t)
    t -= uv * du
    inside = s >= 0
    inside &= t >= 0
    s += t
    np.multiply(uu, vv, out=t)
    flat = t * t.dtype.type(_FLAT)
    t -= uv * uv
    inside &= s <= t
    inside &= t > flat
    # (a . (u x v))^2 over the squared area.
    volume: Real = u.y * v.z - u.z * v.y
    volume *= a.x
    for first, second, third in ((a.y, u.z * v.x, u.x * v.z), (a.z, u.x * v.y, u.y * v.x)):
        part = second - third
        part *= first
        volume += part
    volume *= volume
    t += t.dtype.type(_TINY)
    volume /= t
    return volume, inside


def _to_edge(start: Vectors, along: Vectors, projection: Real, squared_length: Real) -> Real:
    """Squared distance from the origin to the segments start .. start + along; overwrites the last two."""
    share = projection
    squared_length += squared_length.dtype.type(_TINY)
    share /= squared_length
    np.maximum(share, 0, out=share)
    np.minimum(share, 1, out=share)
    total: Real = share * along.x
    total += start.x
    total *= total
    offset = squared_length
    for origin, step in ((start.y, along.y), (start.z, along.z)):
        np.multiply(share, step, out=offset)
        offset += origin
        offset *= offset
        total += offset
    return total
