"""Cluster: a running Dask cluster as an executor. Needs `pip install 'fsbench[dask]'`."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from fsbench.core.errors import UsageError


@contextmanager
def dask_workers(address: str, patience_s: float = 10.0) -> Iterator[tuple[Executor, int]]:
    """Yield the cluster's executor and its number of threads.

    The workers need fsbench, and the benchmark's and the method's files under the same paths; nothing else is shared.
    If a worker is lost, another one repeats its samples; a sample that loses three workers counts as failed.

    Parameters
    ----------
    address : str
        Address of the scheduler, e.g. "tcp://node17:8786".
    patience_s : float
        Seconds to wait for the scheduler.

    Raises
    ------
    UsageError
        If `distributed` is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("--engine dask needs Dask: pip install 'fsbench[dask]'") from None
    try:
        client = Client(address, timeout=patience_s, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise UsageError(f"--scheduler {address}: no Dask scheduler answers there ({error})") from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise UsageError(f"--scheduler {address}: the cluster has no workers yet; start some with `dask worker`")
        yield client.get_executor(pure=False, retries=3), threads
