#!/usr/bin/env bash
# Stop what deploy/up.sh started; what it keeps in FOLDER stays.
set -euo pipefail
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
folder=$(cd "$1" && pwd)
for found in /usr/lib/postgresql/*/bin; do [ -d "$found" ] && PATH="$PATH:$found"; done
for name in ray mlflow; do
    [ -e "$folder/$name.pid" ] || continue
    parent=$(cat "$folder/$name.pid")
    pkill -TERM -P "$parent" 2>/dev/null || true
    kill "$parent" 2>/dev/null || true
    rm "$folder/$name.pid"
done
if [ -d "$folder/postgres/data" ]; then
    stop=(pg_ctl -D "$folder/postgres/data" -m fast stop)
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid=postgres --regid=postgres --clear-groups env PATH="$PATH" "${stop[@]}") >/dev/null || true
    else
        "${stop[@]}" >/dev/null || true
    fi
fi
echo "down; $folder keeps runs, models and studies"
