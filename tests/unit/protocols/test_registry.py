"""Protocols of installed packages: one that is broken is no matter of those who do not ask for it."""

from pathlib import Path

import pytest

import tests.toys
from fsbench.benchmarks import load_spec
from fsbench.core.errors import UsageError
from fsbench.protocols import registry
from fsbench.protocols.choice import Choice


def test_a_broken_package_stops_only_who_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tests.toys, "ENTRY_POINTS", "[fsbench.protocols]\nbroken = no_such_module:PROTOCOL\n")
    with tests.toys.installed(tmp_path / "site"):
        assert registry.chosen(load_spec("scan"), Choice(measure="landmark-warp")).name == "landmark-warp"
        with pytest.raises(UsageError, match=r"'broken' \(no_such_module:PROTOCOL\) cannot be imported"):
            registry.chosen(load_spec("scan"), Choice(measure="broken"))
