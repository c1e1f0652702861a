"""The FaceScape protocol: keep the camera, align the depth only, compare around the head.

Source: Zhu et al., "FaceScape: 3D Facial Dataset and Benchmark for Single-View 3D Face
Reconstruction", TPAMI 2023, arXiv:2111.01082, and its public evaluation code. Two primitives are exact
here and approximate there: the outermost hit of a ray, and the depth map. Millimetres are
*pupil-normalised*: every subject's pupil distance counts as 62.85 mm.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import AlignmentError, MeshError, MetricError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.cameras import Camera
from fsbench.geometry.moving import diagonal, stretched, turned
from fsbench.geometry.sheets import TWO_SIDED
from fsbench.metrics.chamfer import map_chamfer
from fsbench.metrics.cylinder import SIZE, CylinderMap, cylinder_map, cylinder_mesh
from fsbench.metrics.normals import normal_errors
from fsbench.protocols.facescape import depth, quantities
from fsbench.protocols.facescape.surplus import surplus_notes
from fsbench.protocols.measurement import Scores

PREPARED_VERSION = 2
"""Raised whenever a prepared reference of the same mesh holds other numbers or other arrays."""

ALIGNMENTS = MappingProxyType({"depth-median": depth.along_axis, "depth-median-rays": depth.along_rays})
"""Shift along the optical axis (in the wild), or slide along the viewing rays (in the lab)."""

PUPIL_DISTANCE_MM = 62.85
"""Standard pupil distance of the benchmark, to which every subject is scaled."""

METRICS = tuple(one.name for one in quantities.METRICS)

INWARDS = "most of the surface looks into the head: are the mesh's faces inverted, or is it mirrored?"

# A ray that grazes the edge of a surface also meets both sides at one place.
_FEW_TWO_SIDED = 0.01

_SIDEWAYS_DEG = 90.0


@dataclass(frozen=True, slots=True)
class View:
    """The view of a sample: camera, head frame and unit.

    Parameters
    ----------
    camera : Camera
        Of the camera frame in millimetres.
    head_rotation : ndarray, (3, 3)
        Head frame from camera frame for row vectors: q = (p - c) R.
    head_center_mm : ndarray, (3,)
        c, in the camera frame.
    mm_per_unit : float
        Millimetres per unit of a prediction's coordinates.
    """

    camera: Camera
    head_rotation: Floats
    head_center_mm: Floats
    mm_per_unit: float

    def head_frame(self, points: Floats) -> Floats:
        """Points (n, 3) of the camera frame in the head frame."""
        return turned(points, self.head_center_mm, self.head_rotation)

    def head_direction(self, directions: Floats) -> Floats:
        """Directions (n, 3) of the camera frame in the head frame."""
        return turned(directions, np.zeros(3), self.head_rotation)

    def parts(self) -> list[bytes]:
        """The view as bytes."""
        numbers = (self.head_rotation, self.head_center_mm)
        return [repr((self.camera, self.mm_per_unit)).encode(), *(part.tobytes() for part in numbers)]


@dataclass(frozen=True, slots=True)
class FaceScape:
    """The FaceScape protocol's settings; the signature holds every one, and only the first differs between benchmarks.

    Attributes
    ----------
    align : str
        One of `ALIGNMENTS`.
    map_px : int
        Side of depth and cylinder maps.
    surface : str
        The hit of a cylinder ray that counts.
    cd : str
        The surface that the chamfer distance covers.
    missing : str
        A sample without a usable prediction has no score and stays in the denominator of "done".
    largest_extent : float
        A prediction that is this many times larger or smaller than the reference is refused, as its unit is wrong.
    version : int
        Raised whenever the code moves a number.
    """

    align: str = "depth-median"
    map_px: int = field(default=SIZE, init=False)
    surface: str = field(default="outermost", init=False)
    cd: str = field(default="overlap-surface", init=False)
    missing: str = field(default="fail", init=False)
    largest_extent: float = field(default=20.0, init=False)
    version: int = field(default=1, init=False)

    def __post_init__(self) -> None:
        if self.align not in ALIGNMENTS:
            raise UsageError(f"no alignment is called {self.align!r}; there are {', '.join(ALIGNMENTS)}")

    def signature(self, benchmark: str) -> str:
        """All that can move a number, in one line."""
        return (
            f"{benchmark}|map:{self.map_px}/{self.surface}|align:{self.align}|cd:{self.cd}|missing:{self.missing}"
            f"|extent:{self.largest_extent:g}|v{self.version}"
        )

    def prepare(self, reference: Mesh, view: View, threads: int = 1) -> "Prepared":
        """Compute everything that depends on the reference alone.

        Parameters
        ----------
        reference : Mesh
            In the camera frame, millimetres.
        view : View
        threads : int
            Unused, as maps need no search; every protocol has this parameter.

        Raises
        ------
        MeshError
            If the reference has no faces.
        MetricError
            If the camera or the cylinder sees nothing of the reference.
        """
        if not reference.n_faces:
            raise MeshError(f"the reference has {reference.n_vertices} vertices but no faces")
        everywhere = np.ones((self.map_px, self.map_px), np.bool_)
        depths = view.camera.depth_map(reference, everywhere).reshape(-1)
        cylinder = cylinder_map(view.head_frame(reference.vertices), reference.faces)
        if not depths.any() or not cylinder.covered.any():
            raise MetricError(
                "the sample's camera or head frame sees nothing of the reference: do their files belong together?"
            )
        normals, pixels = np.zeros((SIZE, SIZE, 3)), np.flatnonzero(cylinder.covered)
        normals.reshape(-1, 3)[pixels] = view.head_direction(reference.face_normals(cylinder.faces.take(pixels)))
        return Prepared(self, view, depths, cylinder.radius_mm, normals, diagonal(reference.vertices))

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]], view: View) -> "Prepared":
        """Rebuild a prepared reference from its `Prepared.arrays`.

        Raises
        ------
        LookupError, ValueError, TypeError
            If the arrays do not fit.
        """
        for name, array in arrays.items():
            wanted = np.uint8 if name in ("seen", "covered") else np.float64
            if array.dtype != wanted or not np.isfinite(array).all():
                raise ValueError(f"{name} holds {array.dtype}, or numbers that are not finite")
        depths, radius = np.zeros(self.map_px**2), np.zeros((SIZE, SIZE))
        normals = np.zeros((SIZE, SIZE, 3))
        seen, covered = (
            np.unpackbits(arrays[name], count=image.size).astype(np.bool_).reshape(image.shape)
            for name, image in (("seen", depths), ("covered", radius))
        )
        shapes = {
            "depths_mm": (seen.sum(),),
            "radius_mm": (covered.sum(),),
            "normals": (covered.sum(), 3),
            "extent_mm": (),
        }
        if set(arrays) != {"seen", "covered", *shapes}:
            raise ValueError(f"holds {', '.join(sorted(arrays))}")
        if any(arrays[name].shape != shape for name, shape in shapes.items()):
            raise ValueError(f"shapes are {[arrays[name].shape for name in shapes]}, expected {[*shapes.values()]}")
        depths[seen], radius[covered] = arrays["depths_mm"], arrays["radius_mm"]
        normals.reshape(-1, 3)[np.flatnonzero(covered)] = arrays["normals"]
        prepared = Prepared(self, view, depths, radius, normals, float(arrays["extent_mm"]))
        if not (depths[seen].all() and (radius[covered] > 0).all() and prepared.extent_mm > 0):
            raise ValueError("an empty pixel is marked as seen, or the extent is not positive")
        return prepared


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A reference ready to be compared with any number of predictions; safe to share between threads.

    Attributes
    ----------
    depths_mm : ndarray, (65536,)
        Depth map, 0 where empty.
    radius_mm : ndarray, (256, 256)
        Cylinder map, 0 where empty.
    normals : ndarray, (256, 256, 3)
        Unit normals of the outermost triangles, head frame; zero where empty.
    """

    protocol: FaceScape
    view: View
    depths_mm: Floats
    radius_mm: Floats
    normals: Floats
    extent_mm: float

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything that was computed, without the empty pixels, to store on disk; see `FaceScape.restore`."""
        seen, covered = self.depths_mm != 0, self.radius_mm != 0
        pixels = np.flatnonzero(covered)
        return {
            "seen": np.packbits(seen),
            "covered": np.packbits(covered),
            "depths_mm": self.depths_mm[seen],
            "radius_mm": self.radius_mm.take(pixels),
            "normals": self.normals.reshape(-1, 3).take(pixels, 0),
            "extent_mm": np.array(self.extent_mm),
        }

    def compare(self, vertices: npt.ArrayLike, faces: npt.ArrayLike) -> Scores:
        """Score a prediction; nothing is read or written.

        Parameters
        ----------
        vertices : array_like, (V, 3)
            In the benchmark's camera frame, as an adapter gives them: ortho frame with the face at
            negative z (in the wild), cv frame in pupil distances (in the lab).
        faces : array_like of int, (F, 3)
            Counter-clockwise as seen from outside.

        Raises
        ------
        MeshError
            If the mesh is empty, faceless, not finite, or names vertices that do not exist.
        AlignmentError
            If it is behind the camera, of another order of size, or does not overlap the reference.
        MetricError
            If the overlap is too small to hold one quad.
        """
        return self.measure(Mesh(vertices, faces)).scores

    def measure(self, prediction: Mesh) -> "CylinderMeasurement":
        """Like `compare`, and keep the shapes in between, for heat maps and checks."""
        prediction = prediction.without_unused()
        # Numbers that overflow are not finite, and Mesh refuses them.
        mesh = prediction.with_vertices(stretched(prediction.vertices, self.view.mm_per_unit, (0, 0, 0)))
        extent_mm = diagonal(mesh.vertices)
        self._refuse_misplaced(mesh, extent_mm)
        # The prediction counts only where the reference has a surface, so the rest need not be searched.
        wanted = (self.depths_mm != 0).reshape(self.protocol.map_px, -1)
        depths = self.view.camera.depth_map(mesh, wanted).reshape(-1)
        if not depths.any():
            # The next check reports whether the camera sees it elsewhere.
            depths = self.view.camera.depth_map(mesh, np.ones_like(wanted)).reshape(-1)
        shift = ALIGNMENTS[self.protocol.align](self.depths_mm, depths)
        self._refuse_size(extent_mm * shift.scale)
        cylinder = cylinder_map(self.view.head_frame(shift.apply(mesh.vertices)), mesh.faces, self.radius_mm != 0)
        return self._measure(mesh, shift, cylinder)

    def _measure(self, mesh: Mesh, shift: depth.DepthShift, cylinder: CylinderMap) -> "CylinderMeasurement":
        both = cylinder.covered
        n_both = np.count_nonzero(both)
        radius_ref, radius_pred = self.radius_mm * both, cylinder.radius_mm
        distances = map_chamfer(radius_ref, radius_pred)
        if distances is None:
            raise MetricError(
                f"no overlap: around the head, reference and prediction share {n_both} of 65536 directions"
            )
        pixels = np.flatnonzero(both)
        normals_ref = self.normals.reshape(-1, 3).take(pixels, 0)
        normals_pred = self.view.head_direction(mesh.face_normals(cylinder.faces.take(pixels)))
        mne_rad, normal_deg = normal_errors(normals_ref, normals_pred)
        values = {
            "cd_mm": distances.mean_mm,
            "mne_rad": mne_rad,
            "cr": float(n_both / np.count_nonzero(self.radius_mm)),
            "cd_ref_to_pred_mm": float(distances.ref_to_pred_mm.mean()),
            "cd_pred_to_ref_mm": float(distances.pred_to_ref_mm.mean()),
            "normal_deg": normal_deg,
            "depth_shift_mm": shift.shift_mm,
            "overlap_px": float(shift.overlap_px),
        }
        notes: tuple[str, ...] = (TWO_SIDED,) if cylinder.n_two_sided > _FEW_TWO_SIDED * n_both else ()
        if normal_deg > _SIDEWAYS_DEG:
            notes += (INWARDS,)
        notes += surplus_notes(distances, radius_pred)
        scores = Scores({name: values[name] for name in METRICS}, notes=notes)
        return CylinderMeasurement(
            scores, shift, self.radius_mm, radius_ref, radius_pred, distances.ref_to_pred_mm, distances.pred_to_ref_mm
        )

    def _refuse_misplaced(self, mesh: Mesh, extent_mm: float) -> None:
        if not mesh.n_faces:
            found = f"the mesh has {mesh.n_vertices} vertices but no faces"
            raise MeshError(f"{found}: a point cloud has no surface. Is the file cut off?")
        self._refuse_size(extent_mm)
        if (self.view.camera.depth(mesh.vertices) <= 0).all():
            raise AlignmentError(
                "the whole prediction is behind the camera: the camera looks along "
                f"{'-z' if self.protocol.align == 'depth-median' else '+z'} from z = 0"
            )

    def _refuse_size(self, extent_mm: float) -> None:
        """Refuse another order of size, before and after the depth alignment, which scales in the lab."""
        ratio = extent_mm / self.extent_mm
        if not 1 / self.protocol.largest_extent <= ratio <= self.protocol.largest_extent:
            raise AlignmentError(
                f"the prediction's bounding box has a diagonal of {extent_mm:.4g} mm, "
                f"the reference's {self.extent_mm:.4g} mm: a ratio of {ratio:.3g}; "
                "is it in another unit, or not in the image frame?"
            )


@dataclass(frozen=True, slots=True, eq=False)
class CylinderMeasurement:
    """Scores with the shapes behind them.

    Attributes
    ----------
    scores : Scores
    shift : DepthShift
        The shift that aligned the prediction (in millimetres, after `mm_per_unit`).
    radius_whole_mm : ndarray, (256, 256)
        Cylinder map of the whole reference.
    radius_ref_mm, radius_pred_mm : ndarray, (256, 256)
        The two cylinder maps over the common part.
    ref_to_pred_mm, pred_to_ref_mm : ndarray
        Distance from every vertex of one cylinder mesh to the other's surface.
    """

    scores: Scores
    shift: depth.DepthShift
    radius_whole_mm: Floats
    radius_ref_mm: Floats
    radius_pred_mm: Floats
    ref_to_pred_mm: Floats
    pred_to_ref_mm: Floats

    @property
    def points(self) -> None:
        """None: the grids show where errors are."""

    def grids_mm(self) -> tuple[Floats, Floats]:
        """The two cylinder maps over the common part."""
        return self.radius_ref_mm, self.radius_pred_mm

    def compared(self) -> tuple[Mesh, Floats]:
        """The prediction's cylinder mesh, and the distance of each of its vertices in mm."""
        return self.prediction, self.pred_to_ref_mm

    @property
    def reference(self) -> Mesh:
        """Cylinder mesh of the whole reference, head frame, mm."""
        return _mesh_of(self.radius_whole_mm)

    @property
    def landmarks(self) -> None:
        """None, as the head frame is known without landmarks."""

    @property
    def motion(self) -> None:
        """None: single shapes are compared."""

    @property
    def in_head_frame(self) -> bool:
        """True, as the shapes are in the head frame."""
        return True

    @property
    def prediction(self) -> Mesh:
        """Cylinder mesh of the prediction over the common part, head frame, mm."""
        return _mesh_of(self.radius_pred_mm)


def _mesh_of(radius_mm: Floats) -> Mesh:
    mesh = cylinder_mesh(radius_mm)
    assert mesh is not None, "a measured reference has a surface"
    return mesh
