"""Says what to do with meshes in formats that are not read."""

from pathlib import Path

from fsbench.io.files import suffix_of
from fsbench.io.names import in_listing

_READ = (".obj", ".ply", ".stl", ".off")
_PACKERS = {".gz": "gzip -d", ".bz2": "bzip2 -d", ".xz": "xz -d", ".zst": "zstd -d", ".zip": "unzip"}
_SCENE = "export the mesh as .ply or .obj, with Blender, MeshLab or trimesh"
_ARRAYS = "write its vertices and faces as .ply or .obj, with fsbench.io.write_ply(path, Mesh(vertices, faces))"
_EXPORTED = dict.fromkeys((".glb", ".gltf", ".fbx", ".dae", ".3ds", ".blend", ".usd", ".usdz", ".wrl", ".vtk"), _SCENE)
_EXPORTED |= dict.fromkeys((".npz", ".npy", ".pkl", ".pickle", ".pt", ".pth", ".mat", ".h5"), _ARRAYS)
_PACKED = tuple(f"{read}{packed}" for end in _READ for read in (end, end.upper()) for packed in _PACKERS)
_FORMS = (*_EXPORTED, *_READ, *_PACKED)


def why_not_read(name: str, wanted: str = "") -> str:
    """What to do with a mesh in a format that is not read; empty for all other names.

    Parameters
    ----------
    name : str
        The file's.
    wanted : str, optional
        Name of the file that would be read; by default any mesh format.

    Examples
    --------
    >>> why_not_read("000.obj.GZ")
    'unpack it to 000.obj (gzip -d)'
    >>> why_not_read("000.ply", "000.obj")
    'convert it to 000.obj'
    >>> why_not_read("000.ply")
    ''
    """
    suffix = suffix_of(name)
    stem = name[: len(name) - len(suffix)]
    if suffix in _PACKERS and suffix_of(stem) in _READ:
        return f"unpack it to {stem} ({_PACKERS[suffix]})"
    if suffix in _READ and wanted and suffix_of(wanted) in _READ and suffix != suffix_of(wanted):
        return f"convert it to {wanted}"
    return _EXPORTED.get(suffix, "")


def instead_of(folder: Path, *wanted: str) -> str:
    """Name the file found in place of a missing mesh, and what to do with it; empty if there is none.

    Parameters
    ----------
    folder : Path
    wanted : str
        Names of files, any of which would be read.
    """
    for name in wanted:
        stem = name[: len(name) - len(suffix_of(name))]
        for found in (one for form in _FORMS for one in in_listing(folder, stem + form)):
            why = why_not_read(found, name)
            if why and found not in wanted:
                return f"; there is {found}: {why}"
    return ""
