"""RUN...: folders of runs, or their names in the project file; without any, all runs of the file that are done."""

from collections.abc import Sequence
from pathlib import Path

from fsbench.cli.messages import say
from fsbench.cli.project import NAME, Project, find_project
from fsbench.core.errors import UsageError


def run_folders(runs: Sequence[str], project: str | None) -> list[Path]:
    """The folders that RUN... and --project stand for.

    Raises
    ------
    UsageError
        If no run is given and there is no project file, or none of its runs is finished.
    FormatError
        If the project file is damaged.
    """
    if runs and project is None and all(Path(run).exists() for run in runs):
        return [Path(run) for run in runs]
    found = find_project(project)
    if runs:
        return [_folder(run, found) for run in runs]
    if found is None:
        raise UsageError(
            f"no RUN is given, and there is no {NAME} here: name folders that `fsbench score --out` wrote, or write a "
            "project file, see docs/project.md"
        )
    return _finished(found)


def _folder(run: str, project: Project | None) -> Path:
    named = project is not None and run in project.runs and not Path(run).exists()
    return project.out(run) if named and project is not None else Path(run)


def _finished(project: Project) -> list[Path]:
    """The folders of the finished runs; prints how far the others are."""
    from fsbench.runs.journal import progress_of

    done = []
    for name in project.runs:
        folder = project.out(name)
        if (folder / "run.json").is_file():
            done.append(folder)
        else:
            state = progress_of(folder) or "is not scored yet"
            say(f"note: {name} is left out: it {state}; `fsbench score {name}` goes on")
    if not done:
        raise UsageError(
            f"{project.path}: none of its {len(project.runs)} runs is finished; `fsbench score` scores them"
        )
    return done
