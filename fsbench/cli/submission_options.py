"""Options that a benchmark supports, by its protocol's declaration; shared by check, score, heatmap."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsbench.cli.adapter_options import build_adapter
from fsbench.cli.scan_options import NAMES
from fsbench.core.errors import UsageError

if TYPE_CHECKING:
    from fsbench.benchmarks import Benchmark, Choice
    from fsbench.submissions import AdapterLike
    from fsbench.submissions.submission import Submission


def choice_of(options: Mapping[str, Any]) -> "Choice":
    """The choice that the options of `scan_options` make; None stands for an option that is not given."""
    from fsbench.benchmarks import Choice

    renamed = {"pred_unit": "unit"}
    return Choice(**{renamed.get(name, name): value for name, value in options.items() if value is not None})


def split_options(benchmark: str, options: Mapping[str, Any]) -> "tuple[Choice, AdapterLike | None]":
    """The choice and the adapter that the options of `scan_options` and `adapter_options` make.

    Raises
    ------
    UsageError
        If the benchmark does not support an option, or an adapter is missing.
    """
    refuse_unfit(benchmark, options)
    adapter = {name: value for name, value in options.items() if name not in NAMES}
    choice = choice_of({name: options[name] for name in NAMES})
    return choice, build_adapter(**adapter) if keeps_the_camera(benchmark) else None


def refuse_unfit(benchmark: str, options: Mapping[str, Any]) -> None:
    """Raise UsageError if the benchmark does not support an option."""
    in_camera = keeps_the_camera(benchmark)
    known = ({*options} - {*NAMES}) | _beside_the_camera(benchmark) if in_camera else {*NAMES}
    unfit = [name for name, value in options.items() if name not in known and value is not None]
    if not unfit:
        return
    given = ", ".join(f"--{'set' if name == 'changes' else name.replace('_', '-')}" for name in unfit)
    if in_camera:
        raise UsageError(f"{given}: only for benchmarks of scans; {benchmark} keeps the camera")
    raise UsageError(f"{benchmark} aligns predictions by itself; leave out {given}")


def keeps_the_camera(benchmark: str) -> bool:
    """Whether predictions stand in a sample's camera frame, so that an adapter is needed; UsageError if unknown."""
    from fsbench.benchmarks import load_spec
    from fsbench.protocols import registry

    return registry.get(load_spec(benchmark).protocol).in_camera


def _beside_the_camera(benchmark: str) -> set[str]:
    """Options besides the adapter's of a benchmark that keeps the camera."""
    from fsbench.benchmarks import load_spec
    from fsbench.protocols import registry

    protocol = registry.get(load_spec(benchmark).protocol)
    takes_landmarks = bool(protocol.with_landmarks) or "landmarks" in protocol.prediction_inputs
    return {"changes", *(("landmarks", "pred_landmarks") if takes_landmarks else ())}


@contextmanager
def opened_submission(benchmark: "Benchmark", pred: str, adapter: "AdapterLike | None") -> "Iterator[Submission]":
    """The files under --pred, checked to suit the benchmark."""
    from fsbench.submissions.submission import Submission, open_submission

    if not Path(pred).exists():
        where = benchmark.spec.raw.get("predictions")
        example = f"e.g. ROOT/{where}/NAME" if where else "named like the samples"
        raise UsageError(f"{pred}: no such folder or archive; --pred has one method's files, {example}")
    Submission(pred, adapter).check_benchmark(benchmark)
    with open_submission(pred, adapter) as submission:
        yield submission
