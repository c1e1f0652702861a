"""The folders that stand at the top of the repository and travel inside the installed package."""

import tomllib
from pathlib import Path

_PACKAGE = Path(__file__).parent
_LARGEST_BYTES = 1 << 20


def folder(name: str) -> Path:
    """Return the folder `name` ("data_specs" or "leaderboards"), installed or in a checkout.

    Raises
    ------
    FileNotFoundError
        If the installation is incomplete.
    """
    for candidate in (_PACKAGE / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"{name}/ is neither in {_PACKAGE} nor beside it: reinstall fsbench")


def protocol_of(benchmark: str) -> str:
    """Protocol of a benchmark that comes with fsbench or is a .toml, without a check; empty if it cannot be told.

    For what can be begun before the libraries are there that `fsbench.benchmarks` needs.
    """
    path = Path(benchmark) if benchmark.endswith(".toml") else folder("data_specs") / f"{benchmark}.toml"
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
            return ""
        return str(tomllib.loads(path.read_text("utf-8")).get("protocol", ""))
    except (OSError, ValueError):
        return ""
