"""Data folders: at the top of the repository, and inside the installed package."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


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
