"""A look at the data that benchmarks are built from: what is there, whether it is whole, and in which unit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsbench.build.facescape import predef
from fsbench.build.facescape.bilinear import BilinearModel, open_bilinear
from fsbench.build.facescape.captures import Captures
from fsbench.build.facescape.multiview import PARAMS, photo_of, read_alignments, read_params
from fsbench.build.facescape.tu import TuSource, TuTopology, open_tu
from fsbench.build.folder_source import FolderSource
from fsbench.build.head import Head, HeadName, Source
from fsbench.build.views import PUPIL_DISTANCE_MM
from fsbench.core.errors import FsbenchError, UsageError
from fsbench.core.visible import visible
from fsbench.io.publishable import PUBLISHABLE

USUAL_FACTOR = 0.1
"""A factor farther from 1 is said: FaceScape's millimetres are no true ones."""

_MOST_SAID = 3
_MODEL_DEPTH = 2


@dataclass(frozen=True, slots=True)
class Section:
    """What was found of one kind.

    Attributes
    ----------
    title : str
    columns : tuple of str
    rows : tuple of tuple of str
        The last column is free text; the others are short.
    remarks : tuple of str
    n_faults : int
        Things that a build would leave out.
    """

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    remarks: tuple[str, ...] = ()
    n_faults: int = 0


def inspect(
    root: Path, every: bool = False, landmarks: Path | None = None, topology: TuTopology | None = None
) -> Iterator[Section]:
    """Look at a folder, or at the file of a bilinear model.

    Parameters
    ----------
    root : Path
    every : bool
        Read every head, not the first of each subject alone.
    landmarks : Path, optional
        Of all heads, if they are no TU models.
    topology : TuTopology, optional
        Of TU models, if not FaceScape's.

    Raises
    ------
    UsageError
        If nothing is there that a benchmark could be built from.
    """
    found = False
    if root.is_dir():
        for section in (
            *_of_tu(root, every, landmarks, topology),
            *_of_captures(root),
            *_of_predef(root, (topology or TuTopology.facescape()).n_vertices),
        ):
            found = True
            yield section
    for section in _of_models(root):
        found = True
        yield section
    if not found:
        yield _of_heads(f"heads in {root.name}", FolderSource(root, None, landmarks), every)


def _of_tu(root: Path, every: bool, landmarks: Path | None, topology: TuTopology | None) -> Iterator[Section]:
    try:
        source = open_tu(root, None, landmarks, topology=topology)
    except FsbenchError as error:
        yield Section("FaceScape TU models", remarks=(str(error),), n_faults=1)
        return
    if source is None:
        return
    tree, lacking = source.tree, source.tree.lacking()
    rows, n_faults = [], 0
    for subject in tree.subjects:
        names = [name for name in tree.meshes if name.subject == subject]
        read, faults = _read(source, names if every else names[:1])
        faults += [f"lacks {_few(lacking[subject])}"] if subject in lacking else []
        n_faults += len(faults)
        said = [*faults, *dict.fromkeys(note for head in read for note in head.notes), *_unit(read)]
        textures = "-" if not read else "yes" if all(head.textures for head in read) else "no"
        shown = "yes" if source.publishable is not None and subject in source.publishable else "no"
        cells = (subject, str(len(names)), str(_n_maps(source, names)), textures, shown, *_pupils(read))
        rows.append((*cells, "; ".join(said)))
    columns = ("subject", "heads", "maps", "texture", "publish", "pupils", "factor", "remarks")
    remarks = [f"{len(tree.subjects)} subjects, {len(tree.meshes)} heads; pupils: mean of the landmarks of each eye"]
    remarks += (
        [] if source.mask is not None else [f"no face mask ({predef.MASK}): references are whole heads, or --cut"]
    )
    remarks += [] if source.publishable is not None else [_NO_LIST]
    remarks += [f"{len(tree.odd)} meshes have other names, e.g. {tree.odd[0]}"] if tree.odd else []
    yield Section("FaceScape TU models", columns, tuple(rows), tuple(remarks), n_faults)


_NO_LIST = f"no {PUBLISHABLE}: pictures of nobody may be published, so built images are grey without --private"


def _n_maps(source: TuSource, names: Sequence[HeadName]) -> int:
    n = 0
    for name in names:
        try:
            n += source.tree.map_of(name) is not None
        except FsbenchError:
            continue
    return n


def _of_heads(title: str, source: Source, every: bool) -> Section:
    names = list(source.names())
    first: dict[str, HeadName] = {}
    for name in names:
        first.setdefault(name.subject, name)
    rows, n_faults = [], 0
    for name in names if every else first.values():
        read, faults = _read(source, [name])
        n_faults += len(faults)
        notes = read[0].notes if read else ()
        n_faces = str(len(read[0].triangles)) if read else "-"
        colours = "-" if not read else "yes" if read[0].textures or read[0].colours is not None else "no"
        said = "; ".join([*faults, *notes, *_unit(read)])
        rows.append((name.subject, name.expression or "-", n_faces, colours, *_pupils(read), said))
    columns = ("subject", "expression", "triangles", "colours", "pupils", "factor", "remarks")
    seen = f"{len(rows)} of {len(names)} heads were read" + ("" if every else "; --all reads every one")
    return Section(title, columns, tuple(rows), (seen,), n_faults)


def _read(source: Source, names: Sequence[HeadName]) -> tuple[list[Head], list[str]]:
    """Heads, and a sentence for each that is unusable."""
    heads, faults = [], []
    for name in names:
        try:
            heads.append(source.read(name))
        except FsbenchError as error:
            faults.append(str(error))
    return heads, faults


def _distance(head: Head) -> float:
    return float(np.linalg.norm(head.pupils[1] - head.pupils[0]))


def _pupils(heads: Sequence[Head]) -> tuple[str, str]:
    """Mean distance of the pupils in the files' unit, and the factor to pupil-normalised mm."""
    if not heads:
        return "-", "-"
    mean = float(np.mean([_distance(head) for head in heads]))
    return f"{mean:.4g}", f"{PUPIL_DISTANCE_MM / mean:.4g}" if mean > 0 else "-"


def _unit(heads: Sequence[Head]) -> list[str]:
    distances = [_distance(head) for head in heads]
    if not distances or min(distances) <= 0:
        return ["both pupils are in one place"] if distances else []
    odd = abs(PUPIL_DISTANCE_MM / float(np.mean(distances)) - 1) > USUAL_FACTOR
    return ["the unit is no millimetre"] if odd else []


def _of_captures(root: Path) -> Iterator[Section]:
    captures = Captures.find(root, root)
    if not captures.folders:
        return
    rows, n_faults = [], 0
    for name, folder in captures.folders.items():
        cells, faults = _of_capture(folder)
        has_mesh = "yes" if name in captures.meshes else "no"
        rows.append((name.subject, name.expression, *cells[:-1], has_mesh, cells[-1]))
        n_faults += faults
    columns = ("subject", "expression", "views", "tall", "not valid", "damaged", "mesh", "remarks")
    remarks = ("unit: that of each capture's own reconstruction, which differs by subject and expression",)
    yield Section("multi-view captures", columns, tuple(rows), remarks, n_faults)


def _of_capture(folder: Path) -> tuple[tuple[str, ...], int]:
    """Counts of views: usable, tall, not valid, damaged; remarks; and how many faults these are."""
    try:
        found = read_params(folder / PARAMS)
    except FsbenchError as error:
        return ("-", "-", "-", "-", str(error)), 1
    n_lost = sum(not _has_photo(folder, camera.view) for camera in found.cameras)
    sizes = sorted({(camera.width, camera.height) for camera in found.cameras})
    said = [*found.notes, *(f"view {view}: {why}" for view, why in list(found.damaged.items())[:_MOST_SAID])]
    said += [f"photographs missing: {n_lost}"] if n_lost else []
    said += [f"sizes {', '.join(f'{w} x {h}' for w, h in sizes[:_MOST_SAID])}"]
    n_tall = sum(camera.height > camera.width for camera in found.cameras)
    counts = (len(found.cameras), n_tall, len(found.unreliable), len(found.damaged))
    return (*map(str, counts), "; ".join(said)), len(found.damaged) + (n_lost > 0)


def _has_photo(folder: Path, view: int) -> bool:
    try:
        photo_of(folder, view)
    except FsbenchError:
        return False
    return True


def _of_models(root: Path) -> Iterator[Section]:
    for path in _model_paths(root):
        try:
            model = open_bilinear(path)
            if model is not None:
                yield _of_model(model)
        except FsbenchError as error:
            yield Section(f"bilinear model {visible(path.name)}", remarks=(str(error),), n_faults=1)


def _model_paths(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    if not root.is_dir():
        raise UsageError(f"{root}: there is no such folder or file")
    levels = ["*", "*/*"][:_MODEL_DEPTH]
    found = [path for level in levels for path in sorted(root.glob(level)) if path.is_file()]
    return [p for p in found if p.name.startswith("core_") or (p.suffix == ".npz" and "_bm_" in p.name)]


def _of_model(model: BilinearModel) -> Section:
    neutral = model.person(model.mean)[0]
    marks = neutral[model.landmarks]
    distance = float(np.linalg.norm(marks[42:48].mean(0) - marks[36:42].mean(0)))
    remarks = (
        f"version {model.version}, {model.n_vertices} vertices, {len(model.triangles)} triangles",
        f"{len(model.mean)} numbers a person, {'no' if model.subjects is None else len(model.subjects)} subjects",
        f"pupils of the mean face {distance:.4g} apart, factor {PUPIL_DISTANCE_MM / max(distance, 1e-300):.4g}",
    )
    return Section(f"bilinear model {visible(model.path.name)}", remarks=remarks)


def _of_predef(root: Path, n_vertices: int) -> Iterator[Section]:
    """Files of FaceScape's toolkit."""
    rows: list[tuple[str, str]] = []
    n_faults = 0
    readers: tuple[tuple[str, Callable[[Path], str]], ...] = (
        (predef.LANDMARKS, lambda path: f"{len(predef.read_landmark_indices(path))} vertices of TU models"),
        (
            "sym_dict_old.npy",
            lambda path: f"{(predef.read_mirror(path, n_vertices) < 0).sum()} vertices have no mirror",
        ),
        ("Rt_scale_dict.json", lambda path: f"{len(read_alignments(path).content)} subjects"),
    )
    for name, read in readers:
        path = predef.beside(root, name)
        if path is None:
            continue
        try:
            rows.append((name, read(path)))
        except FsbenchError as error:
            rows.append((name, str(error)))
            n_faults += 1
    if rows:
        yield Section("FaceScape toolkit", ("file", "remarks"), tuple(rows), (), n_faults)


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_SAID} more" if len(names) > _MOST_SAID else ""
    return ", ".join(names[:_MOST_SAID]) + more
