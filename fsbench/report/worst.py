"""The worst samples written down: as text, markdown or csv, with links into a report."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from rich.cells import cell_len

from fsbench.core import choices
from fsbench.core.visible import visible
from fsbench.report.comparison import aligned
from fsbench.report.formats import markdown
from fsbench.report.formats.delimited import as_csv
from fsbench.report.selection import beginning, shortened
from fsbench.stats.worst import Worst

WIDTH = 100
_GAP = "  "
_LONGEST_NAME, _SHORTEST_NAME, _LONGEST_BIN, _LONGEST_METHOD = 32, 14, 14, 16
_SHORTEST_REASON = 24
_OTHERS = {
    "better": "got better",
    "same": "are printed alike",
    "gained": "gained a score",
    "never": "have no score in either run",
}

Links = Mapping[str, str]
"""Where a sample is shown, by its name."""


def write_text(found: Worst, links: Links) -> str:
    """A table of 100 columns: long names and reasons are shortened, bins that do not fit are left out; then links."""
    parts = [_filled(headline(found))]
    if found.samples:
        parts.append("\n".join(_fitting(found)))
    ways = [f"{i}  {links[name]}" for i, name in enumerate(found.samples, 1) if name in links]
    parts += ["\n".join(ways)] if ways else []
    parts.append("\n".join(map(_filled, notes(found))))
    return "\n\n".join(part for part in parts if part) + "\n"


def _filled(note: str) -> str:
    return textwrap.fill(note, WIDTH, subsequent_indent=_GAP, break_long_words=False, break_on_hyphens=False)


def write_markdown(found: Worst, links: Links) -> str:
    """A pipe table, whose samples are links; the notes as a list."""
    heads, left, rows = _table(found, found.bins)
    lines = [_piped([markdown.escape(head) for head in heads]), _piped([":--" if one else "--:" for one in left])]
    for name, row in zip(found.samples, rows, strict=True):
        number, sample, *rest = map(markdown.escape, row)
        lines.append(_piped([number, f"[{sample}]({links[name]})" if name in links else sample, *rest]))
    said = "\n".join(f"- {markdown.escape(note)}" for note in notes(found))
    parts = [markdown.escape(headline(found)), "\n".join(lines) if found.samples else "", said]
    return "\n\n".join(part for part in parts if part) + "\n"


def write_csv(found: Worst, links: Links) -> str:
    """One row a sample: all digits in the run's units, whole reasons; two runs have columns _first and _second."""
    ends = ("",) if len(found.methods) == 1 else ("_first", "_second")
    names = [metric.name for metric in found.metrics]
    heads = ["sample", *found.bins, *(f"{name}{end}" for name in names for end in ends)]
    heads += ["difference"] if len(ends) > 1 else []
    heads += [f"{name}{end}" for name in ("status", "reason") for end in ends] + (["link"] if links else [])
    rows = [heads]
    for s, (name, outcomes) in enumerate(zip(found.samples, found.outcomes, strict=True)):
        values = [outcome.values[m] for m in range(len(names)) for outcome in outcomes]
        values += [found.difference(s)] if len(ends) > 1 else []
        texts = [outcome.status for outcome in outcomes] + [outcome.reason for outcome in outcomes]
        rows.append(
            [name, *found.labels[s], *map(_all_digits, values), *texts, *([links.get(name, "")] if links else [])]
        )
    return as_csv(rows)


_WRITERS: dict[str, Callable[[Worst, Links], str]] = {"text": write_text, "markdown": write_markdown, "csv": write_csv}
WORST_FORMATS = MappingProxyType({name: _WRITERS[name] for name in choices.WORST_FORMATS})
"""Name on the command line to writer; all end with a newline."""


def headline(found: Worst) -> str:
    """The headline of the list, in one line."""
    what, shown = found.metrics[0], len(found.samples)
    if len(found.methods) == 1:
        listed = f"the {shown} worst of {found.counts['scored']} samples by {what.label}, {what.better} is better"
        return f"{found.benchmark}, {found.methods[0]}: {listed if shown else 'no sample has a score'}"
    of = f"{found.benchmark}, from {found.methods[0]} to {found.methods[1]}, by {what.label}, {what.better} is better"
    return f"{of}: {_samples(found.counts['lost'])} lost the score, {found.counts['worse']} got worse"


def notes(found: Worst) -> list[str]:
    """Notes on the samples that are not listed."""
    counts, said = found.counts, []
    if counts.get("unscored"):
        said.append(f"Without a score: {_samples(counts['unscored'])}; samples.csv of the run says why.")
    if counts.get("undefined"):
        said.append(f"Scored, but without a value of this metric: {_samples(counts['undefined'])}.")
    if len(found.methods) > 1:
        left_out = counts["lost"] + counts["worse"] - len(found.samples)
        said += [f"{left_out} more lost the score or got worse: see -n."] if left_out else []
        others = [f"{counts[kind]} {words}" for kind, words in _OTHERS.items() if counts[kind]]
        said += [f"Of the others, {', '.join(others)}."] if others else []
    if counts["one_run_only"]:
        said.append(f"Left out, as only one of the runs has them: {_samples(counts['one_run_only'])}.")
    said += [f"{note}." for note in dict.fromkeys(metric.note for metric in found.metrics if metric.note)]
    return [*said, f"measured as {found.signature}"]


def _samples(n: int) -> str:
    return f"{n} sample" if n == 1 else f"{n} samples"


def _fitting(found: Worst) -> Iterator[str]:
    """Lines of the table, with as many bins, and as much of names, as leave room for a reason."""
    tries = [(n, _LONGEST_NAME) for n in range(len(found.bins), -1, -1)] + [(0, _SHORTEST_NAME)]
    for n_bins, longest in tries:
        heads, left, rows = _table(found, found.bins[:n_bins], longest)
        widths = [max(map(cell_len, column)) for column in zip(heads, *rows, strict=True)]
        room = WIDTH - sum(widths[:-1]) - len(_GAP) * (len(widths) - 1)
        if room >= min(widths[-1], _SHORTEST_REASON):
            break
    room = max(room, cell_len(heads[-1]))
    for cells in (heads, *rows):
        reason = cells[-1] if cell_len(cells[-1]) <= room else f"{beginning(cells[-1], room - 1)}…"
        yield aligned([*cells[:-1], reason], [*widths[:-1], room], left)


def _table(found: Worst, bins: Sequence[str], longest: int = 0) -> tuple[list[str], list[bool], list[list[str]]]:
    """Headings, which columns are flush left, and printed cells, reasons last; names have at most `longest` letters."""
    cut: Callable[[str, int], str] = shortened if longest else lambda text, _: visible(text)
    heads, left = ["", "sample", *(cut(name, _LONGEST_BIN) for name in bins)], [False, True, *(True for _ in bins)]
    numbers = _headings(found, cut)
    heads, left = [*heads, *numbers, "reason"], [*left, *(False for _ in numbers), True]
    rows = []
    for s, name in enumerate(found.samples):
        labels = [cut(label, _LONGEST_BIN) for label in found.labels[s][: len(bins)]]
        rows.append([str(s + 1), cut(name, longest), *labels, *_numbers(found, s), visible(_reason(found, s))])
    return heads, left, rows


def _headings(found: Worst, cut: Callable[[str, int], str]) -> list[str]:
    first, *others = found.metrics
    if len(found.methods) == 1:
        return [metric.heading for metric in found.metrics]
    own = [cut(method, _LONGEST_METHOD) for method in found.methods]
    unit = "% points" if first.unit == "%" else first.unit
    return [*own, f"difference ({unit})" if unit else "difference", *(other.heading for other in others)]


def _numbers(found: Worst, s: int) -> list[str]:
    first, *others = found.metrics
    outcomes = found.outcomes[s]
    shown = [first.show(outcome.values[0]) for outcome in outcomes]
    if len(outcomes) == 1:
        return [*shown, *(other.show(value) for other, value in zip(others, outcomes[0].values[1:], strict=True))]
    pairs = [" / ".join(other.show(outcome.values[m]) for outcome in outcomes) for m, other in enumerate(others, 1)]
    return [*shown, first.show(found.difference(s), plus=True), *pairs]


def _reason(found: Worst, s: int) -> str:
    """Why a sample has lost its score, or its oddity in the last run."""
    last = found.outcomes[s][-1]
    if last.values[0] == last.values[0]:
        return last.reason
    status = last.status if last.status != "ok" else f"no {found.metrics[0].label}"
    return f"{status}: {last.reason}" if last.reason else status


def _piped(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _all_digits(value: float) -> str:
    return "" if value != value else repr(value)
