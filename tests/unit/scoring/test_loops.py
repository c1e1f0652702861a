"""All compiled loops are known, so that workers have them before a clock runs."""

import importlib
import pkgutil

import fsbench
from fsbench.core.compiled import _Later
from fsbench.scoring.loops import modules as listed

AT_THE_END = {"fsbench.scoring.preload"}


def test_every_module_with_a_compiled_loop_is_listed() -> None:
    names = {one.name for one in pkgutil.walk_packages(fsbench.__path__, "fsbench.")} - AT_THE_END
    modules = [importlib.import_module(name) for name in sorted(names)]
    with_loops = {
        module.__name__
        for module in modules
        if any(isinstance(value, _Later) and value.__module__ == module.__name__ for value in vars(module).values())
    }
    assert with_loops == {module.__name__ for module in listed()}
