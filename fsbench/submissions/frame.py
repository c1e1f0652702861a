"""Frame: adapter for the user's own method, from a named frame and a few options."""

from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.arrays import as_floats
from fsbench.core.choices import MESH_SUFFIXES
from fsbench.core.errors import FormatError, MeshError, MissingError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.io.names import named, the_file
from fsbench.io.unread import instead_of
from fsbench.submissions import steps
from fsbench.submissions.adapter import (
    ExpectedFile,
    check_call,
    check_focal,
    in_pattern,
    placed,
    placed_points,
    read_beside,
    read_prediction,
)
from fsbench.submissions.sidefiles import affine, as_affine

FRAMES = ("pixels", "ortho", "cv", "gl")
FLIPS = ("x", "y", "z", "faces")
TFORM_SUFFIXES = (".npy", ".txt")

_PINHOLE = (
    "P = V with the axes of --flip mirrored; y, z * -1 for gl. In the lab without --focal: all * 3 / (max y - min y). "
    "Else with F = --focal, s the scale of the crop and m = mean z: turned and moved in x and y as the crop was, at "
    "depth m; then as cv with focal length F s."
)
_TEXT = {
    "pixels": {
        "Frame": "Pixels of the image that the network saw: x right from the left edge, y up from the bottom edge, z "
        "towards the viewer.",
        "Formula": "P = V * unit; P / (size / 2); x, y - 1; the axes of --flip mirrored; through the inverse of "
        "--tform or --crop to the 256 px image, z by its scale; then as ortho.",
    },
    "ortho": {
        "Frame": "x right, y up, z towards the viewer; the image that the network saw is [-1, 1]^2.",
        "Formula": "P = V * unit; the axes of --flip mirrored; through the inverse of --tform or --crop to the 256 px "
        "image, z by its scale; then as ortho.",
    },
    "cv": {"Frame": "Camera at the origin: x right, y down, z away from it; any unit.", "Formula": _PINHOLE},
    "gl": {"Frame": "Camera at the origin: x right, y up, z towards the viewer; any unit.", "Formula": _PINHOLE},
}


@dataclass(frozen=True, slots=True)
class Frame:
    """Adapter for meshes of any method in a named frame.

    Parameters
    ----------
    frame : str
        "pixels": pixels of the network's image, x right from the left edge, y up from the bottom edge, z towards the
        viewer. "ortho": x right, y up, z towards the viewer, the network's image is [-1, 1]^2. "cv": camera at the
        origin, x right, y down, z away from it. "gl": camera at the origin, x right, y up, z towards the viewer.
    unit : float
        Length of one unit of the file in units of the frame: 224 turns [0, 1] into pixels of a 224 px image. Has no
        effect in cv and gl, where scaling about the camera changes nothing.
    flip : tuple of str
        Axes to mirror first, of "x", "y", "z": at the middle of the image in pixels, at the origin elsewhere.
        An odd number of them turns the faces over too, as a mirror does; "faces" turns them over once more.
    crop : (x0, y0, x1, y1), optional
        Box of the 256 px image that became the network's image, in pixels, y down from the top left corner; the same
        for all samples. It may reach over the edge.
    tform : str, optional
        Name of a file for each sample, .npy or .txt, that holds the affine (3, 3) from pixels of the 256 px image to
        pixels of the network's image, both y down from the top left corner. Not together with `crop`.
    size_px : float, optional
        Side of the network's square image; 256 without it. Needed with `tform`, and with `crop` except in ortho: with a
        forgotten size the mesh would be scored in the wrong place. Without `crop` and `tform` the network's image is
        the 256 px image resized.
    own_focal_px : float, optional
        For cv and gl: focal length of the mesh's own camera in pixels of the network's image; its axis goes through the
        middle of that image. In the wild it is needed. In the lab None means that the mesh stands before the
        benchmark's own camera.
    pattern : str
        Name of the mesh file; `{sample:d}` is the number without leading zeros (1.obj). Without a suffix: .obj, .ply,
        .stl or .off, whichever is there.

    Raises
    ------
    UsageError
        If an option is not as described.

    Examples
    --------
    >>> Frame("pixels", crop=(16, 16, 240, 240), size_px=224).settings()["crop"]
    [16.0, 16.0, 240.0, 240.0]
    """

    frame: str
    unit: float = 1.0
    flip: tuple[str, ...] = ()
    crop: tuple[float, float, float, float] | None = None
    tform: str | None = None
    size_px: float | None = None
    own_focal_px: float | None = None
    pattern: str = "{sample}"

    def __post_init__(self) -> None:
        if self.frame not in FRAMES:
            raise UsageError(f"there is no frame {self.frame!r}; frames are {', '.join(FRAMES)}")
        for name, value in (("unit", self.unit), ("size", self.size_px), ("focal", self.own_focal_px)):
            if value is not None and not (isfinite(value) and value > 0):
                raise UsageError(f"{name} {value}: expected a positive number")
        unknown = [axis for axis in self.flip if axis not in FLIPS]
        if isinstance(self.flip, str) or unknown or len(set(self.flip)) < len(self.flip):
            raise UsageError(f"flip {self.flip!r}: expected some of {', '.join(FLIPS)}, each once at most")
        self._check_patterns()
        self._check_crop()
        if self.own_focal_px is not None and not self.is_pinhole:
            raise UsageError(f"{self.frame} has no perspective: a focal length belongs to cv and gl")
        if self.is_pinhole and self.own_focal_px is None and (self.crop is not None or self.tform is not None):
            raise UsageError(
                f"{self.frame} with a crop needs the focal length of the network's camera, in pixels of its image "
                "(--focal): a mesh that already stands before the camera of the whole image needs no crop"
            )

    def _check_patterns(self) -> None:
        for what, pattern in (("pattern", self.pattern), ("tform", self.tform)):
            if pattern is None:
                continue
            if (
                not ("{sample}" in pattern or "{sample:d}" in pattern)
                or Path(pattern).name != pattern
                or "\\" in pattern
                or "\0" in pattern
            ):
                raise UsageError(f"{what} {pattern!r}: expected a file name with {{sample}} in it, without a folder")
        if self.tform is not None and Path(self.tform).suffix.lower() not in TFORM_SUFFIXES:
            raise UsageError(f"tform {self.tform!r}: expected a name that ends in {' or '.join(TFORM_SUFFIXES)}")
        suffix = Path(in_pattern(self.pattern, "0")).suffix.lower()
        if suffix and suffix not in MESH_SUFFIXES:
            raise UsageError(f"pattern {self.pattern!r}: meshes end in {', '.join(MESH_SUFFIXES)}")

    def _check_crop(self) -> None:
        if self.size_px is None and (self.tform is not None or (self.crop is not None and self.frame != "ortho")):
            what = "crop" if self.tform is None else "tform"
            raise UsageError(f"a {what} needs the side of the network's image in pixels, e.g. --size 224")
        if self.crop is None:
            return
        if self.tform is not None:
            raise UsageError("crop and tform exclude each other: the tform says where the crop was")
        if len(self.crop) != 4 or not all(isfinite(value) for value in self.crop):
            raise UsageError(f"crop {self.crop}: expected four numbers x0,y0,x1,y1 in pixels of the 256 px image")
        object.__setattr__(self, "crop", tuple(float(value) for value in self.crop))
        x0, y0, x1, y1 = self.crop
        if not (x0 < x1 and y0 < y1):
            raise UsageError(
                f"crop {x0:g},{y0:g},{x1:g},{y1:g}: expected x0 < x1 and y0 < y1; y runs down from the top edge"
            )

    @property
    def name(self) -> str:
        """Name of the frame."""
        return self.frame

    @property
    def is_pinhole(self) -> bool:
        """Whether the frame has perspective."""
        return self.frame in ("cv", "gl")

    @property
    def net_px(self) -> float:
        """Side of the network's image."""
        return steps.IMAGE_PX if self.size_px is None else self.size_px

    def files(self, sample: str) -> tuple[ExpectedFile, ...]:
        """Files read for `sample`, the mesh first."""
        mesh = ExpectedFile(self._mesh_names(sample), is_mesh=True, is_shared=False)
        if self.tform is None:
            return (mesh,)
        return mesh, ExpectedFile((in_pattern(self.tform, sample),), is_mesh=False, is_shared=False)

    def load(self, folder: str | Path, sample: str, focal_px: float | None = None) -> Mesh:
        """Read a prediction and place it in the benchmark's camera frame.

        Raises
        ------
        MissingError
            If there is no mesh for the sample.
        FormatError
            If a file cannot be read, there are two meshes for the sample, or its tform is absent.
        MeshError
            If the mesh is unusable, or stands behind the camera (cv, gl).
        UsageError
            If cv or gl is asked for in the wild without a focal length; else as `Adapter.load`.
        """
        check_call(folder, sample, focal_px)
        self.check_benchmark(in_the_lab=focal_px is not None)
        path = self._find(Path(folder), sample)
        mesh = read_prediction(path)
        image_from_net = self._image_from_net(path, sample)
        turned = (len({"x", "y", "z"} & set(self.flip)) + ("faces" in self.flip)) % 2 == 1
        return placed(path, mesh, lambda v: self._place(v, focal_px, image_from_net), turned)

    def apply(
        self,
        vertices: "npt.ArrayLike",
        *,
        sample: str = "",
        tform: "npt.ArrayLike | None" = None,
        focal_px: float | None = None,
    ) -> Floats:
        """Place vertices in the benchmark's camera frame, as `load` does with a file: for arrays in memory.

        Parameters
        ----------
        vertices : array_like or tensor, (V, 3)
            In this frame.
        sample : str
            Its name in messages.
        tform : array_like, (3, 3), optional
            The sample's affine from pixels of the 256 px image to pixels of the network's image, both y down; needed
            where the frame has a `tform`, as no file is read.
        focal_px : float, optional
            Focal length of the benchmark's camera in the lab; None in the wild.

        Returns
        -------
        ndarray, (V, 3)
            Faces are not changed: turn them over yourself where `flip` does.

        Raises
        ------
        UsageError
            If a tform is given that the frame does not use, or one that it needs is absent, or the focal length is not
            positive; else as `check_benchmark`.
        FormatError
            If the tform is no invertible affine.
        MeshError
            If vertices are no array, of another shape, not finite, out of any range, or behind the camera (cv, gl).
        """
        name = sample or "vertices"
        check_focal(focal_px)
        self.check_benchmark(in_the_lab=focal_px is not None)
        if (tform is None) != (self.tform is None):
            what = "needs tform, the affine (3, 3) of the sample" if tform is None else "was made without a tform"
            raise UsageError(f"{name}: this frame {what}")
        points = as_floats(vertices, f"{name}: vertices" if sample else name)
        if points.ndim != 2 or points.shape[1] != 3 or not len(points) or not np.isfinite(points).all():
            raise MeshError(f"{name}: found shape {points.shape}, expected finite numbers of shape (V, 3)")
        image_from_net = self._image_from_box()
        if tform is not None:
            image_from_net = steps.inverse(as_affine(as_floats(tform, f"{name}: tform"), f"{name}: tform"))
        return placed_points(name, points, lambda v: self._place(v, focal_px, image_from_net))

    def settings(self) -> dict[str, Any]:
        """Every option, for a run's manifest, in JSON's types, so that the same options read back are equal."""
        options = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}
        return {"adapter": options.pop("frame"), **options}

    def check_benchmark(self, *, in_the_lab: bool) -> None:
        """Refuse cv and gl without a focal length in the wild, where there is no pinhole camera (UsageError)."""
        if self.is_pinhole and self.own_focal_px is None and not in_the_lab:
            raise UsageError(
                f"{self.frame} in the wild needs the focal length of your camera in pixels of its image (--focal): "
                "without it the place of the mesh in the image is unknown"
            )

    @property
    def text(self) -> dict[str, str]:
        """Description by heading."""
        return {**_TEXT[self.frame], "Source": "Your own method; docs/own-method.md says how to choose the options."}

    def _mesh_names(self, sample: str) -> tuple[str, ...]:
        name = in_pattern(self.pattern, sample)
        if Path(in_pattern(self.pattern, "0")).suffix:
            return (name,)
        return tuple(name + suffix for suffix in MESH_SUFFIXES)

    def _find(self, folder: Path, sample: str) -> Path:
        names = self._mesh_names(sample)
        found = [path for name in names for path in named(folder, name)]
        found = found or [folder / name for name in names if (folder / name).exists()]
        if len(found) > 1:
            both = " and ".join(path.name for path in found)
            raise FormatError(
                f"{folder}: {both} are both there for sample {sample}; which one is meant? "
                "Remove one or name it with --pattern"
            )
        if not found and len(names) > 1:
            stem, endings = folder / in_pattern(self.pattern, sample), ", ".join(MESH_SUFFIXES)
            there = instead_of(folder, *names)
            raise MissingError(f"no prediction: {stem} is not there, with any ending of {endings}{there}")
        return found[0] if found else folder / names[0]

    def _image_from_net(self, path: Path, sample: str) -> Floats:
        """Affine (3, 3) from pixels of the network's image to pixels of the 256 px image, both y down."""
        if self.tform is not None:
            beside = the_file(path.parent, in_pattern(self.tform, sample))
            return steps.inverse(read_beside(path, beside, lambda: affine(beside, sample)))
        return self._image_from_box()

    def _image_from_box(self) -> Floats:
        x0, y0, x1, y1 = self.crop or (0.0, 0.0, steps.IMAGE_PX, steps.IMAGE_PX)
        sx, sy = (x1 - x0) / self.net_px, (y1 - y0) / self.net_px
        return np.array([[sx, 0.0, x0], [0.0, sy, y0], [0.0, 0.0, 1.0]])

    def _place(self, vertices: Floats, focal_px: float | None, image_from_net: Floats) -> Floats:
        x, y, z = (-1.0 if axis in self.flip else 1.0 for axis in "xyz")
        half_px = self.net_px / 2
        points = vertices * self.unit
        if self.frame == "pixels":
            points = steps.ortho_from_pixels(points, half_px)
        points = steps.scaled(points, x, y, z)
        if not self.is_pinhole:
            if self.crop is None and self.tform is None:
                return steps.camera_from_ortho(points, focal_px)
            scale = float(np.sqrt(abs(np.linalg.det(image_from_net[:2, :2]))))
            return steps.camera_from_ortho(steps.unwarp_ortho(points, image_from_net, half_px, scale), focal_px)
        seen = steps.cv_from_gl(points) if self.frame == "gl" else points
        if not seen[:, 2].min() > 0:
            n_behind, other = int((seen[:, 2] <= 0).sum()), "gl" if self.frame == "cv" else "cv"
            raise MeshError(
                f"{n_behind} of {len(seen)} vertices are not before the camera: in {self.frame} what is seen has "
                f"z {'< 0' if self.frame == 'gl' else '> 0'}. Is it {other}?"
            )
        if self.own_focal_px is None:
            return steps.with_y_extent(seen)
        centred, own_focal_px = steps.unwarp_pinhole(seen, image_from_net, half_px, self.own_focal_px)
        return steps.camera_from_cv(centred, focal_px, own_focal_px)
