"""The files of a FaceScape benchmark, read from its specification and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fsbench.core.errors import FormatError
from fsbench.core.patterns import require_inside, require_pattern
from fsbench.core.spec import Sample, Spec
from fsbench.protocols.facescape.protocol import ALIGNMENTS, METRICS


@dataclass(frozen=True, slots=True)
class Predef:
    """An array with one row per position on an axis of the benchmark."""

    file: str
    axis: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FaceScapeFiles:
    """Files under the root; patterns take the sample's position on every axis.

    Attributes
    ----------
    align : str
        Depth alignment of the benchmark.
    mesh : str
        Pattern of the reference meshes.
    camera : str, optional
        Pattern of the pinhole cameras; None in the wild.
    predictions : str
        Folder of the public layout that holds one folder per method.
    rotation, head_center, mm_per_unit : Predef
        Of the head frame, and millimetres per unit of the reference; the last is None in the lab.
    predef_digest : str
        Of these arrays as published, see `FaceScapeReferences.digest`; empty where every user has others.
    """

    align: str
    mesh: str
    camera: str | None
    predictions: str
    rotation: Predef
    head_center: Predef
    mm_per_unit: Predef | None
    predef_digest: str

    @classmethod
    def of(cls, spec: Spec) -> "FaceScapeFiles":
        """Read them from a specification.

        Raises
        ------
        FormatError
            If a key is missing or not valid.
        """
        try:
            files = cls._read(spec.raw)
        except KeyError as error:
            raise FormatError(f"specification {spec.name}: the key {error} is missing or unknown") from None
        except (ValueError, TypeError, AttributeError, IndexError) as error:
            raise FormatError(f"specification {spec.name}: {error}") from None
        return files

    @classmethod
    def _read(cls, raw: Mapping[str, Any]) -> "FaceScapeFiles":
        reference, axes = raw["reference"], raw["samples"]["axes"]
        if taken := set(raw.get("bins", {})) & set(METRICS):
            raise ValueError(f"bins may not be called {', '.join(sorted(taken))}: the metrics are")
        if raw["align"] not in ALIGNMENTS:
            raise ValueError(f"align is {raw['align']!r}, expected one of {', '.join(ALIGNMENTS)}")
        predef = {
            key: Predef(require_inside(entry["file"]), str(entry["axis"]), tuple(int(n) for n in entry["shape"]))
            for key, entry in raw["predef"].items()
        }
        for key, entry in predef.items():
            if entry.axis not in axes:
                raise ValueError(f"predef.{key} is by the axis {entry.axis!r}; there are {', '.join(axes)}")
        mesh = require_inside(require_pattern(reference["mesh"], axes))
        camera = require_inside(require_pattern(reference["camera"], axes)) if "camera" in reference else None
        return cls(
            raw["align"],
            mesh,
            camera,
            str(raw["predictions"]),
            predef["rotation"],
            predef["head_center"],
            None if camera else predef["mm_per_unit"],
            str(raw.get("predef_digest", "")),
        )

    def of_sample(self, sample: Sample) -> list[str]:
        """The sample's own reference files."""
        patterns = [self.mesh] if self.camera is None else [self.mesh, self.camera]
        return [pattern.format(**sample.index) for pattern in patterns]
