"""`fsbench build`: benchmarks from one's own textured 3D faces. A subcommand is a line here and a file of its own."""

import click

from fsbench.cli.build_heads import heads
from fsbench.cli.build_inspect import inspect
from fsbench.cli.build_mview import mview
from fsbench.cli.build_tuples import tuples


@click.group("build")
def command() -> None:
    """Make a benchmark from textured 3D faces of one's own: images, cameras, meshes and a TOML.

    Images are rendered, not photographed: rank methods by them, and do not call them "in the wild".
    """


command.add_command(inspect)
command.add_command(heads)
command.add_command(tuples)
command.add_command(mview)
