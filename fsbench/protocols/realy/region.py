"""One region of a face: preparing the scan, and steps 2 and 3 for a prediction."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fsbench.core.errors import ReferenceDataError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.geometry.nearest import NearestSurface
from fsbench.protocols.realy.bending import BendableMesh, Bent, stages_of
from fsbench.protocols.realy.rigid import RigidFit, fit_region
from fsbench.protocols.realy.template import BENDING, RIGID, Template

# Distance of a region's vertices from a keypoint on it. If a region did not reach its keypoints, the error grew unseen:
# 0.32 mm became 1.67. Scans have a vertex every half millimetre.
_REACHED_MM, _OTHER_FRAME_MM = 2.0, 50.0
# If a prediction covers the region, no solve leaves out a vertex; ours.
_FEW_LEFT_OUT = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One subject.

    Attributes
    ----------
    keypoints : ndarray, (85, 3)
    regions : mapping of str to Mesh
        nose, mouth, forehead, cheek; vertices as in the file, used or not, once or twice.
    mm_per_unit : float
        Of both.
    """

    keypoints: Floats
    regions: Mapping[str, Mesh]
    mm_per_unit: float


@dataclass(frozen=True, slots=True, eq=False)
class PreparedRegion:
    """A region of a scan.

    Attributes
    ----------
    points : ndarray, (n, 3)
        All vertices of the file; step 2 uses them.
    mesh : BendableMesh
        The merged ones; step 3 uses these.
    rigid_keypoints : ndarray, (k, 3)
    repeats : int
        Weight of each of these in step 2.
    keypoint_vertices : ndarray of int, (m,)
        Of `mesh`, nearest to the keypoints of step 3.
    doubts : tuple of str
    """

    points: Floats
    mesh: BendableMesh
    rigid_keypoints: Floats
    repeats: int
    keypoint_vertices: Ints
    doubts: tuple[str, ...]

    @classmethod
    def of(cls, name: str, reference: Reference) -> "PreparedRegion":
        """Prepare the region of this name."""
        region, mm = reference.regions[name], reference.mm_per_unit
        rigid = reference.keypoints[list(RIGID[name])]
        # The keypoints together weigh as much as the scan, on the cheek a quarter of that.
        repeats = region.n_vertices // len(rigid) // (1 if BENDING[name] else 4)
        if not repeats:
            raise ReferenceDataError(
                f"{region.n_vertices} vertices are too few for {len(rigid)} keypoints: is the scan a whole one?"
            )
        mesh = BendableMesh.of_mesh(region)
        which = BENDING[name]
        vertices, away_mm = _nearest_vertices(mesh.vertices, reference.keypoints[list(which)], mm)
        if len(which) and away_mm.min() > _OTHER_FRAME_MM:
            raise ReferenceDataError(
                f"the nearest of its keypoints is {away_mm.min():.0f} mm from the region: are both of one subject and "
                "in one frame?"
            )
        pulled = np.ones(mesh.n_vertices)
        if len(which):
            pulled = np.bincount(vertices, minlength=mesh.n_vertices).astype(np.float64)
        if (part := mesh.open_part(mesh.vertices, pulled)) is not None:
            raise ReferenceDataError(
                f"a part of the region, {len(part)} of {mesh.n_vertices} vertices, holds {int(pulled[part].sum())} "
                f"{'keypoints' if len(which) else 'vertices'} and needs 4 that are not in one plane, or its solve has "
                "no single answer: is there a loose piece, or does the region end before its keypoints?"
            )
        return cls(region.vertices, mesh, rigid, repeats, vertices, _doubts_about_reach(name, which, away_mm))

    def measure(
        self, name: str, placed: Mesh, template: Template, mm_per_unit: float, most_solves: int, threads: int
    ) -> "RegionMeasurement":
        """Steps 2 and 3 of a prediction that step 1 has placed."""
        keypoints = template.keypoints(placed.vertices, RIGID[name])
        rigid = fit_region(
            self.points, self.rigid_keypoints, placed.vertices, placed.faces, keypoints, self.repeats, threads
        )
        surface = NearestSurface(Mesh(rigid.vertices, template.masked_faces()), threads)
        targets = surface.closest(self.mesh.vertices).points
        marks = template.keypoints(rigid.vertices, BENDING[name])
        bent = self.mesh.bend(targets, stages_of(bool(BENDING[name])), self.keypoint_vertices, marks, most_solves)
        places = surface.closest(bent.vertices).points
        distances_mm = np.linalg.norm(places - self.mesh.vertices, axis=1) * mm_per_unit
        return RegionMeasurement(rigid, bent, self.mesh.vertices, distances_mm)


@dataclass(frozen=True, slots=True, eq=False)
class RegionMeasurement:
    """Result for a region, in units of the scan unless named otherwise.

    Attributes
    ----------
    rigid : RigidFit
    bent : Bent
    points : ndarray, (N, 3)
        Where the region was measured.
    ref_to_pred_mm : ndarray, (N,)
        Distance from each to the place on the prediction that corresponds.
    """

    rigid: RigidFit
    bent: Bent
    points: Floats
    ref_to_pred_mm: Floats

    @property
    def error_mm(self) -> float:
        """Mean distance in mm; published as NMSE, though it is neither squared nor normalised."""
        return float(self.ref_to_pred_mm.mean())

    def doubts(self, name: str) -> list[str]:
        """Doubts about the region, one line each."""
        found = []
        if not self.rigid.converged:
            found.append(f"{name}: the rigid alignment still moved after {self.rigid.updates} updates")
        if self.bent.left_out_share > _FEW_LEFT_OUT:
            found.append(
                f"{name}: {self.bent.left_out_share:.0%} of the region was left out of a solve, more than 1 unit from "
                "the prediction: does that, or its mask, end inside the region?"
            )
        return found


def _nearest_vertices(vertices: Floats, keypoints: Floats, mm_per_unit: float) -> tuple[Ints, Floats]:
    from scipy.spatial import cKDTree

    if not len(keypoints):
        return np.empty(0, np.int64), np.empty(0)
    distances, indices = cKDTree(vertices).query(keypoints)
    return np.asarray(indices, np.int64), np.asarray(distances) * mm_per_unit


def _doubts_about_reach(name: str, which: tuple[int, ...], away_mm: Floats) -> tuple[str, ...]:
    far = [(keypoint, mm) for keypoint, mm in zip(which, away_mm.tolist(), strict=True) if mm > _REACHED_MM]
    if not far:
        return ()
    listed = ", ".join(f"{keypoint} ({mm:.1f} mm)" for keypoint, mm in far)
    return (
        f"{name}: the region does not reach keypoint {listed}: its vertices are pulled to where the keypoints are, and "
        "the error grows with it",
    )
