#!/bin/bash
# Ends what an executor runs when the executor cannot: killed, frozen, or without a lease for too long.
#
# Reads lines from the executor: "add PGID MARK" when a child begins, "drop PGID" when its group has ended, "alive" with each
# renewed lease. While there are groups, silence for $1 seconds, or the end of the input, kills them all, also what left
# its group but has the mark in its environment.

patience_s=$1
declare -A marks

kill_all() {
  local round group environ
  for round in 1 2 3; do
    for group in "${!marks[@]}"; do
      kill -KILL -- "-$group" 2>/dev/null
      for environ in $(grep -lzxF "SVODKA_MARK=${marks[$group]}" /proc/[0-9]*/environ 2>/dev/null); do
        kill -KILL "$(basename "$(dirname "$environ")")" 2>/dev/null
      done
    done
  done
}

# A terminal's Ctrl-C reaches the executor, which stops in order; the guard ends with its input.
trap '' INT TERM HUP

while true; do
  if [ ${#marks[@]} -eq 0 ]; then
    read -r verb group mark
  else
    read -r -t "$patience_s" verb group mark
  fi
  status=$?
  if [ $status -ne 0 ]; then
    kill_all
    # Above 128: the time was over and the executor may be alive, frozen; below: it is gone.
    [ $status -gt 128 ] || exit 0
    marks=()
    continue
  fi
  case $verb in
    add) marks[$group]=$mark ;;
    drop) unset "marks[$group]" ;;
  esac
done
