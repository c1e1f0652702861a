"""`fsbench svfr`: the zip of NeRSemble's SVFR benchmark, packed and checked."""

from typing import TYPE_CHECKING

import click

from fsbench.cli.messages import put, say

if TYPE_CHECKING:
    from fsbench.submissions.svfr.checking import Report

_SHOWN = 3
_DIFFERENCES = (
    "differs from the official client (nersemble_benchmark 0.2.0): lines below `official` are not asked for by it; "
    "a damaged file is a line, where that ends with an exception; a hostile zip is refused. See docs/svfr.md"
)


@click.group("svfr")
def command() -> None:
    """Pack and check the zip for NeRSemble's single-view face reconstruction benchmark.

    `fsbench score svfr-local` measures against clouds of your own; that is local, not the leaderboard.
    """


@command.command("pack")
@click.option("--posed", type=click.Path(), help="Folder of the posed meshes.")
@click.option("--neutral", type=click.Path(), help="Folder of the neutral meshes.")
@click.option("-o", "--out", required=True, type=click.Path(dir_okay=False), help="The zip to write.")
def pack(posed: str | None, neutral: str | None, out: str) -> None:
    """Pack folders PERSON/SEQUENCE_TIMESTEP_CAMERA, padded or not, into a zip, and check it.

    Each has mesh_posed or mesh_neutral (or one mesh of any name) as .ply, .obj, .off or .stl, and seven landmarks in
    landmarks_posed or landmarks_neutral (.npy, .txt, ...) unless the mesh is FLAME's. No vertex is merged.

    Exit code: as `fsbench svfr check`.
    """
    from fsbench.submissions.svfr.checking import check_zip
    from fsbench.submissions.svfr.packing import pack as pack_into

    folders = {subtask: folder for subtask, folder in (("posed", posed), ("neutral", neutral)) if folder is not None}
    packed = pack_into(out, folders)
    say(
        f"{packed.n_meshes} meshes and {packed.n_landmarks} files of landmarks of {packed.n_images} images are in {out}"
    )
    _show(check_zip(out), out)


@command.command("check")
@click.argument("path", metavar="X.zip", type=click.Path())
@click.option("--flame", type=click.Path(), help="A mesh of FLAME's topology, to compare triangles with.")
def check(path: str, flame: str | None) -> None:
    """Check a zip as the official client does, and beyond.

    Lines `official` have the official client's own keys. The other lines are faults that it accepts: NaN, landmarks in
    one place, mirrored or off the mesh, meshes that share only the number of vertices with FLAME, other units.

    Exit code: 0 fit to be handed in; 1 something is wrong; 2 wrong usage, or no zip that is safe to read.
    """
    from fsbench.io import read_mesh
    from fsbench.submissions.svfr.checking import check_zip

    faces = None if flame is None else read_mesh(flame, every_vertex=True).faces
    _show(check_zip(path, faces), path)


def _show(report: "Report", path: str) -> None:
    say(_DIFFERENCES)
    for subtask, number in report.n_meshes.items():
        put(
            _line("ok" if number in (0, report.n_images) else "wrong", subtask, f"{number} of {report.n_images} meshes")
        )
    if report.stops:
        put(_line("wrong", "official", f"ends with an exception at {_few(report.stops)}"))
    for key, files in report.official.items():
        put(_line("wrong", "official", f"{key} {len(files)}: {_few(files)}"))
    if not report.official and not report.stops:
        put(_line("ok", "official", "accepts it"))
    for one in report.problems:
        verdict = "wrong" if one.is_wrong else "note"
        put(_line(verdict, one.topic, f"{one.text} ({len(one.files)}: {_few(one.files)})"))
    put(
        _line(
            "ok" if report.is_fit else "wrong",
            "verdict",
            f"{path} is {'' if report.is_fit else 'not '}fit to be handed in",
        )
    )
    click.get_current_context().exit(0 if report.is_fit else 1)


def _line(verdict: str, topic: str, text: str) -> str:
    from fsbench.check.findings import Finding

    return str(Finding(verdict, topic, text))


def _few(files: tuple[str, ...]) -> str:
    return ", ".join(files[:_SHOWN]) + (" ..." if len(files) > _SHOWN else "")
