"""`fsbench doctor`: what is installed, and whether caches, compiled loops and disks serve."""

from collections.abc import Iterator
from pathlib import Path

import click

from fsbench.cli.messages import put

_PACKAGES = ("numpy", "scipy", "numba", "pandas", "matplotlib", "plotly")
_OPTIONAL = {
    "distributed": "for --engine dask, pip install 'fsbench[dask]'",
    "torch": "for fsbench.torch, pip install 'fsbench[torch]'",
    "torchmetrics": "for fsbench.torch, pip install 'fsbench[torch]'",
}
_LEAST_FREE_BYTES = 1 << 30


@click.command("doctor")
@click.pass_context
def command(context: click.Context) -> None:
    """Say what is installed, where caches are, and what does not serve.

    Versions of numpy and numba are those that could move a number in its last digits. Exit code 1 if something needs
    attention; each such line says what to do.
    """
    faults = 0
    for topic, fact, is_fine in _findings():
        put(f"{'' if is_fine else '!':<2}{topic:<18}{fact}")
        faults += not is_fine
    put(f"\n{faults} of these need attention" if faults else "\nall of these serve")
    context.exit(1 if faults else 0)


def _findings() -> Iterator[tuple[str, str, bool]]:
    """Topic, fact, and whether it is as it should be."""
    import os
    import platform
    from importlib.metadata import PackageNotFoundError, version

    import fsbench

    yield "fsbench", f"{fsbench.__version__}, {Path(fsbench.__file__).parent}", True
    yield "python", f"{platform.python_version()}, {platform.platform()}, {os.cpu_count()} cores", True
    for name in (*_PACKAGES, *_OPTIONAL):
        try:
            yield name, version(name), True
        except PackageNotFoundError:
            yield name, f"not installed; {_OPTIONAL.get(name, 'pip install ' + name)}", name in _OPTIONAL
    yield _open3d()
    yield _loops()
    yield _cache()
    yield from _disks()


def _open3d() -> tuple[str, str, bool]:
    from fsbench.core.errors import UsageError
    from fsbench.geometry.rays import load_backend, open3d_version

    try:
        load_backend()
    except UsageError as error:
        return "open3d", str(error), False
    return "open3d", f"{open3d_version()}; check, pictures and the sample use it, no score does", True


def _loops() -> tuple[str, str, bool]:
    """Load the loops, and say whether they had to be compiled, or could not be kept."""
    import time

    from fsbench.cli.warm import load_loops
    from fsbench.core import compiled

    said: list[str] = []
    faults: list[str] = []
    compiled.tell, before = said.append, time.perf_counter()
    if not load_loops(faults.append):
        return "compiled loops", faults[0], False
    how = "compiled now, and kept" if said else "loaded"
    return "compiled loops", f"{how}, in {time.perf_counter() - before:.1f} s", True


def _cache() -> tuple[str, str, bool]:
    from fsbench.benchmarks.cache import PreparedCache
    from fsbench.cli.cache import usable_folder
    from fsbench.core.errors import UsageError

    try:
        folder = usable_folder()
    except UsageError as error:
        return "prepared cache", f"not used: {error}", False
    found = PreparedCache(folder).contents()
    return "prepared cache", f"{folder}, {found.n_entries} references, {found.n_bytes / 2**20:,.0f} MiB", True


def _disks() -> Iterator[tuple[str, str, bool]]:
    """Folders that are written to: room and permission."""
    import os
    import shutil
    import tempfile

    for topic, folder, advice in (
        ("temporary files", tempfile.gettempdir(), "name another folder in TMPDIR"),
        ("working folder", ".", "change to another one"),
    ):
        free = shutil.disk_usage(folder).free
        fact = f"{Path(folder).absolute()}, {free / 2**30:,.1f} GiB free"
        faults = {
            "cannot be written to": not os.access(folder, os.W_OK | os.X_OK),
            f"less than {_LEAST_FREE_BYTES >> 30} GiB": free < _LEAST_FREE_BYTES,
        }
        found = [fault for fault, is_there in faults.items() if is_there]
        yield topic, f"{fact}: {', '.join(found)}; {advice}" if found else fact, not found
