"""Where a run's meshes are, and how they were read: as the run records it, or as the user says."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from fsbench import submissions as adapters
from fsbench.benchmarks import Benchmark, Choice, load_spec
from fsbench.benchmarks.carried import file_of
from fsbench.core.errors import UsageError
from fsbench.protocols import registry
from fsbench.report.heatmaps.measured import Source
from fsbench.runs import Run
from fsbench.submissions import AdapterLike
from fsbench.submissions.frame import FRAMES, Frame
from fsbench.submissions.submission import SETTINGS_BESIDE, open_submission

_TEXTS = ("landmarks", "pred_landmarks", "measure", "scale", "unit", "reference_unit")


@contextmanager
def opened(
    run: Run,
    root: str | None = None,
    pred: str | None = None,
    adapter: AdapterLike | None = None,
    choice: Mapping[str, Any] | None = None,
    benchmark: str | None = None,
) -> Iterator[Source]:
    """Find the files that a run was scored with.

    Parameters
    ----------
    run : Run
    root, pred : str, optional
        The benchmark's folder and the method's files, where they are elsewhere now.
    adapter : AdapterLike, optional
        Needed if the run was read with code of the user's own: a run from somebody else must not choose code to
        execute.
    choice : mapping, optional
        Fields of a `Choice` that replace the recorded ones.
    benchmark : str, optional
        The .toml of a benchmark of one's own, where it is elsewhere now.

    Raises
    ------
    UsageError
        If the files are not there, or the run does not say how they were read.
    """
    name = benchmark or recorded_benchmark(run)
    where = [_place(run, "root", root), _place(run, "pred", pred)]
    if registry.get(load_spec(name).protocol).in_camera:
        adapter = adapter or recorded_adapter(run)
    chosen = replace(recorded_choice(run), **(choice or {}))
    opened_benchmark = Benchmark.open(name, where[0], chosen)
    with open_submission(where[1], adapter) as submission:
        yield Source(run, opened_benchmark, submission)


def recorded_benchmark(run: Run) -> str:
    """The name of the benchmark, or its .toml; the signature later shows whether that is still the same."""
    own = file_of(run.manifest)
    if own and not Path(own).is_file():
        raise UsageError(
            f"{run.benchmark} is a benchmark of its own file, {own}, which is not here; pass it as --benchmark FILE"
        )
    return own or run.benchmark


def recorded_adapter(run: Run) -> AdapterLike:
    """The adapter that the run was read with.

    Raises
    ------
    UsageError
        If it is neither a published method nor a frame.
    """
    recorded = _settings(run).get("adapter")
    known = recorded if isinstance(recorded, dict) else {}
    name = known.get("adapter")
    # The entries beside the adapter are settings of the protocol.
    options = {key: value for key, value in known.items() if key not in ("adapter", *SETTINGS_BESIDE)}
    if isinstance(name, str) and name in FRAMES and set(options) <= {field.name for field in fields(Frame)}:
        said: dict[str, Any] = {key: tuple(of) if isinstance(of, list) else of for key, of in options.items()}
        try:
            return Frame(name, **said)
        except (TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"the run says that it was read with {recorded}, which is no frame: {error}") from None
    if not options and name in adapters.names():
        return adapters.get(name)
    raise UsageError(f"say with -a and its options how the predictions are read; the run was read with {recorded}")


def recorded_choice(run: Run) -> Choice:
    """The options of the benchmark that the run records; the others have their defaults."""
    recorded = _settings(run).get("adapter")
    known = recorded if isinstance(recorded, dict) else {}
    said: dict[str, Any] = {name: known[name] for name in _TEXTS if isinstance(known.get(name), str)}
    changes = known.get("changes")
    if isinstance(changes, list) and all(isinstance(change, str) for change in changes):
        said["changes"] = tuple(changes)
    return Choice(**said)


def _settings(run: Run) -> dict[str, Any]:
    settings = run.manifest.get("settings")
    return settings if isinstance(settings, dict) else {}


def _place(run: Run, name: str, given: str | None) -> str:
    if given is not None:
        return given
    recorded = _settings(run).get(name)
    if not isinstance(recorded, str) or not recorded:
        raise UsageError(f"the run does not say where its files are; pass --{name}")
    if not Path(recorded).exists():
        raise UsageError(f"the run was scored with --{name} {recorded}, which is not here; pass --{name}")
    return recorded
