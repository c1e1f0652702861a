"""Frame finding: the fault that the quick check before a run found in its frame, kept in run.json."""

import json
from collections.abc import Mapping
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


def keep_finding(folder: Path, text: str) -> None:
    """Write into the run.json of a finished run that its frame seems wrong."""
    manifest = {**load_manifest(folder), KEY: text}
    write_atomically(folder / "run.json", (json.dumps(manifest, indent=2) + "\n").encode())
