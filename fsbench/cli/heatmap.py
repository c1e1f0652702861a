"""`fsbench heatmap`: where on the face a prediction is off."""

from typing import TYPE_CHECKING, Any

import click

from fsbench.cli.adapter_options import adapter_options
from fsbench.cli.messages import say
from fsbench.cli.scan_options import NAMES, scan_options
from fsbench.core.visible import visible

if TYPE_CHECKING:
    from fsbench.benchmarks import Choice
    from fsbench.report.heatmaps.measured import Source
    from fsbench.runs import Run
    from fsbench.submissions import AdapterLike


@click.command("heatmap")
@click.argument("run")
@click.argument("sample", required=False)
@click.option("--root", required=True, help="The benchmark's folder, as for `fsbench score`.")
@click.option("--pred", required=True, help="The method's files, as for `fsbench score`.")
@click.option("--benchmark", metavar="FILE", help="The .toml, for a run of a benchmark of one's own.")
@adapter_options
@scan_options
@click.option("-o", "--out", required=True, metavar="FILE", help="Ends in .png or .ply.")
@click.option("--all", "all_", is_flag=True, help="Choose from all samples: with --sheet.")
@click.option("--sheet", is_flag=True, help="PNG of the best, median and worst sample of each bin.")
@click.option("--by", help="Bins of the sheet: pose, focal, overall, or a bin column.")
@click.option("--limit", "limit_mm", type=click.FloatRange(0, min_open=True), default=5.0, show_default=True,
              help="Distance in mm where the colours end.")  # fmt: skip
def command(
    run: str,
    sample: str | None,
    root: str,
    pred: str,
    benchmark: str | None,
    out: str,
    all_: bool,
    sheet: bool,
    by: str | None,
    limit_mm: float,
    **options: Any,
) -> None:
    """Show where on the face the prediction of SAMPLE is off, or a sheet of samples.

    RUN is a folder that `fsbench score` wrote. A .ply has the compared surface with a colour and its distance to the
    reference (quality, in mm) at every vertex; a .png shows it from three sides, the reference below.
    """
    from pathlib import Path

    from fsbench.core.errors import UsageError
    from fsbench.runs import load_run

    path = Path(out)
    if path.suffix.lower() not in (".png", ".ply") or (sheet and path.suffix.lower() != ".png"):
        raise UsageError(f"-o {out}: the file's name should end in .png{'' if sheet else ' or .ply'}")
    if (sample is None) != sheet or all_ != sheet:
        raise UsageError("name one SAMPLE, or ask for --all --sheet")
    loaded = load_run(run)
    source = _source(loaded, _benchmark_of(loaded, benchmark), root, pred, options)
    if sample is None:
        _write_sheet(source, path, by)
    else:
        _write_sample(source, sample, path, limit_mm)


def _benchmark_of(run: "Run", given: str | None) -> str:
    """The benchmark to open; UsageError if its file was not said again: a run does not choose what is read."""
    from fsbench.benchmarks.carried import file_of
    from fsbench.core.errors import UsageError

    own = file_of(run.manifest)
    if own and given is None:
        raise UsageError(f"{run.benchmark} is a benchmark of its own file, {own}: pass it as --benchmark FILE")
    return given or run.benchmark


def _source(run: "Run", benchmark: str, root: str, pred: str, options: dict[str, Any]) -> "Source":
    """Where the run's meshes are, read as the options say, else as the run says."""
    from fsbench.benchmarks import Benchmark
    from fsbench.cli.submission_options import choice_of, keeps_the_camera, refuse_unfit
    from fsbench.report.heatmaps.measured import Source
    from fsbench.submissions.submission import Submission

    refuse_unfit(benchmark, options)
    scans = {name: options.pop(name) for name in NAMES}
    if keeps_the_camera(benchmark):
        choice = choice_of({"changes": scans["changes"] or _changes(_recorded(run))})
        return Source(run, Benchmark.open(benchmark, root, choice), Submission(pred, _adapter(run, options)))
    return Source(run, Benchmark.open(benchmark, root, _choice(run, benchmark, scans)), Submission(pred))


def _choice(run: "Run", benchmark: str, given: dict[str, Any]) -> "Choice":
    """The options; what they leave out is as the run says, but for files: a run must not choose what is read."""
    from fsbench.cli.submission_options import choice_of

    known = _recorded(run)
    _refuse_lacking_files(benchmark, known, given)
    names = {"measure": "measure", "scale": "scale", "unit": "pred_unit", "reference_unit": "reference_unit"}
    said = {option: known[name] for name, option in names.items() if isinstance(known.get(name), str) and known[name]}
    said["changes"] = _changes(known)
    return choice_of({**said, **{name: value for name, value in given.items() if value is not None}})


def _recorded(run: "Run") -> dict[str, Any]:
    """How the run says that its predictions were read."""
    settings = run.manifest.get("settings")
    recorded = settings.get("adapter") if isinstance(settings, dict) else None
    return recorded if isinstance(recorded, dict) else {}


def _changes(recorded: dict[str, Any]) -> tuple[str, ...] | None:
    """Settings of the protocol that the run was scored with, other than its own."""
    changes = recorded.get("changes")
    if isinstance(changes, list) and changes and all(isinstance(change, str) for change in changes):
        return tuple(changes)
    return None


def _refuse_lacking_files(benchmark: str, recorded: dict[str, Any], given: dict[str, Any]) -> None:
    """UsageError if the run read landmarks, or files of settings, that were not said again."""
    from fsbench.benchmarks import load_spec
    from fsbench.cli.submission_options import choice_of
    from fsbench.core.errors import UsageError
    from fsbench.protocols import registry

    names = [name for name in ("landmarks", "pred_landmarks") if recorded.get(name) and not given[name]]
    said = [f"--{name.replace('_', '-')} {recorded[name]}" for name in names]
    measure = given["measure"] or recorded.get("measure")
    choice = choice_of({"changes": _changes(recorded), "measure": measure if isinstance(measure, str) else None})
    files = registry.chosen(load_spec(benchmark), choice).file_settings
    if given["changes"] is None:
        said += [f"--set {change}" for change in choice.changes if change.partition("=")[0].strip() in files]
    if said:
        lacking = " and ".join(said)
        raise UsageError(f"the run was scored with {lacking}: pass that too, a run does not choose what is read")


def _adapter(run: "Run", given: dict[str, Any]) -> "AdapterLike":
    """The adapter that the options name, else the published one that the run says it was read with."""
    from fsbench import submissions as adapters
    from fsbench.cli.adapter_options import build_adapter
    from fsbench.core.errors import UsageError

    recorded = {name: value for name, value in _recorded(run).items() if name != "changes"}
    # Only a name that is known: a run that somebody sent must not choose a file to execute.
    if given["adapter"] is None and recorded in [{"adapter": name} for name in adapters.names()]:
        return adapters.get(recorded["adapter"])
    if given["adapter"] is None:
        raise UsageError(f"say with -a and its options how the predictions are read; the run was read with {recorded}")
    return build_adapter(**given)


def _write_sample(source: "Source", sample: str, path: Any, limit_mm: float) -> None:
    from fsbench.io import write_ply
    from fsbench.report.heatmaps.pictures import three_views
    from fsbench.report.heatmaps.views import colours
    from fsbench.runs.files import write_atomically

    heat = source.heat(sample)
    if path.suffix.lower() == ".ply":
        write_ply(path, heat.prediction, colours(heat.distances_mm, limit_mm), heat.distances_mm)
    else:
        write_atomically(path, three_views(heat, _description(source), limit_mm))
    say(f"{visible(heat.title)}; wrote {path}")


def _write_sheet(source: "Source", path: Any, by: str | None) -> None:
    from fsbench.core.errors import UsageError
    from fsbench.report.heatmaps.measured import PICKS, picks
    from fsbench.report.heatmaps.pictures import sheet
    from fsbench.report.layout import default_layouts, layout
    from fsbench.runs.files import write_atomically

    divided = layout([source.run], by or default_layouts(source.run)[0])
    chosen = picks(source.run, divided, source.metric)
    if not chosen:
        raise UsageError(f"{source.run.method}: no sample of {divided.title} has a score")
    rows = [(title, {pick: source.heat(name, brief=True) for pick, name in names.items()}) for title, names in chosen]
    title = f"{source.run.method}: {divided.title}"
    write_atomically(path, sheet(rows, PICKS, title, _description(source)))
    for bin_title, names in chosen:
        say(f"{visible(bin_title)}: {', '.join(f'{pick} {visible(name)}' for pick, name in names.items())}")


def _description(source: "Source") -> str:
    return f"{source.note}. Measured as {source.run.signature}."
