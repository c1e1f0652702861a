"""Sentences: the findings as lines with a verdict."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from fsbench.check.advice import Advice, advise, frame_options, rival_of, winding_advice
from fsbench.check.changes import as_frame
from fsbench.check.diagnosis import GOOD, HELPS, WORTH, Diagnosis
from fsbench.check.evidence import Evidence
from fsbench.check.expected_scores import ExpectedScores
from fsbench.check.files import Files
from fsbench.check.findings import Finding, counted, some
from fsbench.check.health import Health
from fsbench.check.measured import Measured, best_with_tforms, measure, measure_inverted
from fsbench.check.similarity import fit_from
from fsbench.check.units import best_unit
from fsbench.check.view_rays import AS_IS, HALF_PX
from fsbench.submissions import AdapterLike

_MOST_LINES = 6
_LOW_CR = 0.7
_APART = 0.65
_MANY = 0.01
_TURNED = 0.5
_NEARLY = 0.03


def of_files(files: Files, adapter: AdapterLike, without_reference: int) -> Iterator[Finding]:
    """Missing, misspelt and surplus files."""
    if without_reference:
        yield Finding(
            "note", "files", f"no reference under --root for {counted(without_reference, 'sample')}: not looked at"
        )
    if not files.expected:
        yield Finding("note", "files", f"only {adapter.name} knows which files it reads: they are not looked for")
        return
    yield from _missing(files, adapter)
    for what, pairs in (("lacks", files.without), ("has two meshes,", files.twice)):
        if pairs:
            yield Finding(
                "wrong", "files", f"{counted(len(pairs), 'sample')}: {some(f'{s} {what} {name}' for s, name in pairs)}"
            )
    if files.empty:
        yield Finding("wrong", "files", f"nothing in {counted(len(files.empty), 'file')}: {some(files.empty)}")
    if files.unexpected:
        kinds = Counter(Path(name).suffix or "no ending" for name in files.unexpected)
        what = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(4))
        yield Finding(
            "note",
            "files",
            f"{counted(len(files.unexpected), 'file')} that nobody reads ({what}): {some(files.unexpected)}",
        )


def _missing(files: Files, adapter: AdapterLike) -> Iterator[Finding]:
    present = files.expected - len(files.missing)
    if not files.missing:
        yield Finding("ok", "files", f"all {files.expected} samples have a mesh")
    else:
        first = adapter.files(files.missing[0])[0].names
        text = f"{present} of {files.expected} samples have a mesh; missing are {some(files.missing)}"
        text += f": there is no {' or '.join(first)}"
        if files.folders and not present:
            text += f". The folder holds folders: {some(files.folders)}. Is --pred one of them?"
        yield Finding("wrong", "files", text)
    if files.unread:
        name, wish, why = files.unread[0]
        text = f"{counted(len(files.unread), 'file')} in a form that is not read, e.g. {name} for {wish}: {why}"
        yield Finding("wrong", "files", text)
    if files.meant and files.pattern and len(files.meant) > 1:
        example, wish = files.meant[0]
        yield Finding(
            "wrong",
            "files",
            f"{len(files.meant)} files are named {files.pattern}, e.g. {example} for {wish}: "
            f"rename them{_by_pattern(adapter, files.pattern)}",
        )
        return
    for name, wish in files.meant[:_MOST_LINES]:
        yield Finding("wrong", "files", f"{name}: is it meant to be {wish}?")
    if len(files.meant) > _MOST_LINES:
        yield Finding("wrong", "files", f"... and {len(files.meant) - _MOST_LINES} more misspelt names")


def _by_pattern(adapter: AdapterLike, pattern: str) -> str:
    """The options that read files of these names as `adapter` reads its own; empty if none do."""
    frame = as_frame(adapter)
    return f", or pass {frame_options(replace(frame, pattern=pattern))}" if frame is not None else ""


def of_loading(evidence: Sequence[Evidence]) -> Iterator[Finding]:
    """Predictions that cannot be read or placed."""
    lost = [one for one in evidence if one.own is None]
    for one in lost[:_MOST_LINES]:
        yield Finding("wrong", one.sample.name, one.trouble)
    if len(lost) > _MOST_LINES:
        yield Finding("wrong", "mesh", f"{len(lost)} of the {len(evidence)} predictions looked at cannot be used")


def of_health(names: Sequence[str], healths: Sequence[Health]) -> Iterator[Finding]:
    """State of all meshes that were read."""
    if not healths:
        return
    counts = sorted(health.n_faces for health in healths)
    faces = f"{counts[0]:,}" if counts[0] == counts[-1] else f"{counts[0]:,} to {counts[-1]:,}"
    notes = list(_defects(names, healths))
    if not notes:
        yield Finding("ok", "mesh", f"{len(healths)} looked at are sound, with {faces} faces")
        return
    yield Finding("ok", "mesh", f"{len(healths)} looked at can be used, with {faces} faces")
    for note in notes:
        yield Finding("note", "mesh", note)


def _defects(names: Sequence[str], healths: Sequence[Health]) -> Iterator[str]:
    defects = (
        ("degenerate", "faces without area", ""),
        ("doubled", "faces that are there twice", ""),
        ("unused", "vertices that no face uses", ": they move the mean depth and the extent of the mesh"),
        ("repeated", "vertices at the place of another", ": seams, of a texture perhaps"),
    )
    for field, what, why in defects:
        found = {name: getattr(health, field) for name, health in zip(names, healths, strict=True)}
        hit = {name: count for name, count in found.items() if count}
        if hit:
            name, count = max(hit.items(), key=lambda item: item[1])
            yield f"{len(hit)} of {len(healths)} have {what}, {name} has {count:,}{why}"
    loose = [health for health in healths if health.loose]
    if loose:
        most = max(health.loose for health in loose)
        share = max(health.stray_share for health in loose)
        text = f"{len(loose)} of {len(healths)} have several parts, up to {most + 1}"
        yield f"{text}; {share:.1%} of the faces are not in the largest"
    mixed = [name for name, health in zip(names, healths, strict=True) if health.disagreeing > _MANY * health.n_faces]
    if mixed:
        yield f"{len(mixed)} of {len(healths)} have neighbouring faces of opposite winding: {some(mixed)}"


def of_frame(diagnosis: Diagnosis, adapter: AdapterLike, evidence: Sequence[Evidence], folder: Path) -> Finding:
    """Whether the predictions are where the references are; the likely mistake if not.

    Options are named only with the misfit that the files have when they are loaded again with these very options.
    """
    advice = advise(diagnosis)
    misfit = f"misfit {diagnosis.own_misfit:.2f} over {diagnosis.n_samples} samples, 0 is equal and 1 elsewhere"
    if advice is None and diagnosis.inverted and diagnosis.own_misfit <= GOOD:
        only = winding_advice(as_frame(adapter))
        measured = only.frame and measure(evidence, folder, only.frame)
        remedy = only.remedy if only.frame is None or (measured and measured.front > _TURNED) else "turn them over"
        return Finding("wrong", "frame", f"{only.mistake}; {remedy} ({misfit})")
    if advice is None and diagnosis.own_misfit <= GOOD:
        return Finding("ok", "frame", f"no other frame, unit or crop fits better ({misfit})")
    nowhere = f"the predictions are not where the references are, and no single change brings them there ({misfit})"
    return Finding("wrong", "frame", _mended(advice, diagnosis, adapter, evidence, folder) or nowhere)


def _mended(
    advice: Advice | None, diagnosis: Diagnosis, adapter: AdapterLike, evidence: Sequence[Evidence], folder: Path
) -> str:
    """The likely mistake and its remedy, as measured; empty if there is none to name."""
    named = [one for one in (advice, rival_of(diagnosis)) if one is not None and one.frame is not None]
    tried = [(one.mistake, found) for one in named if one.frame and (found := measure(evidence, folder, one.frame))]
    now = as_frame(adapter)
    if now is not None and (found := best_with_tforms(evidence, folder, now)):
        missing = f"the crop is missing, and {found.frame.tform} seems to hold it"
        tried.append((f"--size is another one: {found.frame.size_px:g}" if now.tform else missing, found))
    if now is not None and (found := measure_inverted(evidence, folder, now)):
        tried.append(
            (f"the files {now.tform} take pixels of the crop to pixels of the image, not the other way", found)
        )
    good = [(mistake, found) for mistake, found in tried if _mends(found, diagnosis)]
    if not good and now is not None and (unit := best_unit(evidence, folder, now)) and _mends(unit[1], diagnosis):
        good = [unit]
    if good:
        # The simplest first: another one has to be better by more than chance.
        mistake, best = min(good, key=lambda pair: pair[1].misfit + WORTH * (pair is not good[0]))
        others = [one for one in good if one[1].frame != best.frame and one[1].misfit < best.misfit + _NEARLY]
        also = "".join(f"; nearly as well fits that {what}: {frame_options(one.frame)}" for what, one in others)
        evidently = (
            f"misfit {diagnosis.own_misfit:.2f} -> {best.misfit:.2f}, better on {best.helped} of {len(evidence)}"
        )
        first = "write the inverse of each and pass" if best.inverted else "pass"
        return f"likely mistake: {mistake}; {first} {frame_options(best.frame)}{also} ({evidently} samples)"
    if advice is None:
        return ""
    if advice.frame is None:
        return f"likely mistake: {advice.mistake}; {advice.remedy} (misfit {diagnosis.own_misfit:.2f})"
    return (
        f"the predictions are not where the references are: {advice.mistake} in part, but no options were found that "
        f"mend it (misfit {diagnosis.own_misfit:.2f}); look for a second mistake"
    )


def _mends(found: Measured, diagnosis: Diagnosis) -> bool:
    return found.misfit <= GOOD and found.misfit < HELPS * diagnosis.own_misfit and found.front > _TURNED


def of_misplaced(misfit: float) -> Finding:
    """The finding of the quick check for predictions that are somewhere else."""
    return Finding(
        "wrong",
        "frame",
        f"the predictions are not where the references are (misfit {misfit:.2f}, 0 is equal and 1 elsewhere); "
        "`fsbench check` looks for the likely mistake",
    )


def of_place(evidence: Sequence[Evidence]) -> Iterator[Finding]:
    """Scale and position against the reference, for predictions in the right frame."""
    scales, shifts, covered = [], [], []
    for one in evidence:
        if one.own is None or one.own.image_from_net is not AS_IS:
            continue
        fit = fit_from(one.target, one.own.surface, one.own.mean, AS_IS)
        scales.append(1 / fit.scale)
        shifts.append(-fit.shift[:2] * HALF_PX)
        covered.append(one.target.look(one.own.surface, one.own.mean).covered)
    if scales:
        dx, dy = np.median(shifts, axis=0)
        yield Finding(
            "ok",
            "place",
            f"size {np.median(scales):.2f} of the reference's ({min(scales):.2f} to {max(scales):.2f}), "
            f"{dx:+.1f} px right and {dy:+.1f} px up of it, in the median; "
            f"{np.mean(covered):.0%} of its image is covered",
        )


def of_figures(
    sample: str, labels: str, misfit: float, found: ExpectedScores, in_place: bool, in_the_lab: bool
) -> Finding:
    """The scores that one sample would get; in a wrong frame only a note."""
    scores = found.scores
    if scores is None:
        return Finding("wrong", sample, f"{labels}: would have no score: {found.trouble}")
    before = "no overlap" if np.isnan(found.unaligned_cd_mm) else f"{found.unaligned_cd_mm:.2f} mm"
    # In the wild the file's depth has no origin, so the distance before alignment has no meaning.
    aligned = f" ({before} before depth alignment)" if in_the_lab else ""
    text = (
        f"{labels}: CR {scores.cr:.1%}, CD {scores.cd_mm:.2f} mm{aligned}, "
        f"normals {scores.normal_deg:.1f} deg, {scores.overlap_px:.0f} px of image shared"
    )
    if not in_place:
        return Finding("note", sample, f"{text}; in the wrong frame these mean nothing")
    if scores.cr < _LOW_CR:
        return Finding("note", sample, f"{text}; CR is low, and CD sees only what is covered")
    if misfit > _APART:
        return Finding("note", sample, f"{text}; this one stands apart from its reference")
    return Finding("ok", sample, text)
