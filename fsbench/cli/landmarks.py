"""`fsbench landmarks`: which vertices of a mesh are its landmarks, and how to transfer them to another mesh."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsbench.cli.messages import put, say

if TYPE_CHECKING:
    from fsbench.core.mesh import Floats, Mesh
    from fsbench.geometry.transfer import Transfer
    from fsbench.io.landmark_places import Places

_ORDERS = click.Choice(["7", "51", "68"])
_FORMS = click.Choice(["vertices", "triangles", "points"])
_MOST_DOUBTS = 12
# Of the mesh's size; ours: landmarks lie on the skin, and within 1 % of a sparse mesh's vertices.
_FAR_OFF = 0.05

_points = click.option("--points", type=_ORDERS, help="Only NoW's 7 or iBUG's 51 of them.  [default: all]")
_form = click.option("--form", type=_FORMS, default="vertices", show_default=True,
                     help="Vertex numbers, [triangle, w1, w2], or [x, y, z].")  # fmt: skip


@click.group("landmarks")
def command() -> None:
    """Landmarks of meshes: of known topologies, transferred to others, and pictures of them.

    Numbers count from 0, as vertices stand in the file. A file of vertex numbers is what `fsbench score ...
    --pred-landmarks FILE` takes for all meshes of one topology.
    """


@command.command("list")
def list_command() -> None:
    """The topologies whose landmarks are known: vertices, number of points, source."""
    from fsbench.io.topologies import topologies

    for one in topologies().values():
        counts = " or ".join(f"{count}" for count in one.vertices)
        put(f"{one.name:<13} {len(one.numbers):>2} points  {one.title}: {counts} vertices")
        put(f"{'':<13} from {one.source}")
        if one.note:
            put(f"{'':<13} {one.note}")


@command.command("show")
@click.argument("topology")
@_points
@click.option("-o", "--out", metavar="FILE", help="A .json to write [standard output].")
def show_command(topology: str, points: str | None, out: str | None) -> None:
    """The vertices that are the landmarks of TOPOLOGY, in iBUG's order."""
    from fsbench.io.landmark_places import Places, write_places
    from fsbench.io.topologies import topology_called

    known = topology_called(topology)
    places = _reduced(Places(known.numbers), points)
    if out is None:
        put(places.text(), nl=False)
    else:
        write_places(Path(out), places)
    say(f"{known.title}: {len(places)} of iBUG's 68 points, from {known.source}")
    if known.note:
        say(f"note: {known.note}")


@command.command("convert")
@click.argument("file")
@click.option("-o", "--out", required=True, metavar="FILE", help="A .json to write.")
@click.option(
    "--mesh", metavar="MESH", help="A mesh that the landmarks are of, to look at; without it they keep their form."
)
@_form
@_points
def convert_command(file: str, out: str, mesh: str | None, form: str, points: str | None) -> int:
    """Write the landmarks in FILE in another form.

    FILE is a list of vertex numbers, of [triangle, w1, w2] as REALY's keypoints, of points, or FLAME's embedding
    (flame_static_embedding.pkl or landmark_embedding.npy), which its licence lets nobody ship: convert your own copy. A
    pickle is read and not run. Exit code 1: they are far off the mesh.
    """
    from fsbench.core.errors import UsageError
    from fsbench.io.landmark_places import read_places, write_places

    places, doubts = _reduced(read_places(file), points), []
    if mesh is not None:
        doubts = _doubts_about_place(places, mesh)
    if places.form != form:
        if mesh is None:
            raise UsageError(
                f"{file}: holds {places.form}; to write {form}, give the mesh with --mesh, or --form {places.form}"
            )
        places = _in_form(places, form, mesh)
    write_places(Path(out), places)
    say(f"wrote {len(places)} landmarks as {form} to {out}")
    for doubt in doubts:
        say(f"warning: {file}: {doubt}")
    return int(bool(doubts))


@command.command("transfer")
@click.option("--from", "source", required=True, metavar="MESH", help="The mesh that has landmarks.")
@click.option("--landmarks", metavar="FILE", help="Its landmarks, or a topology  [default: by its number of vertices].")
@click.option("--to", "target", required=True, metavar="MESH", help="The mesh that shall have them.")
@click.option("-o", "--out", required=True, metavar="FILE", help="A .json to write.")
@click.option("--start", metavar="FILE", help="Seven landmarks of --to in NoW's order, by hand: a better start.")
@click.option("--picture", metavar="PNG", help="Also draw the result.")
@_form
@_points
def transfer_command(
    source: str,
    landmarks: str | None,
    target: str,
    out: str,
    start: str | None,
    picture: str | None,
    form: str,
    points: str | None,
) -> int:
    """Find the landmarks of one mesh on another of any topology.

    A search over rotations and sizes aligns the meshes, so frames and units may differ; then one is bent onto the
    other, and the nearest places are taken. Two meshings of one shape agree within 1 mm, two people within some
    2 mm inside the face and 4 mm at the jaw: seven points picked by hand (--start) help, and look at the picture.
    """
    from fsbench.core.errors import AlignmentError, MeshError
    from fsbench.geometry.face_points import doubts_about_face
    from fsbench.geometry.transfer import transfer_landmarks
    from fsbench.io import read_mesh
    from fsbench.io.landmark_places import write_places

    _refuse_endings(out, picture)
    places = _landmarks_of(source, landmarks)
    whole, marks = read_mesh(source, every_vertex=True), places.on(source)
    shape = _numbered(target, form)
    try:
        found = transfer_landmarks(whole, marks, shape, _start(marks, start, target))
    except (AlignmentError, MeshError) as error:
        raise type(error)(f"{source} to {target}: {error}") from error
    warnings = [*found.warnings, *doubts_about_face(found.points, shape.vertices)]
    wanted = _rows(len(places), points)
    write_places(Path(out), _written(found, form).take(wanted))
    _report(found, shape, form, wanted)
    for warning in warnings:
        say(f"warning: {warning}; look at the picture (--picture), give seven points (--start)")
    if picture is not None:
        doubted = frozenset(wanted.index(row) for row, _ in found.doubts if row in wanted)
        _draw(picture, shape, found.points[wanted], f"{Path(target).name}: from {Path(source).name}", doubted)
    return int(bool(warnings))


@command.command("picture")
@click.argument("mesh")
@click.argument("file", required=False)
@click.option("-o", "--out", required=True, metavar="PNG")
def picture_command(mesh: str, file: str | None, out: str) -> None:
    """Draw MESH with its numbered landmarks from the front and both sides.

    FILE has the landmarks, or is the name of a topology; without it, the number of vertices says which topology it is.
    """
    from fsbench.io import read_mesh

    _refuse_endings(None, out)
    places = _landmarks_of(mesh, file)
    marks = places.on(mesh)
    _draw(out, read_mesh(mesh, every_vertex=True), marks, Path(mesh).name, frozenset())
    say(f"wrote {out}")


def _landmarks_of(mesh: str, given: str | None) -> "Places":
    """The landmarks from a file or of a topology; if neither is given, the number of vertices decides the topology."""
    from fsbench.core.errors import UsageError
    from fsbench.io import read_mesh
    from fsbench.io.landmark_places import Places, read_places
    from fsbench.io.topologies import topologies, topology_of

    if given is not None and given not in topologies():
        return read_places(given)
    shape = read_mesh(mesh, every_vertex=True)
    known = topology_of(shape.n_vertices) if given is None else topologies()[given]
    if known is None:
        raise UsageError(
            f"{mesh}: has {shape.n_vertices:,} vertices, which no known topology has (fsbench landmarks list); "
            "name a file with its landmarks"
        )
    places = Places(known.numbers)
    places.on(mesh)
    if given is None:
        say(f"{mesh}: {shape.n_vertices:,} vertices: taken for {known.title}")
    for doubt in known.doubts(shape):
        say(f"warning: {mesh}: {doubt}: is it {known.title}?")
    return places


def _reduced(places: "Places", points: str | None) -> "Places":
    return places.take(_rows(len(places), points))


def _rows(n: int, points: str | None) -> list[int]:
    """The rows of n landmarks that the user asks for; by default all."""
    from fsbench.core.errors import AlignmentError, UsageError
    from fsbench.geometry.face_points import order_of

    if points is None:
        return list(range(n))
    try:
        return [int(row) for row in order_of(n, int(points))]
    except AlignmentError as error:
        raise UsageError(f"--points {points}: {error}") from error


def _doubts_about_place(places: "Places", mesh: str) -> list[str]:
    """Whether landmarks are far off the mesh; its errors if it has no such vertex or triangle."""
    import numpy as np

    from fsbench.io import read_mesh

    marks, corners = places.on(mesh), read_mesh(mesh, every_vertex=True).vertices
    off = max(float(np.linalg.norm(corners - mark, axis=1).min()) for mark in marks)
    size = float(np.linalg.norm(np.ptp(corners, axis=0)))
    if off <= _FAR_OFF * size:
        return []
    read_as = "; they were read as points, as not every row is [triangle, w1, w2]" if places.form == "points" else ""
    return [f"up to {off:.3g} off the mesh, {off / size:.0%} of its size: are they in its frame and unit{read_as}?"]


def _in_form(places: "Places", form: str, mesh: str) -> "Places":
    from fsbench.geometry.nearest import NearestSurface
    from fsbench.io.landmark_places import Places

    shape, marks = _numbered(mesh, form), places.on(mesh)
    if form == "points":
        return Places(points=marks)
    nearest = NearestSurface(shape).closest(marks)
    say(f"the landmarks are up to {nearest.distances.max():.3g} off the surface, in the unit of {mesh}")
    if form == "triangles":
        return Places(triangles=nearest.faces, weights=nearest.weights)
    corners = shape.faces[nearest.faces]
    gaps = ((shape.vertices[corners] - marks[:, None]) ** 2).sum(2)
    say(f"vertices are up to {gaps.min(1).max() ** 0.5:.3g} away from them")
    return Places(tuple(int(row[gap.argmin()]) for row, gap in zip(corners, gaps, strict=True)))


def _numbered(path: str, form: str) -> "Mesh":
    """The mesh with its triangles; if vertices are asked for, of a format that has their numbers."""
    from fsbench.core.errors import MeshError
    from fsbench.io import read_mesh, read_vertices

    if form == "vertices":
        read_vertices(path, (0,))
    shape = read_mesh(path, every_vertex=True)
    if not shape.n_faces:
        raise MeshError(f"{path}: has no triangles: a surface is needed to look places up on")
    return shape


def _start(marks: "Floats", file: str | None, target: str) -> "tuple[Floats, Floats] | None":
    """Seven points of the source and of the target."""
    from fsbench.core.errors import AlignmentError, UsageError
    from fsbench.geometry.face_points import order_of
    from fsbench.io.landmark_places import read_places

    if file is None:
        return None
    picked = read_places(file).on(target)
    if len(picked) != 7:
        raise UsageError(f"--start {file}: holds {len(picked)} points, expected 7 in NoW's order")
    try:
        return marks[order_of(len(marks), 7)], picked
    except AlignmentError as error:
        raise UsageError(f"--start {file}: the seven points of --from are not known: {error}") from error


def _written(found: "Transfer", form: str) -> "Places":
    from fsbench.io.landmark_places import Places

    if form == "vertices":
        return Places(tuple(found.vertices.tolist()))
    return Places(points=found.points) if form == "points" else Places(triangles=found.faces, weights=found.weights)


def _report(found: "Transfer", shape: "Mesh", form: str, rows: list[int]) -> None:
    import numpy as np

    how = "after bending" if found.bent else "by a similarity alone: one shape in two meshings"
    share = found.residual_rms / found.spread
    say(
        f"{len(rows)} landmarks; the surfaces are {found.residual_rms:.3g} apart ({share:.1%} of the "
        f"landmarks' spread), {how}"
    )
    if form == "vertices":
        gaps = np.linalg.norm(shape.vertices[found.vertices[rows]] - found.points[rows], axis=1)
        say(f"the nearest vertices are up to {gaps.max():.3g} from the places: --form triangles keeps these")
    doubts = [(rows.index(row), text) for row, text in found.doubts if row in rows]
    for row, text in doubts[:_MOST_DOUBTS]:
        say(f"doubtful: landmark {row}: {text}")
    if len(doubts) > _MOST_DOUBTS:
        say(f"doubtful: and {len(doubts) - _MOST_DOUBTS} more")


def _draw(out: str, shape: "Mesh", marks: "Floats", title: str, doubted: frozenset[int]) -> None:
    from fsbench.core.visible import visible
    from fsbench.report.landmark_picture import landmark_picture
    from fsbench.runs.files import write_atomically

    write_atomically(Path(out), landmark_picture(shape, marks, visible(title), doubted))


def _refuse_endings(out: str | None, picture: str | None) -> None:
    """Refuse wrong names before the work."""
    from fsbench.core.errors import UsageError

    for name, option, ending in ((out, "-o", ".json"), (picture, "--picture" if out else "-o", ".png")):
        if name is not None and Path(name).suffix.lower() != ending:
            raise UsageError(f"{option} {name}: the file's name should end in {ending}")
