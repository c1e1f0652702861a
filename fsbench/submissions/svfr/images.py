"""The images of the SVFR benchmark, and the names of their files in the zip."""

from dataclasses import dataclass

from fsbench.benchmarks.spec import load_spec

SUBTASKS = ("posed", "neutral")
N_FLAME_VERTICES, N_FLAME_FACES = 5023, 9976
"""Of FLAME's topology, for which the server needs no landmarks."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One mesh of a complete zip.

    Attributes
    ----------
    image : str
        PERSON/SEQUENCE_TIMESTEP_CAMERA, person and timestep in three digits.
    subtask : str
        "posed" or "neutral".
    """

    image: str
    subtask: str

    @property
    def person(self) -> str:
        """The person, in three digits."""
        return self.image.partition("/")[0]

    @property
    def mesh(self) -> str:
        """Name of the mesh in the zip."""
        return f"{self.image}/mesh_{self.subtask}.ply"

    @property
    def landmarks(self) -> str:
        """Name of its landmarks in the zip."""
        return f"{self.image}/landmarks_{self.subtask}.npy"


def images() -> tuple[str, ...]:
    """All images, in the order of the official program."""
    return tuple(load_spec("svfr-local").raw["samples"]["images"])
