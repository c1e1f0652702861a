"""Write a file whole or not at all."""

import errno
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

_PARTIAL = ".partial"
_NO_SYNC = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content`; a crash or a full disk leaves the old file.

    Raises
    ------
    OSError
        With `path` as its file name; the system's error names our temporary file, or none if the disk is full.
    """
    with replacing(path) as file:
        file.write(content)


def write_all(folder: Path, content: Mapping[str, bytes]) -> None:
    """Replace files of a folder, all of them or none: a failure restores the files replaced before it.

    Raises
    ------
    OSError
        As `write_atomically`.
    """
    before = {name: path.read_bytes() if (path := folder / name).is_file() else None for name in content}
    try:
        with ExitStack() as files:
            for name, data in content.items():
                file = files.enter_context(replacing(folder / name))
                file.write(data)
                # Write all files first: a full disk must fail before the first one is replaced.
                file.flush()
    except BaseException:
        for name, old in before.items():
            _restore(folder / name, old)
        raise


def _restore(path: Path, content: bytes | None) -> None:
    if not path.is_file() or path.read_bytes() == content:
        return
    if content is None:
        path.unlink()
    else:
        write_atomically(path, content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that replaces `path` when the block ends without an error; errors as `write_atomically`."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_PARTIAL}")
    try:
        try:
            with partial.open("xb") as file:
                yield file
                file.flush()
                sync(file.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def sync(descriptor: int) -> None:
    """Flush a file to the disk, if the file system supports it."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def remove_partial(folder: Path) -> None:
    """Remove files of a process that was killed while it wrote; no other process may be writing here."""
    for path in folder.glob(f".*{_PARTIAL}"):
        path.unlink(missing_ok=True)
