"""The card of a built benchmark: what it is made of, and what it is not."""

from collections import Counter
from collections.abc import Sequence

import fsbench
from fsbench.build.lab import Record
from fsbench.build.plan import Plan
from fsbench.core.visible import visible

UNKNOWN = "not given: fill it in before you publish a number (--licence, --trained-on)"

RENDERED = 'Images are rendered, not photographed: rank methods by them, and do not call the errors "in the wild".'
"""What every command that makes images says."""

LIMITS = """\
These images are rendered, not photographed. The light is a lamp and nine spherical harmonics on a Lambertian skin:
no shadows, no highlights, no light through the skin, no hair. Lenses, noise and compression of real cameras are
absent. A network that was trained on photographs meets a domain gap of unknown size, and one that was trained on
such renderings is at home.

- Use the numbers to rank methods, and to see what pose and focal length do to each; do not call them errors
  "in the wild".
- Millimetres are normalised to a pupil distance of 62.85 mm; they are no metric truth.
- Samples of one subject are not independent: intervals are to be taken over subjects.
- No face was swapped into a photograph. That needs a face parser, relighting and the photographed people's consent,
  and the outline that remains of the first face lies where the complete rate is measured.
"""


def card(name: str, source: str, licence: str, trained_on: str, plan: Plan, records: Sequence[Record]) -> str:
    """The content of CARD.md; `records` are those of all heads."""
    done = [record for record in records if record.facts]
    n_lost = sum(len(record.lost) for record in records)
    n_samples = len(records) * len(plan.focals_px) * len(plan.rig.places) - n_lost
    factors = sorted(record.facts["mm_per_unit"] for record in done)
    settings = "\n".join(f"| {key} | {_cell(value)} |" for key, value in plan.settings().items())
    lines = [
        f"# {name}",
        "",
        f"{n_samples} samples of {len({record.subject for record in done})} subjects; `benchmark.toml` is its "
        "specification, this folder its `--root`:",
        "",
        "    fsbench score benchmark.toml --root . --pred PREDICTIONS --adapter ADAPTER --out RUN",
        "",
        "| | |",
        "|---|---|",
        f"| source | {_cell(source)} |",
        f"| licence of the source | {_cell(licence or UNKNOWN)} |",
        f"| who trained on this data | {_cell(trained_on or UNKNOWN)} |",
        f"| pupils | {_counted(done, 'pupils')} |",
        f"| factor to pupil-normalised mm | {_range(factors)} |",
        f"| reference (mask) | {_counted(done, 'reference')} |",
        settings,
        f"| made by | fsbench {fsbench.__version__} |",
        "",
        "## Limits",
        "",
        LIMITS,
        "## Heads",
        "",
        "| number | subject | expression | factor | remarks |",
        "|---|---|---|---|---|",
        *(_row(record) for record in records),
        "",
    ]
    return "\n".join(lines)


def _counted(records: Sequence[Record], key: str) -> str:
    counts = Counter(record.facts[key] for record in records)
    return (
        "; ".join(f"{_cell(what)}: {n}" if len(counts) > 1 else _cell(what) for what, n in counts.most_common()) or "-"
    )


def _range(factors: Sequence[float]) -> str:
    if not factors:
        return "-"
    low, high = factors[0], factors[-1]
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


def _row(record: Record) -> str:
    if not record.facts:
        remarks = f"left out: {next(iter(record.lost.values()), '')}"
        return f"| {record.number:02d} | {_cell(record.subject)} | {_cell(record.expression)} | - | {_cell(remarks)} |"
    lost = [f"{sample} left out: {why}" for sample, why in record.lost.items()]
    remarks = "; ".join([*record.notes, *lost])
    factor = f"{record.facts['mm_per_unit']:.4g}"
    return (
        f"| {record.number:02d} | {_cell(record.subject)} | {_cell(record.expression)} | {factor} | {_cell(remarks)} |"
    )


def _cell(value: object) -> str:
    return visible(value).replace("|", "\\|")
