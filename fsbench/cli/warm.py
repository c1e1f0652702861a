"""`fsbench warm`: compile the inner loops, so that no later command waits for that."""

import click

from fsbench.cli.messages import say


@click.command("warm")
def command() -> None:
    """Compile the inner loops now, once after an installation; else the first command that needs them does."""
    import fsbench.build.shading
    import fsbench.build.visibility
    from fsbench.core.compiled import load
    from fsbench.scoring.loops import modules

    load(*modules(), fsbench.build.shading, fsbench.build.visibility)
    say("the inner loops are compiled")
