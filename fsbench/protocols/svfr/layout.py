"""Clouds and predictions in folders like those of the zip, PERSON/SEQUENCE_TIMESTEP_CAMERA."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.patterns import require_inside
from fsbench.core.spec import Sample, Spec
from fsbench.io import MESH_SUFFIXES
from fsbench.io.folders import landmarks_called, with_an_ending
from fsbench.io.names import distinct, named, spellings
from fsbench.protocols.files import ReferenceFiles, SampleFiles

SUBTASKS = ("posed", "neutral")


def list_samples(spec: Spec, root: Path, settings: Any) -> tuple[SampleFiles, ...]:
    """A sample for each image and subtask with a cloud, IMAGE/posed or IMAGE/neutral.

    A cloud is IMAGE/cloud_posed.ply or IMAGE/cloud_neutral.ply, with landmarks_posed.npy or landmarks_neutral.npy
    beside it; PERSON/cloud_neutral.ply serves all images of a person that have no neutral cloud of their own.
    """
    cases = [case for image in images_of(spec) for subtask in SUBTASKS if (case := _case(root, image, subtask))]
    if not cases:
        raise UsageError(f"{root}: there is no cloud of an image here; get them from {spec.where}")
    return tuple(cases)


def images_of(spec: Spec) -> Iterator[str]:
    """PERSON/SEQUENCE_TIMESTEP_CAMERA of every image; FormatError if the specification does not list them so."""
    images = spec.raw["samples"].get("images")
    try:
        if not isinstance(images, list) or not images or len(set(images)) < len(images):
            raise ValueError("[samples] images is expected to be a list of images, each once")
        for image in images:
            if require_inside(image).count("/") != 1 or image.count("_") < 2:
                raise ValueError(f"the image {image!r}: expected PERSON/SEQUENCE_TIMESTEP_CAMERA")
    except (TypeError, ValueError) as error:
        raise FormatError(f"specification {spec.name}: {error}") from None
    yield from images


def _case(root: Path, image: str, subtask: str) -> SampleFiles | None:
    """The sample, if there is a cloud of it."""
    person, _, name = image.partition("/")
    meshes = _clouds(root, spellings(image), subtask)
    if not meshes and subtask == "neutral":
        meshes = _clouds(root, spellings(person), subtask)
    if not meshes:
        return None
    marks = meshes[0].with_name(f"landmarks_{subtask}")
    about = {"sample": meshes[0].relative_to(root).with_suffix("").as_posix()}
    scan = ReferenceFiles(meshes, about, landmarks_called(marks.parent, marks.name), with_an_ending(marks))
    sample = f"{image}/{subtask}"
    sequence = name.rsplit("_", 2)[0].partition("-")[0]
    bins = {"subject": person, "subtask": subtask, "sequence": sequence}
    predictions = tuple(f"{spelt}/mesh_{subtask}" for spelt in spellings(image))
    names = {"sample": sample, "image": image, **bins}
    return SampleFiles(Sample(sample, bins), (scan,), predictions, names, f"landmarks_{subtask}")


def _clouds(root: Path, places: tuple[str, ...], subtask: str) -> tuple[Path, ...]:
    """All files that could be the cloud; the reader refuses several."""
    there = [place for place in places if (root / place).is_dir()]
    names = (f"{place}/cloud_{subtask}{ending}" for place in there for ending in MESH_SUFFIXES)
    return distinct(path for name in names for path in named(root, name))
