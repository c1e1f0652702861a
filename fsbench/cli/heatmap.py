"""`fsbench heatmap`: where on the face a prediction is off."""

from typing import TYPE_CHECKING, Any

import click

from fsbench.cli.adapter_options import adapter_options
from fsbench.cli.messages import say
from fsbench.cli.project import project_option
from fsbench.cli.run_arguments import run_folders
from fsbench.cli.scan_options import NAMES, scan_options
from fsbench.core.visible import visible

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from fsbench.report.heatmaps.measured import Source
    from fsbench.runs import Run


@click.command("heatmap")
@click.argument("run")
@click.argument("sample", required=False)
@click.option("--root", help="The benchmark's folder, as for `fsbench score` [where the run says].")
@click.option("--pred", help="The method's files, as for `fsbench score` [where the run says].")
@click.option("--benchmark", metavar="FILE", help="The .toml of a benchmark of one's own [where the run says].")
@adapter_options
@scan_options
@click.option("-o", "--out", required=True, metavar="FILE", help="Ends in .png or .ply.")
@click.option("--all", "all_", is_flag=True, help="Choose from all samples: with --sheet.")
@click.option("--sheet", is_flag=True, help="PNG of the best, median and worst sample of each bin.")
@click.option("--by", help="Bins of the sheet: pose, focal, overall, or a bin column.")
@click.option("--private", is_flag=True, help="Show persons whose pictures may not be published, for your own eyes.")
@click.option("--limit", "limit_mm", type=click.FloatRange(0, min_open=True),
              help="Distance in mm where the colours end.  [default: a round number above 95 % of them]")  # fmt: skip
@project_option
def command(
    run: str,
    sample: str | None,
    root: str | None,
    pred: str | None,
    benchmark: str | None,
    out: str,
    all_: bool,
    sheet: bool,
    by: str | None,
    private: bool,
    limit_mm: float | None,
    project: str | None,
    **options: Any,
) -> None:
    """Show where on the face the prediction of SAMPLE is off, or a sheet of samples.

    RUN is a folder that `fsbench score` wrote, or a run of the project file. A .ply has the compared surface with a
    colour and its distance to the reference (quality, in mm) at every vertex; a .png shows it from three sides, the
    reference below.

    The run records where its files are and how they were read; the options are for files that have moved since, and for
    runs that were read with a function of your own.
    """
    from pathlib import Path

    from fsbench.core.errors import UsageError
    from fsbench.runs import load_run
    from fsbench.runs.publishable import not_publishable

    path = Path(out)
    if path.suffix.lower() not in (".png", ".ply") or (sheet and path.suffix.lower() != ".png"):
        raise UsageError(f"-o {out}: the file's name should end in .png{'' if sheet else ' or .ply'}")
    if (sample is None) != sheet or all_ != sheet:
        raise UsageError("name one SAMPLE, or ask for --all --sheet")
    (folder,) = run_folders([run], project)
    loaded = load_run(folder)
    hidden = frozenset() if private else not_publishable(loaded)
    if sample in hidden:
        raise UsageError(
            f"{sample} shows a person whose pictures may not be published, as the benchmark says: --private makes it "
            "for your own eyes"
        )
    with _source(loaded, root, pred, benchmark, options) as source:
        if sample is None:
            _write_sheet(source, path, by, limit_mm, hidden)
        else:
            _write_sample(source, sample, path, limit_mm)


def _source(
    run: "Run", root: str | None, pred: str | None, benchmark: str | None, options: dict[str, Any]
) -> "AbstractContextManager[Source]":
    """Where the run's meshes are, read as the options say, else as the run says."""
    from fsbench.cli.adapter_options import build_adapter
    from fsbench.cli.submission_options import refuse_unfit
    from fsbench.report.heatmaps.recorded import opened, recorded_benchmark

    name = benchmark or recorded_benchmark(run)
    refuse_unfit(name, options)
    scans = {option: options.pop(option) for option in NAMES}
    is_told = any(value is not None for value in options.values())
    adapter = build_adapter(**options) if is_told else None
    fields = {"pred_unit": "unit"}
    choice = {fields.get(option, option): value for option, value in scans.items() if value is not None}
    return opened(run, root, pred, adapter, choice, name)


def _write_sample(source: "Source", sample: str, path: Any, asked_mm: float | None) -> None:
    from fsbench.io import write_ply
    from fsbench.report.heatmaps.pictures import three_views
    from fsbench.report.heatmaps.views import colours, scale_in_words, scale_of
    from fsbench.runs.files import write_atomically

    heat = source.heat(sample)
    limit_mm = asked_mm or scale_of([heat.distances_mm])
    if path.suffix.lower() == ".ply":
        write_ply(path, heat.prediction, colours(heat.distances_mm, limit_mm), heat.distances_mm)
    else:
        write_atomically(path, three_views(heat, _description(source), limit_mm))
    say(f"{visible(heat.title)}; wrote {path}; {scale_in_words(limit_mm, [heat.distances_mm])}")


def _write_sheet(source: "Source", path: Any, by: str | None, asked_mm: float | None, hidden: frozenset[str]) -> None:
    from fsbench.core.errors import UsageError
    from fsbench.report.heatmaps.measured import PICKS, picks
    from fsbench.report.heatmaps.pictures import sheet
    from fsbench.report.heatmaps.views import scale_in_words, scale_of
    from fsbench.runs.files import write_atomically
    from fsbench.stats.layout import default_layouts, layout

    divided = layout([source.run], by or default_layouts(source.run)[0])
    chosen = picks(source.run, divided, source.metric, hidden)
    if not chosen:
        may = " and may be shown (--private)" if hidden else ""
        raise UsageError(f"{source.run.method}: no sample of {divided.title} has a score{may}")
    rows = [(title, {pick: source.heat(name, brief=True) for pick, name in names.items()}) for title, names in chosen]
    title = f"{source.run.method}: {divided.title}"
    distances = [heat.distances_mm for _, heats in rows for heat in heats.values()]
    limit_mm = asked_mm or scale_of(distances)
    write_atomically(path, sheet(rows, PICKS, title, _description(source), limit_mm))
    say(scale_in_words(limit_mm, distances))
    if hidden:
        say(f"{len(hidden)} samples show persons whose pictures may not be published: they are passed over")
    for bin_title, names in chosen:
        say(f"{visible(bin_title)}: {', '.join(f'{pick} {visible(name)}' for pick, name in names.items())}")


def _description(source: "Source") -> str:
    return f"{source.note}. Measured as {source.run.signature}."
