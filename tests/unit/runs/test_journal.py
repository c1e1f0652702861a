"""The journal of an unfinished run: what is in it stays in it."""

import errno
import gc
import os
import re
import shutil
import subprocess
import sys
import textwrap
import tracemalloc
from pathlib import Path

import pytest

from fsbench.core.errors import FsbenchError, UsageError
from fsbench.runs import Record
from fsbench.runs.files import write_atomically
from fsbench.runs.journal import NAME, is_unfinished, open_journal, remove_journal

SETTINGS = {"benchmark": "fswild", "method": "mine"}
RECORDS = [
    Record("000", "ok", "", {"cd_mm": 0.1 + 0.2, "cr": 1 / 3}, 0.25),
    Record("001", "missing", "no prediction: it is näher gelegen"),
    Record("002", "failed", "bug"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_journal(tmp_path / "run", SETTINGS) as journal:
        for record in RECORDS:
            journal.append(record)
    return tmp_path / "run"


def test_what_was_written_is_there_again(folder: Path) -> None:
    before = (folder / NAME).read_bytes()
    with open_journal(folder, SETTINGS) as journal:
        assert list(journal.records()) == RECORDS
        assert (folder / NAME).read_bytes() == before  # not a byte is written again
        journal.append(Record("003", "ok", "", {"cr": 1.0}))
    with open_journal(folder, SETTINGS) as journal:
        assert list(journal.places()) == ["000", "001", "002", "003"]


def test_what_was_taken_back_is_gone_for_the_next_process_too(folder: Path) -> None:
    """Else a run that is killed twice would count the score of a prediction that was replaced before the first."""
    with open_journal(folder, SETTINGS) as journal:
        journal.forget(["001"])
        assert journal.n_done == 2
    with open_journal(folder, SETTINGS) as journal:
        assert list(journal.places()) == ["000", "002"] and journal.n_done == 2
        journal.append(Record("001", "ok", "", {"cr": 0.5}))
        assert [record.status for record in journal.records(["002", "001"])] == ["failed", "ok"]


def test_a_journal_takes_no_memory_a_sample(tmp_path: Path) -> None:
    tracemalloc.start()
    sizes = []
    with open_journal(tmp_path / "run", SETTINGS) as journal:
        for i in range(4000):
            journal.append(Record(f"{i:06d}", "ok", "", {"cd_mm": i / 7, "cr": 1.0}))
            if i % 2000 == 1999:
                gc.collect()
                sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert sizes[1] - sizes[0] < 2000 * 8


def test_what_a_killed_writer_left_is_cleared_away(folder: Path) -> None:
    (folder / ".samples.csv.abc.partial").write_bytes(b"half")
    with open_journal(folder, SETTINGS):
        assert [path.name for path in folder.iterdir()] == [NAME]


@pytest.mark.parametrize("n_bytes", [1, 10, 60])
def test_a_line_that_was_cut_off_is_dropped_and_no_other(folder: Path, n_bytes: int) -> None:
    path = folder / NAME
    path.write_bytes(path.read_bytes()[:-n_bytes])
    with open_journal(folder, SETTINGS) as journal:
        assert list(journal.places()) == ["000", "001"]
        journal.append(RECORDS[2])
    with open_journal(folder, SETTINGS) as journal:
        assert list(journal.records()) == RECORDS


def test_a_header_that_was_cut_off_begins_again(folder: Path) -> None:
    (folder / NAME).write_bytes(b'{"settings": {"ben')
    with open_journal(folder, SETTINGS) as journal:
        assert not journal.places() and journal.n_done == 0
        journal.append(RECORDS[0])
    with open_journal(folder, SETTINGS) as journal:
        assert list(journal.places()) == ["000"]


def test_another_run_is_not_gone_on_with_but_replaced_on_demand(folder: Path) -> None:
    other = SETTINGS | {"method": "theirs"}
    with pytest.raises(UsageError, match="method: 'mine' there, 'theirs' now"), open_journal(folder, other):
        pass
    with open_journal(folder, other, restart=True) as journal:
        assert not journal.places() and journal.n_done == 0


def test_a_second_writer_is_refused(folder: Path) -> None:
    with open_journal(folder, SETTINGS) as journal:
        with pytest.raises(UsageError, match="another fsbench process"), open_journal(folder, SETTINGS, restart=True):
            pass
        journal.append(Record("003", "ok", "", {"cr": 1.0}))
    with open_journal(folder, SETTINGS) as journal:
        assert journal.n_done == 4


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL])
def test_a_file_system_without_locks_is_a_warning(tmp_path: Path, monkeypatch, number: int) -> None:
    def refuse(file: object, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    with (
        pytest.warns(UserWarning, match=f"has no locks .{re.escape(os.strerror(number))}"),
        open_journal(tmp_path, SETTINGS) as journal,
    ):
        journal.append(Record("000", "missing", "not there"))
    assert is_unfinished(tmp_path)


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_that_cannot_sync_is_no_full_disk(tmp_path: Path, monkeypatch, number: int) -> None:
    def refuse(file: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.fsync", refuse)
    monkeypatch.setattr("fsbench.runs.journal._SYNC_EVERY_S", -1.0)  # with every record
    with open_journal(tmp_path, SETTINGS) as journal:
        journal.append(Record("000", "missing", "not there"))
        write_atomically(tmp_path / "samples.csv", b"sample\n")
    assert (tmp_path / "samples.csv").read_bytes() == b"sample\n"
    monkeypatch.setattr("os.fsync", _full)
    with open_journal(tmp_path, SETTINGS) as journal, pytest.raises(FsbenchError, match="No space left"):
        journal.append(Record("001", "missing", "not there"))


def _full(file: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _renamed(folder: Path) -> str:
    folder.rename(folder.with_name("elsewhere"))
    return f"the 1 samples scored are kept in {folder.with_name('elsewhere')}, as {folder} was renamed"


def _deleted(folder: Path) -> str:
    shutil.rmtree(folder)
    return f"the 1 samples scored are lost, as {folder} was deleted"


def _replaced(folder: Path) -> str:
    """By the run of somebody who does not see the other one."""
    said = _renamed(folder)
    with open_journal(folder, SETTINGS):
        return said


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows where an open file is now")
@pytest.mark.parametrize("change", [_renamed, _deleted, _replaced])
def test_a_folder_that_is_gone_takes_no_record_and_is_told_truthfully(tmp_path: Path, change) -> None:
    folder = tmp_path / "run"
    with open_journal(folder, SETTINGS) as journal:
        journal.append(Record("000", "missing", "not there"))
        said = change(folder)
        with pytest.raises(FsbenchError, match=re.escape(said)):
            journal.append(Record("001", "missing", "not there"))
        with pytest.raises(FsbenchError, match=re.escape(said)):
            list(journal.records())


def test_a_journal_that_is_done_with_is_gone(folder: Path) -> None:
    remove_journal(folder)
    remove_journal(folder)
    assert not list(folder.iterdir())


def test_a_disk_that_is_full_from_the_start_is_told(tmp_path: Path) -> None:
    code = f"""
        import resource, signal, sys
        from pathlib import Path
        from fsbench.core.errors import FsbenchError
        from fsbench.runs.journal import open_journal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
        try:
            with open_journal(Path({str(tmp_path / "run")!r}), {SETTINGS!r}):
                pass
        except FsbenchError as error:
            sys.exit(str(error))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.stderr == f"{tmp_path / 'run'}: cannot write a run here: File too large\n"
    with open_journal(tmp_path / "run", SETTINGS) as journal:
        assert journal.n_done == 0


def test_a_full_disk_is_told_and_keeps_what_was_written(folder: Path) -> None:
    """A limit on the size of files stands for the disk: the write that crosses it fails in the middle."""
    size = (folder / NAME).stat().st_size
    code = f"""
        import resource, signal, sys
        from pathlib import Path
        from fsbench.core.errors import FsbenchError
        from fsbench.runs import Record
        from fsbench.runs.journal import open_journal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 150}, {size + 150}))
        with open_journal(Path({str(folder)!r}), {SETTINGS!r}) as journal:
            journal.append(Record("003", "ok", "", {{"cr": 1.0}}))
            try:
                journal.append(Record("004", "ok", "", {{"cr": 1.0}}))
            except FsbenchError as error:
                sys.exit(str(error))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert "cannot write the result of 004" in done.stderr and "the same command goes on" in done.stderr
    with open_journal(folder, SETTINGS) as journal:
        assert list(journal.places()) == ["000", "001", "002", "003"]


def test_a_journal_that_is_removed_while_one_waits_for_it_is_not_the_one_that_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fsbench.runs import journal

    lock, removed = journal._lock, []

    def late(file, folder):
        lock(file, folder)
        if not removed:  # who held it ends its run here
            removed.append(folder)
            journal.remove_journal(folder)

    monkeypatch.setattr(journal, "_lock", late)
    with open_journal(tmp_path, {}) as mine:
        mine.append(Record("000", "missing", "not there"))
        assert [record.sample for record in mine.records()] == ["000"]
    assert is_unfinished(tmp_path)
