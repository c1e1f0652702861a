"""`fsbench build heads`: render a folder of heads from many views, in the layout of FaceScape's lab."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsbench.cli.build_next import put_score_command
from fsbench.cli.messages import say
from fsbench.core.visible import visible

if TYPE_CHECKING:
    from fsbench.build.lab import Record

_FOLDER = click.Path(file_okay=False)
_FILE = click.Path(dir_okay=False)


@click.command("heads")
@click.argument("source", type=click.Path())
@click.option(
    "--views",
    default="published",
    show_default=True,
    metavar="published|GRID",
    help="The 11 published views, or azimuths/elevations in degrees: -60,-30,0,30,60/-20,0,20.",
)
@click.option("--focal", default="1200,600,300", show_default=True, help="Focal lengths, in pixels of a 256 px image.")
@click.option("--expressions", default="*", help="Expressions to take, e.g. neutral,smile; wildcards work [all].")
@click.option("--subjects", default="*", help="Subjects to take, e.g. 1-20,104; wildcards work [all].")
@click.option("--landmarks", type=_FILE, help="The 68 landmarks (or 2 pupils) of all heads, as vertex numbers.")
@click.option("--face-mask", type=_FILE, help="Image over the texture coordinates, white where the reference is kept.")
@click.option("--cut", type=float, metavar="MM", help="Keep of the reference what is so near to the nose tip.")
@click.option("--detail", is_flag=True, help="Displace FaceScape's TU models by their maps (dpmap).")
@click.option("--people", type=click.IntRange(1), help="Random people of a bilinear model, by --seed [10].")
@click.option("--size", default=256, show_default=True, help="Side of the images in pixels.")
@click.option("--light", type=click.Choice(["studio", "flat", "random"]), default="studio", show_default=True)
@click.option(
    "--background",
    default="plain",
    show_default=True,
    metavar="plain|gradient|DIR",
    help="A folder's images are put behind the heads.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Of random light, backgrounds, people."
)
@click.option(
    "--tuples/--no-tuples",
    default=True,
    show_default=True,
    help="Write a folder a sample as well: image, mask, depth, mesh, camera, landmarks.",
)
@click.option("--private", is_flag=True, help="Show persons whose pictures may not be published; else they are grey.")
@click.option("--name", help="Name of the benchmark [that of the folder].")
@click.option("--licence", default="", help="Licence of the heads, for the card.")
@click.option("--trained-on", default="", help="Methods that were trained on these heads, for the card.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Heads at once.")
@click.option("-o", "--out", required=True, type=_FOLDER, help="Folder of the benchmark; given again, it goes on.")
def heads(
    source: str,
    views: str,
    focal: str,
    expressions: str,
    subjects: str,
    landmarks: str | None,
    face_mask: str | None,
    cut: float | None,
    detail: bool,
    people: int | None,
    size: int,
    light: str,
    background: str,
    seed: int,
    tuples: bool,
    private: bool,
    name: str | None,
    licence: str,
    trained_on: str,
    jobs: int,
    out: str,
) -> int:
    """Render the heads in SOURCE, and write a benchmark that `fsbench score` takes.

    SOURCE is a folder of OBJ or PLY with a texture or colours of vertices, y up and the face along +z, called
    SUBJECT.obj or SUBJECT/EXPRESSION.obj. Beside each stand its 68 landmarks (iBUG's order) or its two pupils, as
    SUBJECT.json, .txt, ...: points or vertex numbers; or one file `landmarks` for all. FaceScape's TU models
    (facescape_trainset) are known: they need no landmarks, and take the face mask from its toolkit's `predef` beside.
    So is its bilinear model, a .npz or a folder with core_847_50_52.npy.

    Exit code 1: some heads were left out, each with a sentence.
    """
    from fsbench.build.backdrop import Backdrop
    from fsbench.build.heads import Job, build
    from fsbench.build.plan import Plan, chosen, parse_focals
    from fsbench.build.sources import open_source
    from fsbench.build.views import rig_called

    rig, backdrop = rig_called(views), Backdrop.called(background)
    plan = Plan(rig, parse_focals(focal), size, light, backdrop, seed, cut, private, tuples, detail)
    folder = Path(out)
    if Path(source).resolve() in (folder.resolve(), *folder.resolve().parents):
        raise click.UsageError("--out is below SOURCE, where its meshes would count as heads: name a folder elsewhere")
    job = Job(folder, name or folder.absolute().name, licence, trained_on, jobs)
    mask, marks = (None if one is None else Path(one) for one in (face_mask, landmarks))
    opened = open_source(Path(source), mask, marks, detail, people, seed)
    records = build(job, opened, chosen(list(opened.names()), subjects, expressions), plan, _tell)
    return _summarise(records, folder)


def _tell(record: "Record") -> None:
    title = visible(f"{record.number:02d} {record.subject} {record.expression}".strip())
    for note in record.notes:
        say(f"{title}: {visible(note)}")
    if not record.facts:
        say(f"{title}: left out: {visible(next(iter(record.lost.values()), ''))}")
        return
    for sample, why in record.lost.items():
        say(f"{title}: {sample} left out: {visible(why)}")
    say(f"{title}: factor {record.facts['mm_per_unit']:.4g}, reference: {record.facts['reference']}")


def _summarise(records: "list[Record]", folder: Path) -> int:
    from fsbench.build.card import RENDERED

    if len({record.facts["pupils"] for record in records if record.facts}) > 1:
        say("pupils were found in several ways, which differ by some 2 % in scale: give all heads the same")
    n_lost = sum(len(record.lost) for record in records)
    left = [record for record in records if not record.facts]
    say(f"{RENDERED} The limits are in {folder / 'CARD.md'}")
    if n_lost:
        say(f"{n_lost} samples were left out, {len(left)} heads as a whole; they are not part of the benchmark")
    put_score_command(folder, "cv")
    return 1 if n_lost else 0
