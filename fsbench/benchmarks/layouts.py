"""Folder layouts for any protocol; the layouts of one data set are in its protocol's folder."""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from fsbench.core.errors import UsageError
from fsbench.core.patterns import require_inside
from fsbench.core.spec import Sample, Spec
from fsbench.io import MESH_SUFFIXES
from fsbench.io.folders import files_below
from fsbench.io.names import composed, shown
from fsbench.io.unread import why_not_read
from fsbench.protocols.files import ReferenceFiles, SampleFiles

Lister = Callable[[Spec, Path, Any], tuple[SampleFiles, ...]]


def list_pairs(spec: Spec, root: Path, settings: Any) -> tuple[SampleFiles, ...]:
    """Every mesh under the root is a sample, named by its path."""
    stems: dict[str, Path] = {}
    for path in files_below(root, MESH_SUFFIXES):
        stem = composed(path.relative_to(root).with_suffix("").as_posix())
        if stem in stems:
            raise UsageError(f"{root}: {stems[stem].name} and {path.name} would both be the scan {stem}")
        stems[stem] = path
    if not stems:
        why = next((f"; {path.name}: {why}" for path in sorted(root.iterdir()) if (why := why_not_read(path.name))), "")
        raise UsageError(f"{root}: there is no mesh here ({', '.join(MESH_SUFFIXES)}){why}")
    found = []
    for stem, path in stems.items():
        names = {"sample": stem, "stem": PurePosixPath(stem).name}
        found.append(SampleFiles(Sample(shown(stem), {}), (ReferenceFiles((path,), names),), (stem,), names))
    return tuple(found)


LAYOUTS: dict[str, Lister] = {"pairs": list_pairs}


def require_names_inside(raw: Mapping[str, Any]) -> None:
    """Raise ValueError if a name in a specification leads out of the folders of references and predictions."""
    require_inside(raw["samples"]["listed"])
    for key, name in raw["samples"].get("conditions", {}).items():
        require_inside(key), require_inside(name)
