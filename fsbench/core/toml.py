"""TOML from outside, within limits: a specification or a project file may come from somebody else."""

import tomllib
from pathlib import Path
from typing import Any

from fsbench.core.errors import FormatError
from fsbench.core.patterns import require_moderate, require_shallow

LARGEST_BYTES = 1 << 20


def read_limited(path: Path, what: str, largest: int = LARGEST_BYTES) -> bytes:
    """The content of a TOML file; `what` it is expected to be, for messages.

    Raises
    ------
    FormatError
        If it is larger than `largest` bytes.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise FormatError(f"{path}: larger than {largest >> 10:,} KiB, the limit for a {what}")
    return content


def parse_toml(content: bytes) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises
    ------
    ValueError
        If it is no TOML in UTF-8, or its names or tables are nested so deep that reading it would take minutes.
    """
    text = content.decode("utf-8")
    require_moderate(text)
    try:
        raw = tomllib.loads(text)
    except RecursionError:
        raise ValueError("lists and tables are nested too deep") from None
    require_shallow(raw)
    return raw
