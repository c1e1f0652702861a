"""What the quick check before a run found, kept in run.json: the fault in its frame, and cautions."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fsbench.runs.files import write_atomically
from fsbench.runs.run import load_manifest

KEY = "frame_finding"
"""Of run.json; not there if nothing was found wrong."""


def finding_of(manifest: Mapping[str, Any]) -> str:
    """The fault that was found; empty if there is none, or if the entry is not text."""
    found = manifest.get(KEY)
    return found if isinstance(found, str) else ""


def keep_finding(folder: Path, frame: str = "", cautions: Sequence[str] = ()) -> None:
    """Write into the run.json of a finished run that its frame seems wrong, and what else is to be read beside it."""
    manifest = load_manifest(folder)
    known = manifest.get("cautions", [])
    found = {"cautions": [*known, *(text for text in cautions if text not in known)]} | ({KEY: frame} if frame else {})
    write_atomically(folder / "run.json", (json.dumps({**manifest, **found}, indent=2) + "\n").encode())
