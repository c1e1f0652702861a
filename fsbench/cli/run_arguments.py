"""RUN...: folders of runs, or their names in the project file; without any, all runs of the file that are done."""

from collections.abc import Sequence
from pathlib import Path

from fsbench.cli.messages import say
from fsbench.cli.project import NAME, Project, find_project
from fsbench.core.errors import UsageError
from fsbench.core.visible import visible


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
    if project is None or run not in project.runs or Path(run).exists():
        return Path(run)
    _warn_of_another(project, run)
    return project.out(run)


def _warn_of_another(project: Project, name: str) -> None:
    """Say that the folder of a run holds one of another method or benchmark than the file asks for."""
    from fsbench.benchmarks import load_spec
    from fsbench.runs.run import load_manifest
    from fsbench.scoring.labels import method_label

    folder, asked = project.out(name), project.runs[name]
    if not (folder / "run.json").is_file():
        return
    held = load_manifest(folder)
    there = f"{held['benchmark']} {held['method']}"
    wanted = f"{load_spec(asked['benchmark']).name} {method_label(asked.get('method'), asked['pred'])}"
    if visible(there) != visible(wanted):
        say(
            f"warning: {folder} holds a run of {visible(there)}, but {project.place(name)} is {visible(wanted)}; "
            f"`fsbench score {name} --overwrite` scores that"
        )


def _finished(project: Project) -> list[Path]:
    """The folders of the finished runs; prints how far the others are."""
    from fsbench.runs.journal import progress_of

    done = []
    for name in project.runs:
        folder = project.out(name)
        if (folder / "run.json").is_file():
            _warn_of_another(project, name)
            done.append(folder)
        else:
            state = progress_of(folder) or "is not scored yet"
            say(f"note: {name} is left out: it {state}; `fsbench score {name}` goes on")
    if not done:
        raise UsageError(
            f"{project.path}: none of its {len(project.runs)} runs is finished; `fsbench score` scores them"
        )
    return done
