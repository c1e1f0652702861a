"""Score on a Dask cluster: here two processes of this machine, elsewhere the nodes of a cluster.

    pip install 'fsbench[dask]'
    python dask_cluster.py ROOT PREDICTIONS ADAPTER RUN

Workers share nothing with this process but files: they need fsbench, and the benchmark and the predictions under the
same paths. One that is lost costs nothing; another one does again what it was doing.
"""

import subprocess
import sys

from distributed import LocalCluster


def main(root: str, predictions: str, adapter: str, run: str) -> int:
    """Start a cluster, score the benchmark in the wild on it, end it; returns the command's exit code."""
    # Of Slurm's nodes: dask_jobqueue.SLURMCluster(cores=1, processes=1, memory="2GB", walltime="01:00:00"), then
    # cluster.scale(100). A scheduler that runs already is named by its address alone.
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        command = ["score", "fswild", "--root", root, "--pred", predictions, "--adapter", adapter, "--out", run]
        workers = ["--engine", "dask", "--scheduler", cluster.scheduler_address]
        return subprocess.run([sys.executable, "-m", "fsbench", *command, *workers], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
