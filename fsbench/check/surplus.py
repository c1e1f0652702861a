"""Surplus: the surface of a whole head that raises the score, and the score without it, from the files themselves."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from fsbench.check.evidence import Evidence
from fsbench.check.findings import Finding, counted
from fsbench.core.errors import FsbenchError
from fsbench.core.mesh import Floats, Mask, Mesh
from fsbench.io import read_mesh, write_obj, write_ply
from fsbench.io.names import named
from fsbench.protocols.facescape.protocol import CylinderMeasurement
from fsbench.protocols.facescape.surplus import has_surplus, share_behind
from fsbench.submissions import AdapterLike

_TRIED_ON = 3
_MAY_COST = 0.01
"""Complete rate that leaving something out may cost: a face that is cut down has a small CD too."""

_MUST_EARN = 0.9
"""CD must fall below this share of what it was for a cut to be worth a word of advice."""

_WRITERS: dict[str, Callable[[Path, Mesh], None]] = {".obj": write_obj, ".ply": write_ply}


@dataclass(frozen=True, slots=True)
class _Tried:
    """Scores of the same samples after a cut, or before: means."""

    words: str
    cd_mm: float
    cr: float

    def __str__(self) -> str:
        return f"{self.words} CD {self.cd_mm:.2f} mm, CR {self.cr:.1%}"


def of_surplus(
    measured: Sequence[tuple[Evidence, CylinderMeasurement]], adapter: AdapterLike, folder: Path
) -> Iterator[Finding]:
    """If the prediction's surface is over twice as far off as the reference's, name that part and try without it.

    Parameters
    ----------
    measured : sequence of (Evidence, CylinderMeasurement)
        Samples in a right frame.
    adapter : AdapterLike
    folder : Path
        Of the submission's files, which are read again without a part of each mesh.
    """
    paying = [(one, found) for one, found in measured if has_surplus(found.ref_to_pred_mm, found.pred_to_ref_mm)]
    if not paying:
        return
    to_ref, to_pred = (
        float(np.mean([found.scores[f"cd_{way}_mm"] for _, found in paying])) for way in ("pred_to_ref", "ref_to_pred")
    )
    behind = float(np.mean([share_behind(found.prediction.vertices, found.pred_to_ref_mm) for _, found in paying]))
    part = f"{behind:.0%} of it behind the head's axis, where the back of the neck is"
    text = (
        f"in {len(paying)} of {counted(len(measured), 'sample')} cd_pred_to_ref is over twice cd_ref_to_pred, in the "
        f"mean {to_ref:.2f} and {to_pred:.2f} mm, {part}: the predictions have surface that the reference has not "
        "beside it"
    )
    yield Finding("note", "surplus", f"{text}; {_advice(paying[:_TRIED_ON], adapter, folder)}")


def _advice(paying: Sequence[tuple[Evidence, CylinderMeasurement]], adapter: AdapterLike, folder: Path) -> str:
    now = _mean("as they are", [found for _, found in paying])
    tried = []
    for words, is_kept in _CUTS:
        cut = [_without(one, found, adapter, folder, is_kept) for one, found in paying]
        scored = [found for found in cut if found is not None]
        tried += [_mean(words, scored)] if len(scored) == len(paying) else []
    if not tried:
        return "docs/exactness.md says what to leave out"
    on = f"tried on {counted(len(paying), 'sample')}: {'; '.join(map(str, (now, *tried)))}"
    good = [one for one in tried if one.cr >= now.cr - _MAY_COST and one.cd_mm < _MUST_EARN * now.cd_mm]
    # The first that earns as much as any: the others leave out more.
    best = min(good, key=lambda one: round(one.cd_mm, 1), default=None)
    return f"{on}. " + ("None of these helps" if best is None else f"Write the meshes {best.words}")


def _mean(words: str, found: Sequence[CylinderMeasurement]) -> _Tried:
    cd_mm, cr = (float(np.mean([one.scores[name] for one in found])) for name in ("cd_mm", "cr"))
    return _Tried(words, cd_mm, cr)


def _not_behind(points: Floats, reference: Floats) -> Mask:
    kept: Mask = points[:, 2] >= reference[:, 2].min()
    return kept


def _not_below(points: Floats, reference: Floats) -> Mask:
    kept: Mask = points[:, 1] >= reference[:, 1].min()
    return kept


_CUTS: tuple[tuple[str, Callable[[Floats, Floats], Mask]], ...] = (
    ("without what lies behind the reference", _not_behind),
    ("without what lies below it", _not_below),
    ("without both", lambda points, reference: _not_behind(points, reference) & _not_below(points, reference)),
)
"""In the head frame. Above the reference nothing is compared, and hair moves no other vertex."""


def _without(
    one: Evidence,
    found: CylinderMeasurement,
    adapter: AdapterLike,
    folder: Path,
    is_kept: Callable[[Floats, Floats], Mask],
) -> CylinderMeasurement | None:
    """The sample measured again, from a file without a part of its mesh; None if such a file cannot be made or read."""
    assert one.own is not None
    view = one.prepared.view
    points = view.head_frame(found.shift.apply(one.own.mesh.vertices * view.mm_per_unit))
    try:
        with TemporaryDirectory() as made:
            if not _written(one, adapter, folder, is_kept(points, found.reference.vertices), Path(made)):
                return None
            return one.prepared.measure(adapter.load(Path(made), one.sample.name, one.focal_px))
    except (FsbenchError, OSError):
        return None


def _written(one: Evidence, adapter: AdapterLike, folder: Path, kept: Mask, made: Path) -> bool:
    """Write the sample's files into `made`, the mesh with the triangles whose corners are all kept."""
    wrote = False
    for file in adapter.files(one.sample.name):
        paths = [path for name in file.names for path in named(folder, name)]
        if file.is_mesh and len(paths) == 1 and paths[0].suffix.lower() in _WRITERS:
            mesh = read_mesh(paths[0])
            faces = mesh.faces[kept[mesh.faces].all(1)] if len(kept) == mesh.n_vertices else mesh.faces[:0]
            if len(faces):
                _WRITERS[paths[0].suffix.lower()](made / paths[0].name, Mesh(mesh.vertices, faces).without_unused())
                wrote = True
        elif not file.is_mesh:
            for path in paths:
                shutil.copyfile(path, made / path.name)
    return wrote
