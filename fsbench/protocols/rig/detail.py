"""Detail: displacement maps of both sides, compared at the pixels of the reference's texture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats, Mask, Mesh
from fsbench.geometry.barycentric import interpolate
from fsbench.geometry.nearest import NearestSurface
from fsbench.io.files import state_of
from fsbench.io.obj_uv import TextureMap, read_uv
from fsbench.protocols.rig.fit import Fit

NONE = dict.fromkeys(("detail_mm", "detail_normal_deg", "wrinkle_contrast"), float("nan"))


def texels_on(fit: Fit, path: Path) -> Floats:
    """Where the texels of the captured face are in the prediction's texture, (n, 2).

    Raises
    ------
    FormatError
        If the prediction's mesh has no texture coordinates.
    """
    texture = read_uv(path)
    if len(texture.corners) != fit.neutral.n_faces:
        raise FormatError(f"{path}: its texture has {len(texture.corners)} triangles, its mesh {fit.neutral.n_faces}")
    if fit.places.exact and texture.same_as(fit.subject.texture):
        return fit.subject.texels.uv
    return _carried(fit, texture)


def _carried(fit: Fit, texture: TextureMap) -> Floats:
    """Texture coordinates on the prediction of every texel, (n, 2)."""
    subject, texels = fit.subject, fit.subject.texels
    faces = subject.raw_neutral.faces
    if fit.places.exact:
        return interpolate(texture.uv, texture.corners[texels.triangles], texels.weights)
    # The reference's vertices at their places on the prediction: its triangles there hardly leave the surface.
    bent = fit.places.at(fit.neutral.vertices)
    nearest = NearestSurface(fit.neutral, subject.threads).closest(
        interpolate(bent, faces[texels.triangles], texels.weights)
    )
    return interpolate(texture.uv, texture.corners[nearest.faces], nearest.weights)


def compare_detail(
    fit: Fit, stem: str, own: tuple[Path, Path | None], truth: tuple[Path, Path | None], texture: Path
) -> tuple[Mapping[str, float], list[str]]:
    """Compare the map of an expression.

    Parameters
    ----------
    fit : Fit
    stem : str
        Name of the expression.
    own, truth : tuple of Path
        The prediction's and the reference's map of the expression, and of neutral.
    texture : Path
        The prediction's mesh with its texture.

    Returns
    -------
    scores : mapping
        `detail_mm`, the mean difference without low frequencies; `detail_normal_deg`, the mean angle between the
        normals of the captured surface displaced by either map, within the wrinkle zones; `wrinkle_contrast`, the
        correlation of the detail added to neutral.
    notes : list of str
        Oddities of the prediction's maps.

    Raises
    ------
    FsbenchError
        If a map is unusable.
    """
    subject = fit.subject
    places, middles, read = _places(fit, texture), subject.texels.uv, subject.maps.read
    found = read(own[0])
    predicted, captured = found.at(places), read(truth[0]).at(middles)
    high, surface = subject.texels.without_low, Mesh(subject.shapes[stem], subject.raw_neutral.faces)
    scores = {
        "detail_mm": float(np.abs(high(predicted - captured)).mean()),
        "detail_normal_deg": subject.texels.normal_deg(surface, captured, predicted, _zones(fit)),
        "wrinkle_contrast": float("nan"),
    }
    if own[1] is not None and truth[1] is not None and own[0] != own[1]:
        neutral, neutral_truth = read(own[1]).at(places), read(truth[1]).at(middles)
        scores["wrinkle_contrast"] = _correlation(high(captured - neutral_truth), high(predicted - neutral))
    return scores, [found.note] if found.note else []


def _places(fit: Fit, texture: Path) -> Floats:
    """Places of the texels, kept with the fit, as all expressions share the texture."""
    key = texture, state_of(texture)
    kept: dict[Any, Floats] = fit.kept
    if key not in kept:
        kept.clear()
        kept[key] = texels_on(fit, texture)
    return kept[key]


def _correlation(first: Floats, second: Floats) -> float:
    a, b = first - first.mean(), second - second.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else float("nan")


def _zones(fit: Fit) -> Mask | None:
    """Texels within a wrinkle zone of the neutral face, (n,); None if all count."""
    subject, texels = fit.subject, fit.subject.texels
    if subject.zones is None:
        return None
    neutral = subject.neutral
    at_rest = interpolate(neutral.vertices, neutral.faces[texels.triangles], texels.weights)
    within = np.zeros(len(at_rest), np.bool_)
    for middle in neutral.vertices[subject.zones]:
        within |= ((at_rest - middle) ** 2).sum(1) <= subject.settings.said.zone_mm**2
    return within
