"""`fsbench sample`: write a small synthetic benchmark to try fsbench on."""

import click

from fsbench.cli.messages import put, say
from fsbench.cli.sample_options import sample_options


@click.command("sample")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@sample_options
def command(folder: str, seed: int, wild: int, subjects: int, methods: str | None) -> None:
    """Write the sample benchmark into DIR, with the meshes of three baseline methods.

    DIR becomes a --root in the layout of FaceScape, with synthetic faces (CC0) and poses of our own, so nobody has to
    apply for data to try fsbench. Standard output has one line per benchmark and method, separated by tabs: the
    adapter to score it with (-a), the samples that exist (--samples) and the folder of its meshes (--pred).
    """
    from fsbench.sample import METHODS, write

    names = tuple(METHODS) if methods is None else tuple(name.strip() for name in methods.split(","))
    written = write(folder, seed, wild, subjects, names)
    say(f"{len(written.wild)} in-the-wild and {len(written.lab)} in-the-lab samples in {folder}")
    for benchmark, samples in (("fswild", written.wild), ("fslab", written.lab)):
        for name in written.methods if samples else ():
            adapter, meshes = METHODS[name].adapters[benchmark], written.predictions(benchmark, name)
            put(f"{benchmark}\t{name}\t{adapter}\t{written.samples(benchmark)}\t{meshes}")
