"""All compiled loops are known, so that workers have them before a clock runs."""

import importlib
import pkgutil
import subprocess
import sys

import fsbench
from fsbench.core.compiled import Loop
from fsbench.scoring.loops import modules as listed

# The fork server runs one, the other needs torch; neither has a loop.
NOT_IMPORTED = {"fsbench.scoring.preload", "fsbench.torch"}


def test_warming_up_leaves_nothing_to_compile() -> None:
    """Benchmarks are built with loops of their own."""
    code = """
import importlib, pkgutil, sys
import fsbench
from fsbench.core.compiled import Loop
from fsbench.cli import main
sys.argv = ["fsbench", "warm"]
try:
    main()
except SystemExit:
    pass
names = [one.name for one in pkgutil.walk_packages(fsbench.__path__, "fsbench.")]
for name in set(names) - {"fsbench.scoring.preload", "fsbench.torch"}:
    for found in vars(importlib.import_module(name)).values():
        if isinstance(found, Loop) and found.signature:
            assert found._made is not None, (name, found)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_module_with_a_compiled_loop_is_listed() -> None:
    names = {one.name for one in pkgutil.walk_packages(fsbench.__path__, "fsbench.")} - NOT_IMPORTED
    modules = [importlib.import_module(name) for name in sorted(names)]
    with_loops = {
        module.__name__
        for module in modules
        if any(isinstance(value, Loop) and value.__module__ == module.__name__ for value in vars(module).values())
    }
    # Benchmarks are built by commands of their own, which score nothing.
    with_loops = {name for name in with_loops if not name.startswith("fsbench.build.")}
    assert with_loops == {module.__name__ for module in listed()}
