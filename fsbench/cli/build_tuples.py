"""`fsbench build tuples`: images with a mesh and a camera, made elsewhere, become a benchmark."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsbench.cli.build_next import put_score_command
from fsbench.cli.messages import say
from fsbench.core.visible import visible

if TYPE_CHECKING:
    from fsbench.build.tuple_benchmark import Entry


@click.command("tuples")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@click.option("--name", help="Name of the benchmark [that of the folder].")
@click.option("-o", "--out", required=True, type=click.Path(file_okay=False), help="New folder of the benchmark.")
def tuples(folder: str, name: str | None, out: str) -> int:
    """Make a benchmark from the tuples in DIR; pose, centre and scale of each head are computed.

    Every folder below DIR with a camera.json is one: camera.json (model, K, Rt, width, height, pixel_centre,
    mesh_frame), image.png, mesh.obj, and landmarks.json (68 points) or pupils.json. docs/build.md says it in full.

    Exit code 1: some tuples were left out, each with a sentence.
    """
    from fsbench.build.heads import require_name
    from fsbench.build.tuple_benchmark import build_from_tuples

    target = Path(out)
    title = require_name(name or target.absolute().name)
    entries = build_from_tuples(Path(folder), target, title, _tell)
    n_lost = sum(bool(entry.reason) for entry in entries)
    say(f"{len(entries) - n_lost} samples; {target / 'names.csv'} says which folder each was")
    if n_lost:
        say(f"{n_lost} tuples were left out; they are not part of the benchmark")
    put_score_command(target, "FRAME")
    return 1 if n_lost else 0


def _tell(entry: "Entry") -> None:
    title = visible(f"{entry.number:04d} {entry.name}")
    for note in entry.notes:
        say(f"{title}: {visible(note)}")
    if entry.reason:
        say(f"{title}: left out: {visible(entry.reason)}")
