"""`fsbench warm`: compile the inner loops, so that no later command waits for that."""

import warnings
from collections.abc import Callable

import click

from fsbench.cli.messages import say


@click.command("warm")
@click.pass_context
def command(context: click.Context) -> None:
    """Compile the inner loops now, once after an installation; else the first command that needs them does.

    Exit code 1 if they cannot be kept, so that every process compiles them anew; the warning says what to do.
    """
    if not load_loops(lambda text: say(f"warning: {text}")):
        context.exit(1)
    say("the inner loops are compiled")


def load_loops(warn: Callable[[str], object]) -> bool:
    """Load all loops, or compile them, and return whether they are kept; `warn` is told at once why they are not."""
    import fsbench.build.shading
    import fsbench.build.visibility
    from fsbench.core.compiled import load
    from fsbench.scoring.loops import modules

    warned = []

    def heard(message: Warning | str, *_: object, **__: object) -> None:
        warned.append(message)
        warn(str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = heard
        load(*modules(), fsbench.build.shading, fsbench.build.visibility)
    return not warned
