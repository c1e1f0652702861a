"""How fast `fsbench score` is, against the plain evaluator, in one run: `make bench`, or with --help.

Prints throughputs and ratios, a table of stages with the floor, and how time and memory grow; writes all of it to
bench/*.json and plots to bench/*.png. Everything that is compared is run in turns, so that a machine whose speed
drifts spoils no ratio; medians are shown, of wall time and of CPU time (user and system, of one process).

To compare with the official evaluator, say how it is called in its own environment, here or in FSBENCH_OFFICIAL:

    --official "ENV/bin/python evaluate.py --root {root} --pred {pred} --samples {samples} --out {out}"

with the benchmark's folder, the method's folder, the samples' names with commas between, and a folder to write to.
"""

import argparse
import json
import os
import platform
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
TOOLS = HERE.parent.parent / "shared" / "tools"
METHOD = "MethodA"

# The plain evaluator imports open3d itself; this finds the library that it wants on systems without it.
RUN_PLAIN = (
    "import runpy, sys; from fsbench.geometry.rays import load_backend; load_backend(); "
    "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
)
RUN_OURS = "from fsbench.cli import main; main()"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=40, help="samples in the wild (a multiple of 4), default 40")
    parser.add_argument("--rounds", type=int, default=2, help="times that every command is run, default 2")
    parser.add_argument("--data", type=Path, default=HERE / "data", help="where the benchmark is made and kept")
    parser.add_argument("--official", default=os.environ.get("FSBENCH_OFFICIAL", ""), help="see above")
    parser.add_argument("--only", choices=["commands", "stages", "growth"], help="one part alone")
    arguments = parser.parse_args()
    root = benchmark(arguments.data, arguments.samples)
    sys.path.insert(0, str(HERE))
    from growth import growth
    from stages import stages

    parts: dict[str, Callable[[], object]] = {
        "commands": lambda: commands(root, arguments.rounds, arguments.official),
        "stages": lambda: stages(root, METHOD),
        "growth": lambda: growth(root, METHOD, HERE),
    }
    about = {
        "machine": platform.processor() or platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "samples": arguments.samples,
    }
    for name, measure in parts.items():
        if arguments.only in (None, name):
            (HERE / f"{name}.json").write_text(json.dumps({**about, name: measure()}, indent=2) + "\n")


def benchmark(data: Path, n_samples: int) -> Path:
    """Make the benchmark, or take the one that was made before."""
    tool = TOOLS / "make_facescape_like.py"
    if not tool.is_file():
        sys.exit(f"{tool} is not there: it makes the meshes that this measures on")
    root = data / f"wild-{n_samples}"
    if not (root / "done").is_file():
        shutil.rmtree(root, ignore_errors=True)
        print(f"making {n_samples} samples in {root} ...", file=sys.stderr)
        command = [sys.executable, str(tool), str(root), "--wild", str(n_samples), "--lab-subjects", "0"]
        subprocess.run([*command, "--methods", METHOD], check=True, stdout=subprocess.DEVNULL)
        (root / "done").touch()
    return root


def commands(root: Path, rounds: int, official: str = "") -> dict[str, dict[str, object]]:
    """Whole commands, from start to exit."""
    names = sorted(path.stem for path in (root / "data/wild_gt_mesh").glob("*.obj"))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        calls = {
            f"fsbench, {state}, --jobs {jobs}": (lambda state=state, jobs=jobs: _ours(root, work, names, state, jobs))
            for jobs in (2, 1)
            for state in ("cold", "warm")
        }
        if (TOOLS / "plain_facescape.py").is_file():
            calls = {"plain": lambda: _plain(root, work, names), **calls}
        else:
            print(f"{TOOLS / 'plain_facescape.py'} is not there: no ratios to the plain evaluator", file=sys.stderr)
        if official:
            calls = {"official": lambda: _official(official, root, work, names), **calls}
        else:
            print("no --official COMMAND: no ratios to the official evaluator", file=sys.stderr)
        times: dict[str, list[_Times]] = {name: [] for name in calls}
        for _ in range(rounds):
            for name, call in calls.items():
                times[name].append(call())
    slow = [name for name in ("official", "plain") if name in times]
    print(
        f"\n{'whole command':28} {'s':>7} {'samples/s':>10} {'CPU ms':>8}", *(f"{'CPU x ' + name:>15}" for name in slow)
    )
    rows: dict[str, dict[str, object]] = {}
    for name, found in times.items():
        wall, cpu = (statistics.median(each) for each in zip(*found, strict=True))
        # Round by round, as the machine may be slower in one than in another.
        ratios = {
            other: statistics.median(theirs.cpu / ours.cpu for theirs, ours in zip(times[other], found, strict=True))
            for other in slow
        }
        rows[name] = {"seconds": [one.wall for one in found], "samples_per_second": len(names) / wall}
        shown = [f"{'-':>8}"]
        # The system does not count the time of workers that nobody waited for.
        if not name.endswith("--jobs 2"):
            rows[name] |= {"cpu_seconds": [one.cpu for one in found], "cpu_times": ratios}
            shown = [f"{1000 * cpu / len(names):8.1f}", *(f"{ratio:15.2f}" for ratio in ratios.values())]
        print(f"{name:28} {wall:7.2f} {len(names) / wall:10.2f}", *shown)
    return rows


class _Times(NamedTuple):
    """Seconds of a command."""

    wall: float
    cpu: float


def _official(command: str, root: Path, work: Path, names: list[str]) -> _Times:
    values = {
        "root": root,
        "pred": root / "pred/wild_pred" / METHOD,
        "samples": ",".join(names),
        "out": work / "official",
    }
    return _timed([part.format(**values) for part in shlex.split(command)], work)


def _plain(root: Path, work: Path, names: list[str]) -> _Times:
    arguments = [str(TOOLS / "plain_facescape.py"), str(root), "fswild", METHOD, "--out", str(work / "plain.csv")]
    return _timed([sys.executable, "-c", RUN_PLAIN, *arguments, "--only", ",".join(names)], work)


def _ours(root: Path, work: Path, names: list[str], state: str, jobs: int) -> _Times:
    if state == "cold":
        shutil.rmtree(work / "cache", ignore_errors=True)
    shutil.rmtree(work / "run", ignore_errors=True)
    files = ["--root", str(root), "--pred", str(root / "pred/wild_pred" / METHOD), "-a", "3DDFA_V2"]
    chosen = ["--samples", ",".join(names), "--jobs", str(jobs), "--out", str(work / "run")]
    return _timed([sys.executable, "-c", RUN_OURS, "score", "fswild", *files, *chosen], work)


def _timed(command: list[str], work: Path) -> _Times:
    environment = {**os.environ, "XDG_CACHE_HOME": str(work / "cache")}
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command[:6])} ... failed:\n{done.stderr}")
    return _Times(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    main()
