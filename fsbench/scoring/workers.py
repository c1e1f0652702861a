"""Worker processes that share nothing: a process that dies or hangs costs only the call it was working on.

`concurrent.futures.ProcessPoolExecutor` breaks as a whole when one of its processes dies, and cannot stop a call that
hangs. Here every process has a pipe of its own, so a process that ends fails its own call and no other.

Why no library does this: pebble 5.2 (one pipe for all workers) never answers a call that ends its process with exit
code 0, and breaks as a whole when an idle process is killed or a result cannot be read; deadpool 2026.7 (a timer inside
the worker) cannot stop a call that holds the interpreter's lock, and never answers one whose result cannot be pickled.
"""

import importlib
import multiprocessing
import os
import select
import signal
import tempfile
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

from fsbench.core.errors import FsbenchError

# A worker is one process on one core; a linear-algebra library that starts threads of its own takes the core from its
# neighbour. And memory that is given back to the system after every mesh has to be cleared again for the next one.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(64 << 20),
}
_GRACE_S = 5.0
_END = b"end"
_FALSE_STARTS = 3
_FORK_SERVERS = 2
_LONGEST_WAIT_S = 3600.0
# Exit codes of a process that was killed from outside (by a system out of memory, by a scheduler that stops a job), or
# whose exit code is unknown.
_KILLED = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, 255)
_ENVIRONMENT_LOCK = threading.Lock()
_PRELOAD = "fsbench.scoring.preload"
# A socket's path has at most 104 bytes (on macOS; 108 on Linux), of which multiprocessing needs 32 for its own names.
_LONGEST_SOCKET_FOLDER = 70
_SHORT_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")
_CANNOT_START = "worker processes end before they begin; a script that starts them needs `if __name__ == '__main__':`"


class WorkerError(FsbenchError):
    """A worker process ended, or was ended, in the middle of a call."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Time and memory that one call may use.

    Parameters
    ----------
    timeout_s : float, optional
        Seconds after which the call's process is killed.
    memory_bytes : int, optional
        Memory that a worker may use beyond what it has at its start. Only Linux says how much that is; elsewhere this
        limit has no effect.
    """

    timeout_s: float | None = None
    memory_bytes: int | None = None


def warm_up() -> None:
    """Start the server that workers are forked from, if this system forks, so that it loads libraries meanwhile."""
    if _context().get_start_method() == "forkserver":
        # If the server cannot start, `_started` tries again, then starts processes without it.
        with suppress(OSError, EOFError):
            _start_server()


@contextmanager
def worker_processes(jobs: int, limits: Limits = Limits()) -> Iterator["Workers"]:
    """Yield an executor of `jobs` single-threaded processes; they end with the block, on Ctrl-C too."""
    workers = Workers(jobs, limits)
    try:
        yield workers
    except BaseException:
        workers.shutdown(wait=False, cancel_futures=True)
        raise
    workers.shutdown(wait=True)


class Workers(Executor):
    """An executor of processes that are replaced when they die.

    A call fails with a `WorkerError` if its process dies, if it exceeds the limits or if it cannot be sent; the
    other calls go on. If its process was killed from outside, the call is tried once more, as it may not be to
    blame. Functions, arguments and results have to be picklable.

    Parameters
    ----------
    jobs : int
        Processes.
    limits : Limits
    """

    def __init__(self, jobs: int, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._waiting: deque[_Call] = deque()
        self._lock = threading.Lock()
        self._closing = self._aborting = self._is_awake = False
        self._broken = ""
        self._wake_in, self._wake_out = multiprocessing.Pipe(duplex=False)
        self._slots = [_Slot(limits) for _ in range(jobs)]
        self._thread = threading.Thread(target=self._run, name="fsbench-workers", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See `concurrent.futures.Executor.submit`."""
        call = _Call(Future(), fn, args, kwargs)
        with self._lock:
            if self._broken:
                raise BrokenExecutor(self._broken)
            if self._closing:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._waiting.append(call)
            self._wake()
        return call.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See `concurrent.futures.Executor.shutdown`; without `wait`, busy processes are killed."""
        with self._lock:
            self._closing = True
            self._aborting |= not wait
            while cancel_futures and self._waiting:
                future = self._waiting.popleft().future
                if future.cancel():
                    future.set_running_or_notify_cancel()
            self._wake()
        self._thread.join()

    def _wake(self) -> None:
        """Wake the thread; the caller holds the lock. Wake it only once, as a pipe that nobody empties fills up."""
        if not self._is_awake and self._thread.is_alive():
            self._is_awake = True
            self._wake_out.send_bytes(b"!")

    def _run(self) -> None:
        """Hand out calls and collect results; the only place that touches the processes."""
        try:
            while not self._finished():
                self._hand_out()
                self._collect()
        except BaseException as error:  # noqa: BLE001 - the boundary of the thread: its futures must fail, not wait
            self._break(f"{type(error).__name__}: {error}")
        finally:
            for slot in self._slots:
                slot.stop(self._aborting, BrokenExecutor(self._broken) if self._broken else WorkerError("stopped"))

    def _finished(self) -> bool:
        with self._lock:
            idle = not self._waiting and not any(slot.call for slot in self._slots)
            return self._aborting or (self._closing and idle)

    def _hand_out(self) -> None:
        if min(slot.false_starts for slot in self._slots) >= _FALSE_STARTS:
            self._break(_CANNOT_START)
        for slot in self._slots:
            while slot.is_free:
                with self._lock:
                    call = self._waiting.popleft() if self._waiting else None
                if call is None:
                    return
                if call.is_again or call.future.set_running_or_notify_cancel():
                    slot.start(call)

    def _break(self, why: str) -> None:
        """Stop all work for a reason that no call is to blame for."""
        with self._lock:
            self._closing = self._aborting = True
            self._broken = why
            while self._waiting:
                call = self._waiting.popleft()
                if call.is_again or call.future.set_running_or_notify_cancel():
                    call.future.set_exception(BrokenExecutor(why))

    def _collect(self) -> None:
        deadlines = [slot.deadline for slot in self._slots if slot.deadline is not None]
        patience = min(max(min(deadlines) - time.monotonic(), 0), _LONGEST_WAIT_S) if deadlines else None
        sources: list[Any] = [self._wake_in]
        for slot in self._slots:
            sources += [slot.pipe, slot.process.sentinel]
        ready = set(wait(sources, patience))
        if self._wake_in in ready:
            self._wake_in.recv_bytes()
            with self._lock:
                self._is_awake = False
        for slot in self._slots:
            if slot.pipe in ready or slot.process.sentinel in ready:
                again = slot.receive()
                if again is not None:
                    with self._lock:
                        self._waiting.appendleft(again)
            elif slot.deadline is not None and time.monotonic() >= slot.deadline:
                slot.give_up(f"took longer than {self._limits.timeout_s:g} s, the limit for one sample; see --timeout")


@dataclass(frozen=True, slots=True)
class _Call:
    future: Future[Any]
    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    is_again: bool = False


class _Slot:
    """One process, the pipe to it, and the call it works on."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.call: _Call | None = None
        self.deadline: float | None = None
        self.false_starts = 0
        self._launch()

    def _launch(self) -> None:
        self.is_ready = False
        self.process, self.pipe = _started(self._limits)

    @property
    def is_free(self) -> bool:
        """Whether the process can take a call: it is ready, idle and alive."""
        return self.is_ready and self.call is None and not wait([self.process.sentinel], 0)

    def start(self, call: _Call) -> None:
        self.call = call
        if self._limits.timeout_s is not None:
            self.deadline = time.monotonic() + self._limits.timeout_s
        try:
            # If the process has just died, `receive` notices and handles it.
            with suppress(OSError):
                self.pipe.send((call.fn, call.args, call.kwargs))
        except Exception as error:  # noqa: BLE001 - the caller sees every error of pickling
            self._done().set_exception(error)

    def receive(self) -> _Call | None:
        """Read the message of the process, or find it dead; return the call if it should be tried again."""
        try:
            # A dead process may leave the pipe open: a process that it started still holds the other end.
            message = self.pipe.recv_bytes() if self.pipe.poll() else None
        except (EOFError, OSError):
            message = None
        if message is None:
            return self._bury()
        if not self.is_ready:
            self.is_ready, self.false_starts = True, 0
            return None
        try:
            good, answer = ForkingPickler.loads(message)
        except Exception as error:  # noqa: BLE001 - the caller sees every error of unpickling
            good, answer = False, WorkerError(f"the result cannot be read: {error}")
        future = self._done()
        if good:
            future.set_result(answer)
        else:
            future.set_exception(answer)
        return None

    def _bury(self) -> _Call | None:
        self.process.join(_GRACE_S)
        self.false_starts += not self.is_ready
        again = None
        if self.call is not None and not self.call.is_again and self.process.exitcode in _KILLED:
            again, self.call, self.deadline = replace(self.call, is_again=True), None, None
        self._replace(_cause(self.process.exitcode, self._limits))
        return again

    def give_up(self, reason: str) -> None:
        self.process.kill()
        self.process.join(_GRACE_S)
        self._replace(reason)

    def stop(self, kill: bool, error: Exception) -> None:
        """End the process, now or after its call; a call that gets no answer fails with `error`."""
        if kill:
            self.process.kill()
        else:
            with suppress(OSError):
                self.pipe.send_bytes(_END)
        self.process.join(_GRACE_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()
        if self.call is not None:
            self._done().set_exception(error)

    def _replace(self, reason: str) -> None:
        self.pipe.close()
        self._launch()
        if self.call is not None:
            self._done().set_exception(WorkerError(reason))

    def _done(self) -> Future[Any]:
        assert self.call is not None
        future, self.call, self.deadline = self.call.future, None, None
        return future


def _started(limits: Limits) -> tuple[BaseProcess, Connection]:
    """Start a process; return it with our end of its pipe.

    Raises
    ------
    OSError
        If the system refuses to start one.
    """
    context = _context()
    for _ in range(_FORK_SERVERS):
        # The server may have been killed, or its socket removed; the next try starts another server.
        with suppress(OSError, EOFError):
            return _start(context, limits)
    return _start(multiprocessing.get_context("spawn"), limits)


def _start(context: BaseContext, limits: Limits) -> tuple[BaseProcess, Connection]:
    ours, theirs = context.Pipe()
    process: BaseProcess = context.Process(  # type: ignore[attr-defined]
        target=_serve, args=(theirs, limits.memory_bytes), daemon=True
    )
    try:
        with theirs:
            if context.get_start_method() == "forkserver":
                _start_server()
            with _worker_environment():
                process.start()
    except BaseException:
        ours.close()
        raise
    return process, ours


def _serve(pipe: Connection, memory_bytes: int | None) -> None:
    """Answer the calls that come through the pipe until its other end is closed."""
    # The main process handles Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()
    # A process that was forked from the server has it already.
    importlib.import_module(_PRELOAD)
    if memory_bytes is not None:
        _limit_memory(memory_bytes)
    _send(pipe, (True, "ready"))
    while True:
        try:
            call = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        if call == _END:
            return
        try:
            fn, args, kwargs = ForkingPickler.loads(call)
            answer = True, fn(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - the boundary of the process
            answer = False, _portable(error, memory_bytes)
        _send(pipe, answer)


def _send(pipe: Connection, answer: tuple[bool, Any]) -> None:
    try:
        pipe.send(answer)
    except BrokenPipeError:
        return
    except Exception as error:  # noqa: BLE001 - an answer that cannot be pickled is reported
        pipe.send((False, WorkerError(f"the result cannot be sent: {error}")))


def _portable(error: BaseException, memory_bytes: int | None) -> BaseException:
    """The error in a form that can be sent, with the traceback of this process."""
    if isinstance(error, MemoryError):
        return WorkerError("out of memory" + (f": {_limit_text(memory_bytes)}" if memory_bytes else ""))
    error.add_note("in a worker:\n" + "".join(traceback.format_exception(error)))
    return error


def _cause(exit_code: int | None, limits: Limits) -> str:
    """Why a process is gone."""
    hint = f" ({_limit_text(limits.memory_bytes)})" if limits.memory_bytes else ""
    if exit_code is None or exit_code >= 0:
        return f"ended the worker process with exit code {exit_code}{hint}"
    known = -exit_code in set(signal.Signals)
    name = signal.Signals(-exit_code).name if known else f"signal {-exit_code}"
    if -exit_code == signal.SIGKILL:
        return f"the worker process was killed ({name}), as by a system out of memory{hint}"
    return f"crashed the worker process ({name}){hint}"


def _limit_text(memory_bytes: int | None) -> str:
    return f"a sample may take {(memory_bytes or 0) / 2**20:,.0f} MiB, see --memory"


def _end_with(pipe: Connection) -> None:
    """Exit when the parent process is gone, even in the middle of a call, so as not to write into the next run."""
    if not hasattr(select, "poll"):  # no poll on this system: the process ends after its call
        return
    hung_up = select.poll()
    # Hang-up is always reported, so no event is registered.
    hung_up.register(pipe.fileno(), 0)
    hung_up.poll()
    os._exit(1)


def _limit_memory(memory_bytes: int) -> None:
    """Limit how much the address space may grow; a lower limit that the system sets stays."""
    statm = Path("/proc/self/statm")
    if not statm.is_file():
        return
    import resource

    # The libraries that a worker loads with its first sample count too.
    used = int(statm.read_text().split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = used + memory_bytes if hard == resource.RLIM_INFINITY else min(used + memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _context() -> BaseContext:
    kind = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(kind)
    if kind == "forkserver":
        # This has no effect if the server runs already.
        context.set_forkserver_preload([_PRELOAD])
    return context


@contextmanager
def _worker_environment() -> Iterator[None]:
    """Set the workers' environment variables, and a folder with room for a socket's path, while processes start."""
    with _ENVIRONMENT_LOCK:
        before, folder = {name: os.environ.get(name) for name in _ENVIRONMENT}, tempfile.tempdir
        os.environ.update(_ENVIRONMENT)
        try:
            tempfile.tempdir = _socket_folder()
            yield
        finally:
            tempfile.tempdir = folder
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _start_server() -> None:
    """Start the fork server, unless it runs, with Ctrl-C blocked until it can ignore it (`_PRELOAD`).

    It is blocked in this thread, and only until the server's process exists, which then loads its libraries.
    """
    from multiprocessing import forkserver, resource_tracker

    # Python 3.11 unblocks Ctrl-C when it has started this one.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        with _worker_environment():
            forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _socket_folder() -> str:
    """Folder for the fork server's socket: the user's temporary folder, or a shorter one if its path is too long."""
    given = tempfile.gettempdir()
    if len(os.fsencode(given)) <= _LONGEST_SOCKET_FOLDER:
        return given
    return next((folder for folder in _SHORT_FOLDERS if os.access(folder, os.W_OK | os.X_OK)), given)
