"""FaceScape's `publishable_list`: the subjects whose pictures its licence allows to publish."""

import re
from pathlib import Path

from fsbench.core.errors import FormatError
from fsbench.io.text import read_text

PUBLISHABLE = "publishable_list"
_MOST_SUBJECTS, _MOST_BYTES = 100_000, 1 << 20
_ID = re.compile(r"\d{1,6}", re.ASCII)


def find_publishable(root: Path) -> Path | None:
    """The list of subjects whose pictures may be published; None if there is none."""
    for place in (root, root / "predef", root.parent / "predef"):
        if place.is_dir():
            names = sorted(p for p in place.iterdir() if p.name.startswith(PUBLISHABLE) and p.is_file())
            if names:
                return names[0]
    return None


def read_publishable(path: Path) -> frozenset[str]:
    """Subjects in `publishable_list`, numbers separated by commas or blanks; "007" is "7".

    Raises
    ------
    MissingError, FormatError
        If there is no such file, or something in it is no number.
    """
    words = re.split(r"[\s,;\[\]]+", read_text(path, _MOST_BYTES))
    ids = [word for word in words if word]
    odd = next((word for word in ids if not _ID.fullmatch(word)), None)
    if odd is not None or not 0 < len(ids) <= _MOST_SUBJECTS:
        what = f"holds {odd[:40]!r}" if odd is not None else f"names {len(ids)} subjects"
        raise FormatError(f"{path}: {what}, expected numbers of subjects, separated by commas")
    return frozenset(str(int(word)) for word in ids)
