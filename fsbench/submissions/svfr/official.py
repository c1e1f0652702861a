"""The verdicts of the official client on a zip, under its own keys.

Source: `SVFRSubmissionDataReader.validate_submission` of nersemble_benchmark 0.2.0, re-derived from its answers.
"""

from collections.abc import Sequence

from fsbench.submissions.svfr.images import SUBTASKS, Entry
from fsbench.submissions.svfr.reading import ReadMesh

_KINDS = ("missing_{}_meshes", "empty_{}_meshes", "missing_{}_landmarks", "wrong_{}_landmarks")
N_LANDMARKS = 7


class OfficialVerdict:
    """Collects what the official client would say; show it every mesh once.

    Attributes
    ----------
    stops : list of str
        Files on which it ends with an exception, so that there is no report.
    """

    def __init__(self) -> None:
        self.stops: list[str] = []
        self._found: dict[str, list[str]] = {kind.format(task): [] for task in SUBTASKS for kind in _KINDS}
        self._has: set[str] = set()

    def missing(self, entry: Entry) -> None:
        """A mesh that the zip lacks."""
        self._found[f"missing_{entry.subtask}_meshes"].append(entry.mesh)

    def look_at(self, one: ReadMesh) -> None:
        """Check a mesh of the zip."""
        entry, task = one.entry, one.entry.subtask
        self._has.add(task)
        if one.file is None:
            self.stops.append(entry.mesh)
            return
        if one.is_empty:
            self._found[f"empty_{task}_meshes"].append(entry.mesh)
        if one.is_like_flame:
            return
        if not one.has_landmarks:
            self._found[f"missing_{task}_landmarks"].append(entry.landmarks)
        elif one.landmarks is None:
            self.stops.append(entry.landmarks)
        elif one.landmarks.shape != (N_LANDMARKS, 3):
            self._found[f"wrong_{task}_landmarks"].append(entry.landmarks)

    def report(self, names: Sequence[str], images: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Files by key, as the official client reports them; empty if it accepts the zip.

        Parameters
        ----------
        names : sequence of str
            Of all files in the zip.
        images : sequence of str
            Of the benchmark.
        """
        keys = [kind.format(task) for task in SUBTASKS if task in self._has for kind in _KINDS]
        said = {key: tuple(self._found[key]) for key in keys if self._found[key]}
        if unexpected := self._unexpected(names, images):
            said["unexpected_files"] = unexpected
        if not self._has:
            said["missing_svfr_tasks"] = SUBTASKS
        return said

    def _unexpected(self, names: Sequence[str], images: Sequence[str]) -> tuple[str, ...]:
        expected = {
            task: {file for image in images for file in (Entry(image, task).mesh, Entry(image, task).landmarks)}
            for task in SUBTASKS
        }
        if len(self._has) == len(SUBTASKS):
            known = set.union(*expected.values())
            return tuple(name for name in names if name not in known)
        # If the zip has one subtask, the client expects the files of that one; if it has none, it lists a file of each.
        asked = [expected[task] for task, other in zip(SUBTASKS, SUBTASKS[::-1], strict=True) if other not in self._has]
        return tuple(name for name in names for known in asked if name not in known)
