"""The TOML of a built benchmark: any number of subjects, focal lengths and views."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from fsbench.build.lab import Record
from fsbench.build.plan import Plan
from fsbench.core.patterns import require_text
from fsbench.core.spec import NOT_PUBLISHABLE, PUBLISHABLE_BIN
from fsbench.core.visible import visible

_WHERE = "built by `fsbench build heads`; see CARD.md beside this file"
_CITATION = "their owner, and for the protocol Zhu et al., FaceScape, TPAMI 2023, arXiv:2111.01082"
_LONGEST = 200
_SUBJECT = "{subject:02d}"


def specification(name: str, plan: Plan, records: Sequence[Record]) -> str:
    """The content of benchmark.toml.

    Parameters
    ----------
    name : str
        Of the benchmark, in tables and signatures.
    plan : Plan
    records : sequence of Record
        Of all heads, by number.
    """
    focals = [f"{focal:g}" for focal in plan.focals_px]
    lost = [sample for record in records for sample in record.lost]
    sample = _SUBJECT + "_{focal}_{view:02d}"
    lines = [
        f"# {name}: {len(records)} faces x {len(focals)} focal lengths x {len(plan.rig.places)} views, rendered.",
        f"name = {_text(name)}",
        f"title = {_text(f'{name} (rendered heads)')}",
        'protocol = "facescape"',
        'align = "depth-median-rays"',
        f"citation = {_text(_CITATION)}",
        f"where = {_text(_WHERE)}",
        'unit = "pupil-normalised mm: every subject\'s pupil distance counts as 62.85 mm"',
        'frame = "cv"',
        'predictions = "pred/lab_pred"',
        'main_metrics = ["cd_mm", "mne_rad", "cr"]',
        "",
        "[axes]",
        'pose_deg = "Head pose"',
        'focal_px = "Focal length"',
        "",
        "[samples]",
        f"name = {_text(sample)}",
        *([f"without = {_list(lost)}"] if lost else []),
        "[samples.axes]",
        f"subject = {len(records)}",
        f"focal = {len(focals)}",
        f"view = {len(plan.rig.places)}",
        "",
        *_bin("subject", "subject", [record.subject for record in records]),
        *(
            _bin("expression", "subject", [record.expression or "-" for record in records])
            if any(record.expression for record in records)
            else []
        ),
        *_publishable("subject", [record.facts.get("publishable", True) for record in records]),
        *_bin("view", "view", [f"{k:02d}" for k in range(len(plan.rig.places))]),
        *_bin("pose_deg", "view", list(plan.rig.pose_labels)),
        *_bin("focal_px", "focal", focals),
        "[reference]",
        f'mesh = "data/lab_gt_mesh/{_SUBJECT}.obj"',
        f'camera = "data/lab_cam/{sample}.json"',
        "",
        "[predef]",
        'rotation = { file = "code/predef/lab_rotations.npy", axis = "view", shape = [3, 3] }',
        'head_center = { file = "code/predef/lab_head_centers.npy", axis = "focal", shape = [3] }',
        "",
        *_table("pose", f"{name}, by view angle", "pose_deg", "°", _ordered(plan.rig.pose_labels)),
        *_table("focal", f"{name}, by focal length", "focal_px", " px", focals),
    ]
    return "\n".join(lines)


def index_specification(
    name: str,
    what: str,
    command: str,
    bins: Mapping[str, Sequence[str]],
    tables: Mapping[str, str] = MappingProxyType({}),
    lost: Sequence[int] = (),
    may_be_shown: Sequence[bool] = (),
    perspective: bool = True,
) -> str:
    """The content of benchmark.toml for samples by number, each with its own pose and camera.

    Parameters
    ----------
    name : str
    what : str
        The samples are, such as "tuples".
    command : str
        That built it, such as "build tuples".
    bins : mapping of str to sequence of str
        A label for every sample, by bin.
    tables : mapping of str to str
        Further bins that get a table, and how its title says them.
    lost : sequence of int
        Numbers of the samples that were left out.
    may_be_shown : sequence of bool
        Whether pictures of each may be published; all may where it is empty.
    perspective : bool
        Pinhole cameras; orthographic ones otherwise.
    """
    kind = "lab" if perspective else "wild"
    lines = [
        f"name = {_text(name)}",
        f"title = {_text(f'{name} ({what})')}",
        'protocol = "facescape"',
        f'align = "{"depth-median-rays" if perspective else "depth-median"}"',
        f"citation = {_text(_CITATION)}",
        f"where = {_text(f'built by `fsbench {command}`; see CARD.md beside this file')}",
        'unit = "pupil-normalised mm: every subject\'s pupil distance counts as 62.85 mm"',
        f'frame = "{"cv" if perspective else "ortho"}"',
        f'predictions = "pred/{kind}_pred"',
        'main_metrics = ["cd_mm", "mne_rad", "cr"]',
        "",
        "[axes]",
        'pose_deg = "Head pose"',
        "",
        "[samples]",
        'name = "{index:04d}"',
        *([f"without = {_list([f'{number:04d}' for number in lost])}"] if lost else []),
        "[samples.axes]",
        f"index = {len(bins['subject'])}",
        "",
        *(line for label, labels in bins.items() for line in _bin(label, "index", labels)),
        *_publishable("index", may_be_shown),
        "[reference]",
        f'mesh = "data/{kind}_gt_mesh/{{index:04d}}.obj"',
        *(['camera = "data/lab_cam/{index:04d}.json"'] if perspective else []),
        "",
        "[predef]",
        f'rotation = {{ file = "code/predef/{kind}_rotations.npy", axis = "index", shape = [3, 3] }}',
        f'head_center = {{ file = "code/predef/{kind}_head_centers.npy", axis = "index", shape = [3] }}',
        *(
            []
            if perspective
            else ['mm_per_unit = { file = "code/predef/wild_pupil_scales.npy", axis = "index", shape = [] }']
        ),
        "",
        *_table("pose", f"{name}, by pose", "pose_deg", "°", _ordered(bins["pose_deg"])),
        *(
            line
            for by, said in tables.items()
            for line in _table(by, f"{name}, by {said}", by, "", _distinct(bins[by]))
        ),
    ]
    return "\n".join(lines)


def write_specification(path: Path, text: str) -> None:
    """Write the file."""
    path.write_text(text, encoding="utf-8", newline="\n")


def _ordered(labels: Sequence[str]) -> list[str]:
    return sorted(set(labels), key=lambda label: int(label.split("-")[0]))


def _publishable(axis: str, may: Sequence[bool]) -> list[str]:
    """The bin of those who may not be shown; none where all may."""
    return [] if all(may) else _bin(PUBLISHABLE_BIN, axis, ["yes" if one else NOT_PUBLISHABLE for one in may])


def _distinct(labels: Sequence[str]) -> list[str]:
    return sorted(set(labels))


def _bin(name: str, axis: str, labels: Sequence[str]) -> list[str]:
    return [f"[bins.{name}]", f'axis = "{axis}"', f"labels = {_list(labels)}", ""]


def _table(name: str, title: str, by: str, unit: str, labels: Sequence[str]) -> list[str]:
    columns = ", ".join(f"{_text(label)} = {_text(label)}" for label in labels)
    return [
        "[[tables]]",
        f'name = "{name}"',
        f"title = {_text(title)}",
        f'by = "{by}"',
        f"unit = {_text(unit)}",
        f"columns = {{ {columns} }}",
        "",
    ]


def _list(texts: Sequence[str]) -> str:
    """A list of texts, of which names from disk may hold anything."""
    return f"[{', '.join(_text(visible(text)[:_LONGEST]) for text in texts)}]"


def _text(text: str) -> str:
    """A basic string of TOML, whose escapes are those of JSON."""
    return json.dumps(require_text(text), ensure_ascii=False)
