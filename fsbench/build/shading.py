"""Colours the triangles that a raster found: albedo by texture or vertex, light by interpolated normals."""

import numpy as np
import numpy.typing as npt

from fsbench.core.compiled import FACES, POINTS, compiled, inlined
from fsbench.core.mesh import Floats, Ints

_REALS = "Array(f8, 1, 'C', readonly=True)"
_BYTES2 = "Array(u1, 2, 'C', readonly=True)"
_Triple = tuple[float, float, float]
_Place = tuple[int, int, int]


@inlined
def _areas(x: _Triple, y: _Triple) -> _Triple:
    """Barycentric coordinates of the origin in a triangle of the image, times twice its area."""
    return x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]


@inlined
def _texel(texels: npt.NDArray[np.uint8], place: _Place, table: Floats, u: float, v: float) -> _Triple:
    """Linear light of a texture at (u, v): bilinear, v upwards, repeated outside [0, 1]."""
    start, height, width = place
    x, y = (u - np.floor(u)) * width - 0.5, (1.0 - (v - np.floor(v))) * height - 0.5
    left, top = int(np.floor(x)), int(np.floor(y))
    s, t = x - left, y - top
    i, j = left if left >= 0 else width - 1, left + 1 if left + 1 < width else 0
    k, m = top if top >= 0 else height - 1, top + 1 if top + 1 < height else 0
    a, b = start + (k * width + i) * 3, start + (k * width + j) * 3
    c, d = start + (m * width + i) * 3, start + (m * width + j) * 3
    e, f, g, h = (1.0 - s) * (1.0 - t), s * (1.0 - t), (1.0 - s) * t, s * t
    return (
        e * table[texels[a]] + f * table[texels[b]] + g * table[texels[c]] + h * table[texels[d]],
        e * table[texels[a + 1]] + f * table[texels[b + 1]] + g * table[texels[c + 1]] + h * table[texels[d + 1]],
        e * table[texels[a + 2]] + f * table[texels[b + 2]] + g * table[texels[c + 2]] + h * table[texels[d + 2]],
    )


@inlined
def _mixed(weights: _Triple, colours: npt.NDArray[np.uint8], table: Floats, corners: _Place, channel: int) -> float:
    """Linear light between the colours of three vertices."""
    one, two = table[colours[corners[0], channel]], table[colours[corners[1], channel]]
    found: float = weights[0] * one + weights[1] * two + weights[2] * table[colours[corners[2], channel]]
    return found


@inlined
def _of_vertices(weights: _Triple, colours: npt.NDArray[np.uint8], table: Floats, corners: _Place) -> _Triple:
    return (
        _mixed(weights, colours, table, corners, 0),
        _mixed(weights, colours, table, corners, 1),
        _mixed(weights, colours, table, corners, 2),
    )


@inlined
def _normal(weights: _Triple, corners: _Place, normals: Floats, r: Floats) -> _Triple:
    """Unit normal between those of three vertices, turned by `r` (3, 3)."""
    (a, b, c), (i, j, k) = weights, corners
    nx = a * normals[i, 0] + b * normals[j, 0] + c * normals[k, 0]
    ny = a * normals[i, 1] + b * normals[j, 1] + c * normals[k, 1]
    nz = a * normals[i, 2] + b * normals[j, 2] + c * normals[k, 2]
    scale = 1 / max(np.sqrt(nx * nx + ny * ny + nz * nz), 1e-30)
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    return (
        r[0, 0] * nx + r[0, 1] * ny + r[0, 2] * nz,
        r[1, 0] * nx + r[1, 1] * ny + r[1, 2] * nz,
        r[2, 0] * nx + r[2, 1] * ny + r[2, 2] * nz,
    )


@inlined
def _light(factors: Floats, direction: Floats, strength: Floats, n: _Triple, channel: int) -> float:
    """Irradiance / pi of a normal, in one colour."""
    x, y, z = n
    f = factors
    room = f[0, channel] + f[1, channel] * y + f[2, channel] * z + f[3, channel] * x + f[4, channel] * x * y
    room += f[5, channel] * y * z + f[6, channel] * (3 * z * z - 1) + f[7, channel] * x * z
    room += f[8, channel] * (x * x - y * y)
    lamp = x * direction[0] + y * direction[1] + z * direction[2]
    found: float = max(room, 0.0) + strength[channel] * max(lamp, 0.0)
    return found


@compiled(
    f"void({POINTS}, {_REALS}, {FACES}, Array(i8, 2, 'C', readonly=True), b1, {POINTS}, {POINTS}, {POINTS}, {_REALS},"
    f" {_REALS}, {POINTS}, {FACES}, Array(i8, 1, 'C', readonly=True), Array(u1, 1, 'C', readonly=True), {FACES},"
    f" {_BYTES2}, f8, {_REALS}, i8, f8[:,:,::1], f8[:,::1])"
)
def shade(
    pixels: Floats,
    nearness: Floats,
    faces: Ints,
    seen: Ints,
    perspective: bool,
    normals: Floats,
    rotation: Floats,
    factors: Floats,
    direction: Floats,
    strength: Floats,
    uv: Floats,
    corners: Ints,
    texture_of: Ints,
    texels: npt.NDArray[np.uint8],
    places: Ints,
    colours: npt.NDArray[np.uint8],
    grey: float,
    table: Floats,
    steps: int,
    sums: Floats,
    counts: Floats,
) -> None:
    """Add the linear colour of each sub-sample to its pixel.

    Parameters
    ----------
    pixels, nearness, faces
        As `geometry.raster.nearest_front` took them, on the finer grid.
    seen : (rows * steps, columns * steps)
        Triangles that it found, -1 for none.
    perspective : bool
        Whether `nearness` is 1 / depth.
    normals : (V, 3)
        In the head frame; `rotation` (3, 3) takes them to the light's axes.
    factors, direction, strength
        See `light.Light`.
    uv, corners, texture_of, texels, places
        Texture coordinates, their rows by corner, the texture of a triangle or -1, all textures one after the other,
        and for each its start, height and width.
    colours : (V, 3), or (0, 3) for `grey`
    table : (256,)
        Linear light of sRGB.
    sums, counts : (rows, columns, 3), (rows, columns)
        Added to.
    """
    for row in range(seen.shape[0]):
        pixel_row = row // steps
        for pixel in range(counts.shape[1]):
            red, green, blue, count = 0.0, 0.0, 0.0, 0.0
            for column in range(pixel * steps, pixel * steps + steps):
                face = seen[row, column]
                if face < 0:
                    continue
                i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
                x = pixels[i, 0] - column, pixels[j, 0] - column, pixels[k, 0] - column
                y = pixels[i, 1] - row, pixels[j, 1] - row, pixels[k, 1] - row
                a, b, c = _areas(x, y)
                if perspective:
                    a, b, c = a * nearness[i], b * nearness[j], c * nearness[k]
                share = 1 / (a + b + c)
                a, b, c = a * share, b * share, c * share
                n = _normal((a, b, c), (i, j, k), normals, rotation)
                texture = texture_of[face]
                if texture >= 0:
                    p, q, s = corners[face, 0], corners[face, 1], corners[face, 2]
                    u, v = a * uv[p, 0] + b * uv[q, 0] + c * uv[s, 0], a * uv[p, 1] + b * uv[q, 1] + c * uv[s, 1]
                    place = places[texture, 0], places[texture, 1], places[texture, 2]
                    albedo = _texel(texels, place, table, u, v)
                elif len(colours):
                    albedo = _of_vertices((a, b, c), colours, table, (i, j, k))
                else:
                    albedo = grey, grey, grey
                red += albedo[0] * _light(factors, direction, strength, n, 0)
                green += albedo[1] * _light(factors, direction, strength, n, 1)
                blue += albedo[2] * _light(factors, direction, strength, n, 2)
                count += 1.0
            if count > 0:
                sums[pixel_row, pixel, 0] += red
                sums[pixel_row, pixel, 1] += green
                sums[pixel_row, pixel, 2] += blue
                counts[pixel_row, pixel] += count
