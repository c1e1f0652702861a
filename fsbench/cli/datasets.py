"""`fsbench datasets`: list the benchmarks, and whether their data is complete here."""

import click

from fsbench.cli.messages import put


@click.command("datasets")
@click.option(
    "--root", type=click.Path(file_okay=False), help="The benchmark's folder, to check that its data is complete."
)
def command(root: str | None) -> None:
    """List the benchmarks that fsbench knows, and whether their data is complete under --root."""
    from pathlib import Path

    from fsbench.benchmarks import load_spec, spec_names
    from fsbench.core.errors import UsageError

    if root is not None and not Path(root).is_dir():
        raise UsageError(f"{root}: no such folder")
    width = max(map(len, spec_names()))
    margin = " " * (width + 1)
    for name in spec_names():
        spec = load_spec(name)
        bins = "; ".join(f"{bin_}: {_few(labels)}" for bin_, labels in spec.bins.items())
        listed = spec.raw["samples"].get("listed")
        samples = f"samples: {listed}" if listed else f"{len(spec.samples)} samples"
        put(f"{name:<{width}} {spec.title}, {samples}")
        if bins:
            put(f"{margin}{bins}")
        if root is not None:
            put(f"{margin}{_presence(name, root)}")
        else:
            put(click.wrap_text(f"get it: {spec.where}", 98, margin, margin))


def _few(labels: list[str]) -> str:
    return " ".join(labels) if len(labels) <= 6 else f"{labels[0]} ... {labels[-1]}"


def _presence(name: str, root: str) -> str:
    from fsbench.benchmarks import open_benchmark
    from fsbench.core.errors import FsbenchError

    try:
        benchmark = open_benchmark(name, root)
    except FsbenchError as error:
        return f"not usable here: {error}"
    if benchmark.spec.raw.get("layout") == "pairs":
        # The benchmark has no data of its own.
        return f"takes every mesh under --root for a reference, here {len(benchmark.samples)}"
    if benchmark.references.absent:
        return f"incomplete here: {benchmark.references.absent}"
    missing = benchmark.missing_references()
    if not missing:
        return f"complete here, {len(benchmark.samples)} samples"
    return (
        f"incomplete here: {len(missing)} of {len(benchmark.samples)} samples have no reference, "
        f"the first is {missing[0]}"
    )
