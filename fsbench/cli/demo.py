"""`fsbench demo`: the main job from end to end, on the sample benchmark."""

from typing import TYPE_CHECKING

import click

from fsbench.cli.messages import put, say
from fsbench.cli.signature_option import signed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fsbench.benchmarks import Benchmark
    from fsbench.runs import Run
    from fsbench.submissions.submission import Submission

_SAME_IN_THE_WILD = (
    "linear-weak and linear-persp are equal in the wild: nobody knows the focal length of those photographs, so there "
    "is no perspective to fit; in the lab they differ"
)
_SHOWN = ("000", "100", "201", "302", "00_0_00", "00_2_03", "01_1_09", "02_0_05")
"""Samples whose images the demo shows, of the default size; rendering all of them takes some ten seconds more."""

BENCHMARKS = {"fswild": "wild_pred", "fslab": "lab_pred"}
_PEOPLE = 3
"""With expressions: enough for the worst, the median and the best one to be others."""
_AT_ONCE = 1
"""A row of a rig takes less time than another process to start."""


@click.command("demo")
@click.option("--out", default="demo", show_default=True, type=click.Path(file_okay=False), help="Folder for it all.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Samples scored at once.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the sample benchmark.")
@click.option("--wild", type=click.IntRange(4), default=40, show_default=True, help="Images in the wild, by fours.")
@click.option(
    "--subjects", type=click.IntRange(1), default=3, show_default=True, help="Faces in the lab, 33 images each."
)
def command(out: str, jobs: int, seed: int, wild: int, subjects: int) -> None:
    """Write the sample benchmark, score three baselines on both of its parts, show tables, draw plots, write a page.

    The baselines see 68 noisy landmarks and nothing else: these are honest numbers of weak methods on
    made-up heads, to show what the benchmark measures. Four expression rigs of three people follow. A second
    call keeps the samples and scores them again.
    """
    from pathlib import Path

    from fsbench.report.formats import FORMATS
    from fsbench.report.tables import build
    from fsbench.stats.layout import OVERALL, default_layouts

    folder = Path(out)
    sample, rigs = _sample(folder, seed, wild, subjects), _rigs(folder, seed)
    _show_images(sample, folder / "images.png")
    everything: list[Run] = []
    for benchmark in BENCHMARKS:
        runs = _score(sample, benchmark, folder / "runs", jobs)
        everything += runs
        tables = [build(runs, by) for by in default_layouts(runs[0])]
        put(FORMATS["text"]([signed(table, "text", False) for table in tables]))
        for path, caption in _plot(runs, folder).items():
            say(f"wrote {path}, and its caption beside it:\n  {caption}")
        if benchmark == "fswild":
            say(_SAME_IN_THE_WILD)
    moving = _score_rigs(rigs, folder / "runs")
    put(FORMATS["text"]([signed(build(moving, OVERALL), "text", False)]))
    everything += moving
    say(f"the sample benchmark is in {sample}, the rigs are in {rigs}, the runs are in {folder / 'runs'}")
    _report(everything, folder)


def _sample(folder: "Path", seed: int, n_wild: int, n_subjects: int) -> "Path":
    from fsbench.sample import write

    wanted = {"seed": seed, "wild": n_wild, "subjects": n_subjects}
    words = f"the sample benchmark: {n_wild} images in the wild, {33 * n_subjects} in the lab"
    return _made(
        folder / "sample",
        wanted,
        words,
        lambda place: write(place, seed=seed, n_wild=n_wild, n_subjects=n_subjects, images=_SHOWN),
    )


def _rigs(folder: "Path", seed: int) -> "Path":
    from fsbench.sample.rigs import write_rigs

    wanted, words = {"seed": seed, "people": _PEOPLE}, f"expression rigs of {_PEOPLE} people"
    return _made(folder / "rigs", wanted, words, lambda place: write_rigs(place, seed=seed, n_subjects=_PEOPLE))


def _made(place: "Path", wanted: dict[str, int], words: str, write: "Callable[[Path], object]") -> "Path":
    """Write a sample unless the one that is there is of the same making."""
    import json
    import shutil

    import fsbench
    from fsbench.core.errors import UsageError

    making = json.dumps({"fsbench": fsbench.__version__, **wanted})
    if place.exists():
        mark = place / "demo.json"
        if mark.is_file() and mark.read_text() == making:
            return place
        raise UsageError(f"{place} is of another seed, size or version: remove {place.parent}, or choose another --out")
    say(f"writing {words}")
    partial = place.with_name(f"{place.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    write(partial)
    # Moved as a whole, with its mark, so that a demo that is stopped here starts anew.
    (partial / "demo.json").write_text(making)
    partial.rename(place)
    return place


def _show_images(sample: "Path", row: "Path") -> None:
    """Some of the images, side by side."""
    from fsbench.build.card import RENDERED
    from fsbench.sample.pictures import write_row

    images = [path for name in _SHOWN for path in sorted((sample / "data").glob(f"*_img/{name}.png"))]
    if images:
        write_row(images, row)
        say(f"wrote {row}: some of the images; `fsbench sample DIR --images` renders all.\n  {RENDERED}")


def _score(sample: "Path", benchmark: str, out: "Path", jobs: int) -> list["Run"]:
    from fsbench import submissions
    from fsbench.benchmarks import Benchmark
    from fsbench.sample import METHODS
    from fsbench.submissions.submission import Submission

    opened = Benchmark.open(benchmark, sample)
    found = []
    for method, baseline in METHODS.items():
        pred = sample / "pred" / BENCHMARKS[benchmark] / method
        found.append((method, Submission(str(pred), submissions.get(baseline.adapters[benchmark]))))
    return _score_all(opened, found, out, jobs)


def _score_rigs(rigs: "Path", out: "Path") -> list["Run"]:
    from fsbench.benchmarks import Benchmark, Choice
    from fsbench.sample.rigs import RIGS, WrittenRigs
    from fsbench.submissions.submission import Submission

    at = WrittenRigs(rigs, (), tuple(RIGS))
    marks = str(at.landmarks)
    choice = Choice(landmarks=marks, pred_landmarks=marks, changes=(f"stable={at.stable}",))
    opened = Benchmark.open("rig", at.captures, choice)
    return _score_all(opened, [(one, Submission(str(at.predictions(one)), None)) for one in at.methods], out, _AT_ONCE)


def _score_all(opened: "Benchmark", methods: "list[tuple[str, Submission]]", out: "Path", jobs: int) -> list["Run"]:
    from fsbench.cli.progress import Progress, summarise
    from fsbench.runs import load_run
    from fsbench.scoring.running import Running
    from fsbench.scoring.score import score_into

    absent = set(opened.missing_references())
    written = tuple(one for one in opened.samples if one.name not in absent)
    runs = []
    for method, submission in methods:
        target = out / f"{opened.name}-{method}"
        saved = score_into(
            target, opened, submission, method, written, Running(jobs), on_event=Progress(), keep_maps=True
        )
        summarise(saved, target)
        runs.append(load_run(target))
    return runs


def _report(runs: list["Run"], folder: "Path") -> None:
    """Write all runs as one page."""
    from fsbench.report.page.report import report
    from fsbench.runs.files import write_atomically

    page, _ = report(runs, [folder / "runs" / f"{run.benchmark}-{run.method}" for run in runs])
    write_atomically(folder / "report.html", page.encode())
    say(f"wrote {folder / 'report.html'}: open it in a browser")


def _plot(runs: list["Run"], folder: "Path") -> dict["Path", str]:
    """One figure a published layout, with its caption: error by pose, and in the lab by focal length."""
    from fsbench.report.plots.figure import plot
    from fsbench.runs.files import write_atomically
    from fsbench.stats.layout import default_layouts

    captions = {}
    for by in default_layouts(runs[0]):
        path = folder / f"{runs[0].benchmark}-{by}.png"
        drawn = plot(runs, "error", by, form="png")
        write_atomically(path, drawn.content)
        write_atomically(path.with_suffix(".txt"), f"{drawn.caption}\n".encode())
        captions[path] = drawn.caption
    return captions
