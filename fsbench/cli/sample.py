"""`fsbench sample`: write a small synthetic benchmark to try fsbench on."""

import click
from click.core import ParameterSource

from fsbench.cli.messages import put, say
from fsbench.cli.sample_options import sample_options


@click.command("sample")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@click.option(
    "--rig", is_flag=True, help="Write captured expressions and rigs instead; --subjects is 6 then, up to 50."
)
@click.option("--images", is_flag=True, help="Render an image of each sample, to run a network on: 256 px PNG files.")
@sample_options
@click.pass_context
def command(
    context: click.Context,
    folder: str,
    rig: bool,
    images: bool,
    seed: int,
    wild: int,
    subjects: int,
    methods: str | None,
) -> None:
    """Write the sample benchmark into DIR, with the meshes of three baseline methods.

    DIR becomes a --root in the layout of FaceScape, with synthetic faces (CC0) and poses of our own, so nobody has to
    apply for data to try fsbench. Standard output has one line per benchmark and method, separated by tabs: the
    adapter to score it with (-a), the samples that exist (--samples) and the folder of its meshes (--pred).

    With --images, DIR/data/wild_img and DIR/data/lab_img have a rendered image of each sample, with a made-up skin.

    With --rig, DIR/captured is the --root of the benchmark rig, and DIR/pred has four baselines: a face that never
    moves, a generic rig, one with the person's own strengths, and one with its names shuffled.
    """
    if rig:
        given = {name for name in context.params if context.get_parameter_source(name) == ParameterSource.COMMANDLINE}
        if odd := given & {"wild", "methods", "images"}:
            raise click.UsageError(f"--rig has its own baselines and no images: leave out --{min(odd)}")
        _write_rigs(folder, seed, subjects if "subjects" in given else 6)
        return
    from fsbench.build.card import RENDERED
    from fsbench.sample import METHODS, write

    names = tuple(METHODS) if methods is None else tuple(name.strip() for name in methods.split(","))
    written = write(folder, seed, wild, subjects, names, images)
    say(f"{len(written.wild)} in-the-wild and {len(written.lab)} in-the-lab samples in {folder}")
    if images:
        say(f"images: {folder}/data/wild_img and {folder}/data/lab_img. {RENDERED}")
    for benchmark, samples in (("fswild", written.wild), ("fslab", written.lab)):
        for name in written.methods if samples else ():
            adapter, meshes = METHODS[name].adapters[benchmark], written.predictions(benchmark, name)
            put(f"{benchmark}\t{name}\t{adapter}\t{written.samples(benchmark)}\t{meshes}")


def _write_rigs(folder: str, seed: int, subjects: int) -> None:
    from fsbench.sample.rigs import write_rigs

    written = write_rigs(folder, seed, subjects)
    say(f"20 expressions of {subjects} people in {written.captures}")
    marks = written.landmarks
    options = f"--landmarks {marks} --pred-landmarks {marks} --set stable={written.stable}"
    say(f"score with --root {written.captures} {options}")
    for name in written.methods:
        put(f"rig\t{name}\t-\t*\t{written.predictions(name)}")
