#!/usr/bin/env bash
# Start PostgreSQL, an MLflow tracking server, a Ray head and a worker on this machine, all below one folder.
#
#   deploy/up.sh FOLDER          # then: source FOLDER/env
#   deploy/down.sh FOLDER
#
# CPUS: processors that Ray may use (all); MLFLOW_PORT (5000), POSTGRES_PORT (5433), RAY_PORT (6379). HOST: the address that other
# machines know this one by (127.0.0.1, so none does). Another machine joins, FOLDER/ray.token
# carried there, with: RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=ray.token ray start --address=HOST:RAY_PORT
set -euo pipefail
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
host=${HOST:-127.0.0.1} mlflow_port=${MLFLOW_PORT:-5000} postgres_port=${POSTGRES_PORT:-5433} ray_port=${RAY_PORT:-6379}
python=${PYTHON:-python}
export RAY_USAGE_STATS_ENABLED=0 RAY_worker_niceness=0 OMP_WAIT_POLICY=PASSIVE
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH="$folder/ray.token"  # Ray runs what anyone sends who has the token
[ -e "$RAY_AUTH_TOKEN_PATH" ] || (umask 077; "${PYTHON:-python}" -c 'import secrets; print(secrets.token_hex(32))' >"$RAY_AUTH_TOKEN_PATH")
for found in /usr/lib/postgresql/*/bin; do [ -d "$found" ] && PATH="$PATH:$found"; done
for program in initdb pg_ctl createdb; do
    command -v $program >/dev/null || { echo "error: $program is absent; hint: install PostgreSQL" >&2; exit 2; }
done
"$python" -c 'import psycopg, ray, mlflow' || { echo "hint: pip install 'kd-sed[postgres,server,ray]'" >&2; exit 2; }

as_postgres() {  # PostgreSQL refuses to be run by root
    if [ "$(id -u)" = 0 ]; then (cd / && setpriv --reuid=postgres --regid=postgres --clear-groups env PATH="$PATH" "$@"); else "$@"; fi
}

if [ ! -d "$folder/postgres" ]; then
    mkdir -p "$folder/postgres"
    [ "$(id -u)" != 0 ] || { chown postgres "$folder/postgres"; chmod o+x "$folder"; }
    password=$("$python" -c 'import secrets; print(secrets.token_urlsafe(24))')
    (umask 077; echo "$password" > "$folder/password"; echo "$password" > "$folder/postgres.pw")
    [ "$(id -u)" != 0 ] || chown postgres "$folder/postgres.pw"
    as_postgres initdb -D "$folder/postgres/data" -U kd -A scram-sha-256 --pwfile="$folder/postgres.pw" >/dev/null
    rm "$folder/postgres.pw"
fi
password=$(cat "$folder/password")
as_postgres pg_ctl -D "$folder/postgres/data" -l "$folder/postgres/log" -w \
    -o "-p $postgres_port -k $folder/postgres -h 127.0.0.1" start >/dev/null
export PGPASSWORD=$password
database=postgresql://kd:$password@127.0.0.1:$postgres_port
as_postgres env PGPASSWORD="$password" createdb -h 127.0.0.1 -p "$postgres_port" -U kd mlflow 2>/dev/null || true

nohup "$python" -m mlflow server --backend-store-uri "$database/mlflow" --artifacts-destination "$folder/artifacts" \
    --serve-artifacts --host "$host" --port "$mlflow_port" --workers 2 \
    --allowed-hosts "$host:*,127.0.0.1:*,localhost:*" >"$folder/mlflow.log" 2>&1 &
echo $! >"$folder/mlflow.pid"
ray=$(dirname "$(command -v "$python")")/ray
"$ray" start --head --node-ip-address="$host" --port="$ray_port" --num-cpus="${CPUS:-$(nproc)}" \
    --include-dashboard=false --block >"$folder/ray.log" 2>&1 &
echo $! >"$folder/ray.pid"

until "$python" -c "import urllib.request; urllib.request.urlopen('http://$host:$mlflow_port/health', timeout=2)" 2>/dev/null; do
    kill -0 "$(cat "$folder/mlflow.pid")" || { tail -5 "$folder/mlflow.log" >&2; exit 2; }
    sleep 0.5
done
until "$ray" status --address="$host:$ray_port" >/dev/null 2>&1; do
    kill -0 "$(cat "$folder/ray.pid")" || { tail -5 "$folder/ray.log" >&2; exit 2; }
    sleep 0.5
done
(umask 077; cat >"$folder/env" <<END)
export MLFLOW_TRACKING_URI=http://$host:$mlflow_port
export KD_OPTUNA_URI='$database/mlflow?options=-csearch_path%3Dstudies'
export KD_HOME=$folder/home RAY_ADDRESS=$host:$ray_port RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=$folder/ray.token
END
echo "up; now: source $folder/env; python -m entrypoints.iterate --engine ray --address $host:$ray_port"
