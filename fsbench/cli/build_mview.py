"""`fsbench build mview`: photographs of FaceScape's multi-view captures become a benchmark."""

from pathlib import Path

import click

from fsbench.cli.build_next import put_score_command
from fsbench.cli.messages import say
from fsbench.core.visible import visible

_FOLDER = click.Path(file_okay=False)
_FILE = click.Path(dir_okay=False)


@click.command("mview")
@click.option("--images", required=True, type=_FOLDER, help="Captures: ID/<k>_<name>/ with params.json and 0.jpg ...")
@click.option("--meshes", required=True, type=_FOLDER, help="Their meshes: ID/<k>_<name>.ply, or ID_<k>_<name>.ply.")
@click.option("--tu", required=True, type=_FOLDER, help="TU models of the same people, facescape_trainset.")
@click.option("--alignments", type=_FILE, help="Rt_scale_dict.json [in predef beside the TU models].")
@click.option("--face-mask", type=_FILE, help="facial_mask_v10.png [in predef beside the TU models].")
@click.option("--subjects", default="*", help="Subjects to take, e.g. 1-20,104; wildcards work [all].")
@click.option("--expressions", default="*", help="Expressions to take, e.g. neutral,smile; wildcards work [all].")
@click.option("--size", default=256, show_default=True, help="Side of the images in pixels.")
@click.option("--margin", default=0.2, show_default=True, help="Around the face, as a share of its extent.")
@click.option(
    "--near", default=5.0, show_default=True, metavar="MM", help="Keep of a mesh what is so near to the TU face."
)
@click.option("--tuples/--no-tuples", default=True, show_default=True, help="Write a folder a sample as well.")
@click.option("--private", is_flag=True, help="Keep photographs that may not be published; else they are grey.")
@click.option("--name", help="Name of the benchmark [that of the folder].")
@click.option("--licence", default="", help="Licence of the captures, for the card.")
@click.option("--trained-on", default="", help="Methods that were trained on these people, for the card.")
@click.option("-o", "--out", required=True, type=_FOLDER, help="New folder of the benchmark.")
def mview(
    images: str,
    meshes: str,
    tu: str,
    alignments: str | None,
    face_mask: str | None,
    subjects: str,
    expressions: str,
    size: int,
    margin: float,
    near: float,
    tuples: bool,
    private: bool,
    name: str | None,
    licence: str,
    trained_on: str,
    out: str,
) -> int:
    """Make a benchmark from photographs of FaceScape's multi-view captures.

    The photographs are undistorted, cropped around the face and resized, with the camera that belongs to the result.
    The reference is the capture's own mesh near the TU model of the same face; it is placed by 68 landmarks beside
    the mesh (ID/<k>_<name>.json, ...), or by Rt_scale_dict.json.

    Photographs of subjects that are not in `publishable_list` become grey, unless --private says that the benchmark
    stays with you. Exit code 1: something was left out, each with a sentence.
    """
    from fsbench.build.facescape import predef
    from fsbench.build.facescape.captures import Captures
    from fsbench.build.facescape.multiview import read_alignments
    from fsbench.build.photographs import PhotoPlan, build_from_photographs
    from fsbench.build.plan import chosen
    from fsbench.build.sources import open_tu_models
    from fsbench.core.errors import UsageError

    folder = Path(out)
    plan = PhotoPlan(
        name or folder.absolute().name, size, margin, near, private, tuples, licence=licence, trained_on=trained_on
    )
    captures = Captures.find(_existing(images), _existing(meshes))
    if not captures.folders:
        raise UsageError(f"{images}: there is no ID/<k>_<name>/params.json below it")
    names = chosen(list(captures.folders), subjects, expressions)
    models = open_tu_models(_existing(tu), None if face_mask is None else Path(face_mask))
    file = Path(alignments) if alignments is not None else predef.beside(Path(tu), "Rt_scale_dict.json")
    found = None if file is None else read_alignments(file)
    shots, n_lost = build_from_photographs(folder, plan, captures, names, models, found, _tell)
    grey = sum(not shot.shown for shot in shots)
    if grey:
        say(f"{grey} of {len(shots)} images are grey, as their subjects may not be published; --private keeps them")
    say(f"{len(shots)} samples; left out: {n_lost}. See {folder / 'CARD.md'}")
    put_score_command(folder, "cv")
    return 1 if n_lost else 0


def _existing(folder: str) -> Path:
    from fsbench.core.errors import UsageError

    if not Path(folder).is_dir():
        raise UsageError(f"{folder}: no such folder")
    return Path(folder)


def _tell(title: str, sentence: str) -> None:
    say(f"{visible(title)}: {visible(sentence)}")
