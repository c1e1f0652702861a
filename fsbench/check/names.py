"""Names of predictions of scans: samples without one, and meshes of no sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from fsbench.benchmarks import Benchmark, Sample
from fsbench.check.files import common_pattern, meant_for
from fsbench.check.findings import counted, some
from fsbench.io import MESH_SUFFIXES
from fsbench.io.names import composed
from fsbench.submissions.prediction_files import PredictionFiles

_MOST_FILES = 200_000
_MOST_COMPARED = 200
_MOST_LOST = 500


@dataclass(frozen=True, slots=True)
class Names:
    """Names below a folder of predictions.

    Attributes
    ----------
    n_samples : int
        Number of samples that should have a prediction.
    lost : tuple of str
        Samples without one.
    strays : tuple of str
        Meshes that belong to no sample, below the folder.
    meant : tuple of (str, str)
        Stray, and the lost sample that it was probably meant for.
    pattern : str
        Pattern of all of these, as {sample}_pred.ply; empty if they have none.
    """

    n_samples: int
    lost: tuple[str, ...]
    strays: tuple[str, ...]
    meant: tuple[tuple[str, str], ...] = ()
    pattern: str = ""

    def __str__(self) -> str:
        """A text on the strays; empty if there are none."""
        if not self.strays:
            return ""
        number = len(self.strays)
        which = "1 mesh below --pred belongs" if number == 1 else f"{number:,} meshes below --pred belong"
        text = f"{which} to no scan"
        if not self.meant:
            return f"{text}: {some(self.strays)}"
        lost = f"no prediction for {len(self.lost)} of {counted(self.n_samples, 'sample')}"
        return f"{lost}, and {text}: {self._hint()}"

    def _hint(self) -> str:
        if "{sample}" in self.pattern and len(self.meant) > 1:
            folder, _, name = self.pattern.rpartition("/")
            if folder and "{" not in folder and name.startswith("{sample}."):
                return f"{len(self.meant)} of them are in {folder}/, should --pred be that folder?"
            return f"{len(self.meant)} of them are named {self.pattern}: rename them to {{sample}}{Path(name).suffix}"
        return "; ".join(f"is {stray} meant to be {sample}?" for stray, sample in self.meant[:4])


def compare_names(benchmark: Benchmark, folder: Path, samples: Sequence[Sample]) -> Names:
    """Look for the predictions of `samples`, and for meshes in `folder` that belong to no sample of the benchmark."""
    predictions, references = PredictionFiles.of(benchmark), benchmark.references
    lost = [one.name for one in samples if not predictions.found(folder, references.sample_files(one.name))]
    known = {composed(name) for one in benchmark.samples for name in references.sample_files(one.name).predictions}
    strays = [name for name in _meshes(folder) if not _is_known(name, known, predictions.folders)]
    meant = _meant(strays, lost)
    return Names(len(samples), tuple(lost), tuple(strays), tuple(meant), common_pattern(meant))


def _meshes(folder: Path) -> list[str]:
    """Paths below the folder, sorted, without hidden ones."""
    entries = islice(folder.rglob("*"), _MOST_FILES)
    found = (path.relative_to(folder) for path in entries if path.suffix.lower() in MESH_SUFFIXES)
    return sorted(path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts))


def _is_known(name: str, known: set[str], folders: bool) -> bool:
    """Whether a mesh is a sample's, or a frame of one."""
    path = Path(composed(name))
    if path.with_suffix("").as_posix() in known:
        return True
    return folders and path.parent.as_posix() in known


def _meant(strays: Sequence[str], lost: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of a stray and the lost sample that it resembles; folders count as a part of the name."""
    flat = {stray.replace("/", "_"): stray for stray in strays[:_MOST_COMPARED]}
    wishes = {f"{sample.replace('/', '_')}.ply": sample for sample in lost[:_MOST_LOST]}
    pairs = meant_for(list(flat), {wish: wish.removesuffix(".ply") for wish in wishes})
    return [(flat[name], wishes[wish]) for name, wish in pairs]
