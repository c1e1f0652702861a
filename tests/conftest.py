"""Fixtures that every test may use."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference data that stands beside the repository; tests that need it are skipped where it is absent."""
    folder = ROOT.parent / "shared"
    if not (folder / "golden").is_dir():
        pytest.skip(f"no reference data at {folder}")
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Prepared references of a test are its own, not the user's."""
    folder = tmp_path / "cache-of-the-test"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small sample benchmark: four images in the wild, one face in the lab, one baseline. Not to be written to."""
    from fsbench.sample import write

    folder = tmp_path_factory.mktemp("sample") / "root"
    write(folder, n_wild=4, n_subjects=1, methods=["mean-face"])
    return folder


@pytest.fixture(scope="session")
def drawings() -> dict[str, Any]:
    """Figures that boards have drawn, by what they show."""
    return {}


@pytest.fixture(scope="module")
def drawn_once(drawings: dict[str, Any]) -> Iterator[Callable[..., Any]]:
    """Boards draw a figure of the same numbers once for all tests of a session; yields what really draws."""
    from fsbench.boards import derived

    draw = derived.plot_table

    def shared(table: Any, **options: Any) -> Any:
        shown = repr((table, options))
        if shown not in drawings:
            drawings[shown] = draw(table, **options)
        return drawings[shown]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(derived, "plot_table", shared)
        yield draw


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C as on a terminal, also where the suite runs in the background and was told to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
