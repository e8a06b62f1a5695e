#!/usr/bin/env bash
# A Ray cluster inside one Slurm allocation, and a job on it; the tracking server runs elsewhere and outlives it.
#
#   export MLFLOW_TRACKING_URI=http://tracking.example:5000 KD_OPTUNA_URI=postgresql://…  KD_HOME=/shared/kd
#   sbatch --nodes=4 --gpus-per-node=4 --cpus-per-task=32 --time=8:00:00 deploy/slurm.sh --data /shared/corpus --passes 8
#
# All words after the script are parameters of `iterate`. The same command again goes on where an allocation ended.
#SBATCH --job-name=kd
#SBATCH --ntasks-per-node=1
#SBATCH --signal=B:TERM@120
set -euo pipefail
: "${MLFLOW_TRACKING_URI:?a tracking server, http://…}" "${KD_HOME:?a folder that all nodes see at the same place}"
export RAY_USAGE_STATS_ENABLED=0 RAY_worker_niceness=0 OMP_WAIT_POLICY=PASSIVE
mkdir -p "$KD_HOME"
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH="$KD_HOME/ray-$SLURM_JOB_ID.token"
(umask 077; python -c 'import secrets; print(secrets.token_hex(32))' >"$RAY_AUTH_TOKEN_PATH")
port=$((20000 + SLURM_JOB_ID % 20000))
mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
cpus=${SLURM_CPUS_PER_TASK:-1} gpus=${SLURM_GPUS_ON_NODE:-0}
head=${nodes[0]}

on() {  # a command on one node, beside others there
    srun --nodes=1 --ntasks=1 --overlap --nodelist="$1" "${@:2}"
}

on "$head" ray start --head --port="$port" --num-cpus="$cpus" --num-gpus="$gpus" --include-dashboard=false --block &
until on "$head" ray status --address="$head:$port" >/dev/null 2>&1; do sleep 2; done
for node in "${nodes[@]:1}"; do
    on "$node" ray start --address="$head:$port" --num-cpus="$cpus" --num-gpus="$gpus" --block &
done

on "$head" python -m entrypoints.iterate --engine ray --address "$head:$port" "$@" &
job=$!
trap 'kill -TERM $job' TERM
status=0
wait $job || status=$?
kill $(jobs -p) 2>/dev/null || true
rm -f "$RAY_AUTH_TOKEN_PATH"
exit $status
