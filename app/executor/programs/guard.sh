#!/bin/bash
# Ends what an executor runs when the executor cannot: killed, frozen, or without a lease for too long.
#
# Reads lines from the executor: "add PGID NAME=VALUE" when a child begins, "drop PGID" when its group has ended, "alive N"
# when leases are held that need not be renewed within the next N hundredths of a second, "rest" when none is held. Without
# another "alive" or "rest" in that time, and when the input ends, all groups are killed, also what left its group but has
# the mark in its environment.

declare -A marks
# Hundredths of a second since the machine's start; empty: none.
deadline=

# Sets `now`. The clock that a step of the time of day does not move.
read_clock() {
  local uptime
  read -r uptime _ </proc/uptime
  now=${uptime/./}
}

# What forks without end is killed in rounds, until one finds nobody.
kill_all() {
  local round group environ found patterns
  [ ${#marks[@]} -gt 0 ] || return
  # One pattern a line: a thousand runs are found by one look at each process.
  printf -v patterns '%s\n' "${marks[@]}"
  for round in {1..20}; do
    found=
    for group in "${!marks[@]}"; do
      kill -KILL -- "-$group" 2>/dev/null
    done
    for environ in $(grep -lzxF "${patterns%?}" /proc/[0-9]*/environ 2>/dev/null); do
      environ=${environ#/proc/}
      kill -KILL "${environ%/environ}" 2>/dev/null && found=1
    done
    [ -n "$found" ] || [ "$round" -lt 3 ] || return
  done
}

# A terminal's Ctrl-C reaches the executor, which stops in order; the guard ends with its input.
trap '' INT TERM HUP

while true; do
  if [ -z "$deadline" ]; then
    read -r verb first second
  else
    read_clock
    left=$((10#$deadline - 10#$now))
    if [ "$left" -le 0 ]; then
      # The executor may be alive, frozen: it goes on with new children.
      kill_all
      marks=()
      deadline=
      continue
    fi
    printf -v left_s '%d.%02d' $((left / 100)) $((left % 100))
    read -r -t "$left_s" verb first second
  fi
  status=$?
  # Above 128: the time is over.
  [ $status -gt 128 ] && continue
  if [ $status -ne 0 ]; then
    kill_all
    exit 0
  fi
  case $verb in
    add) marks[$first]=$second ;;
    drop) unset "marks[$first]" ;;
    alive)
      read_clock
      deadline=$((10#$now + first))
      ;;
    rest) deadline= ;;
  esac
done
