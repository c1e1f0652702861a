#!/bin/bash
#SBATCH --job-name=fsbench --array=1-4 --cpus-per-task=2 --mem=4G --time=01:00:00
# Scores a part of the benchmark in each job; no job knows of another:
#     export ROOT=FACESCAPE/benchmark PRED=my/lab ADAPTER=3DDFA_V2
#     job=$(sbatch --parsable job_array.sh)
#     sbatch --dependency=afterok:$job --wrap "fsbench merge runs/part-* --out runs/whole"
# A job that was preempted goes on when it is queued again; one whose part is done ends at once.
set -uo pipefail
fsbench score fslab --root "$ROOT" --pred "$PRED" --adapter "$ADAPTER" --method "${METHOD:-$(basename "$PRED")}" --resume \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --jobs "${SLURM_CPUS_PER_TASK:-2}" --timeout 120 \
    --out "runs/part-$SLURM_ARRAY_TASK_ID"
# 1 says that some samples have no score, which is a result and not a failure of the job.
code=$?
[ "$code" -le 1 ]
