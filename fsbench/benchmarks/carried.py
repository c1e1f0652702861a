"""A run's copy of the user's own specification, so that its tables need no file; read back with care."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fsbench.benchmarks.spec import load_spec, parse_spec, spec_names
from fsbench.core.errors import FormatError
from fsbench.core.spec import Spec
from fsbench.core.visible import visible

_TEXTS = ("name", "title", "protocol", "citation", "where", "unit", "frame")
_REPORTED = ("tables", "main_metrics", "show_overall")
_KEY = "specification"


def carried(spec: Spec, file: str) -> dict[str, Any]:
    """The copy for a run's manifest; empty for a benchmark that comes with fsbench, as its name is enough."""
    if not spec.digest:
        return {}
    kept = {key: spec.raw[key] for key in (*_TEXTS, *_REPORTED) if key in spec.raw}
    subjects = spec.raw["samples"].get("subjects")
    content = {**kept, "digest": spec.digest, "file": str(Path(file).absolute()), "subjects": subjects}
    # Convert as it will be read: TOML has dates, which JSON lacks.
    plain: dict[str, Any] = _on_one_line(json.loads(json.dumps(content, default=str)))
    return {_KEY: plain}


def _on_one_line(content: Any) -> Any:
    """The same with every text on one line, as a run's texts are."""
    if isinstance(content, dict):
        return {_on_one_line(key): _on_one_line(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_on_one_line(value) for value in content]
    return visible(" ".join(content.split())) if isinstance(content, str) else content


def file_of(manifest: Mapping[str, Any]) -> str:
    """Where the specification of a run was; empty for a benchmark that comes with fsbench; errors as `spec_of_run`."""
    if _KEY not in manifest:
        return ""
    spec_of_run(manifest)
    return str(manifest[_KEY].get("file", "its own .toml"))


def spec_of_run(manifest: Mapping[str, Any]) -> Spec | None:
    """The specification of a run's benchmark, without samples if the run carries it; None if it is not known.

    Raises
    ------
    FormatError
        If the run carries no valid specification.
    """
    name, content = manifest.get("benchmark"), manifest.get(_KEY)
    if content is None:
        # A run of an earlier version carries none; its benchmark may have the name of one of ours.
        is_own = "@" in str(manifest.get("signature")).partition("|")[0]
        return load_spec(str(name)) if name in spec_names() and not is_own else None
    try:
        return _parse(content)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise FormatError(f"the run's specification of {name} is damaged: {error!r}") from None


def _parse(content: Any) -> Spec:
    if not all(text.isprintable() for text in _texts(content)):
        raise ValueError("a text of it cannot be printed")
    names, subjects = content.get("main_metrics", []), content.get("subjects")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TypeError("main_metrics should be names")
    if subjects is not None and type(subjects) is not int:
        raise TypeError("subjects should be a number")
    samples = {"listed": "by the run"} | ({} if subjects is None else {"subjects": subjects})
    return parse_spec({**content, "samples": samples}, str(content["digest"]))


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield from (key, *_texts(value))
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value)
    elif isinstance(content, str):
        yield content
