"""Settings of REALY, as a user names them and with their files read."""

from dataclasses import dataclass
from pathlib import Path

from fsbench.core.errors import FsbenchError, UsageError
from fsbench.protocols.realy.layout import read_template
from fsbench.protocols.realy.protocol import Realy
from fsbench.protocols.realy.template import Template


@dataclass(frozen=True, slots=True)
class Said:
    """Settings as a user names them.

    Attributes
    ----------
    template, keypoints, mask : str
        Files of the topology of predictions: a mesh, 85 keypoints on it, and a mask of the vertices that count (by
        default all).
    views : str
        Images of a subject, such as 0,1,2: predictions are then named SUBJECT_VIEW, by default SUBJECT.
    """

    template: str = ""
    keypoints: str = ""
    mask: str = ""
    views: str = ""


FILES = frozenset({"template", "keypoints", "mask"})


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """The protocol, and the topology of predictions, which belongs to the method and is not in the signature."""

    protocol: Realy
    template: Template
    views: tuple[str, ...] = ()

    @classmethod
    def of(cls, said: Said) -> "Settings":
        """Read the files.

        Raises
        ------
        UsageError
            If a file is not named, absent or unusable, or views are not valid.
        """
        if not (said.template and said.keypoints):
            raise UsageError(
                "REALY looks keypoints up on the topology of the predictions: give --set template=T.obj and "
                "--set keypoints=T.txt, see docs/realy.md"
            )
        views = tuple(part.strip() for part in said.views.split(",")) if said.views else ()
        if len(set(views)) != len(views) or not all(view.isascii() and view.isalnum() for view in views):
            raise UsageError(f"--set views={said.views}: expected names of views, each once, as 0,1,2")
        try:
            template = read_template(Path(said.template), Path(said.keypoints), Path(said.mask) if said.mask else None)
        except UsageError:
            raise
        except FsbenchError as error:
            raise UsageError(f"the template of REALY cannot be used: {error}") from None
        return cls(Realy("template" if said.mask else "none"), template, views)

    def signature(self, benchmark: str) -> str:
        """All that can move a number, in one line."""
        head, _, version = self.protocol.signature(benchmark).rpartition("|")
        return "|".join([head, *([f"views:{'/'.join(self.views)}"] if self.views else []), version])
