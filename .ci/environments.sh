#!/usr/bin/env bash
# Makes the Python environments from their lock files: `.ci/environments.sh uv|app|rasa`, from the project's root.
# Needs some Python 3.8 or later; brings its own uv, which finds or fetches the Pythons that the project runs on.
# Every way in which this can fail ends in one line that says what to do; uv's own words are in .tools/setup.log.
set -uo pipefail

readonly log=.tools/setup.log
export UV_NO_PROGRESS=1
# Whoever called us through a shim of pyenv's has pinned that Python for all below; here .python-version decides.
unset PYENV_VERSION PYENV_DIR

fail() {
  printf 'make: %s\n' "$*" >&2
  exit 1
}

# What went wrong, in one line, from the log. Arguments: what was being made, the Python that it needs.
explain() {
  if grep -qiE 'no space left|quota exceeded' "$log"; then
    fail "the disk is full: $1 needs more space."
  elif grep -qiE 'python-build-standalone|no interpreter found|is not installed \(set by' "$log"; then
    fail "$1 needs Python $2, which is not installed here and could not be downloaded: install it, or connect to the network."
  elif grep -qiE 'ensurepip' "$log"; then
    fail "this Python cannot make virtual environments (on Debian and Ubuntu: apt install python3-venv)."
  elif grep -qiE 'hash mismatch' "$log"; then
    fail "a package for $1 is not the one that the lock file names; it was not installed (see $log)."
  elif grep -qiE 'dns error|connect|timed out|request failed|resolve host|name resolution|network|no matching distribution' "$log"; then
    fail "$1 could not be downloaded: is there a network? (see $log)"
  fi
  fail "$1 could not be made: $(grep -vE '^[[:space:]]*$' "$log" | tail -n 1) (see $log)"
}

# Free megabytes that are needed here; asked before anything is downloaded.
need_space() {
  local free
  free=$(df -Pm . | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$1" ] || fail "not enough disk space: $2 needs $1 MB, $free MB are free here."
}

# Runs a command with its output in the log, and says every ten seconds that it is still at it.
run() {
  local began=$SECONDS said=$SECONDS pid
  printf '\n> %s\n' "$*" >>"$log"
  "$@" >>"$log" 2>&1 &
  pid=$!
  trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM HUP
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.1
    if ((SECONDS - said >= 10)); then
      said=$SECONDS
      printf '  … %d s\n' $((SECONDS - began)) >&2
    fi
  done
  wait "$pid"
}

# A Python that starts and is new enough: the one named by PYTHON=…, or else the first that is found.
find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then
      printf '%s' "$candidate"
      return
    fi
  done
  fail "no usable Python: ${PYTHON:-python3} is missing or older than 3.8. Install one, or name one by PYTHON=…"
}

bring_uv() {
  uv=.tools/bin/uv
  "$uv" --version >/dev/null 2>&1 && return
  local python
  python=$(find_python) || exit 1
  printf 'Fetching uv\n' >&2
  run "$python" -m venv .tools || explain 'uv' ''
  run .tools/bin/python -m pip install --disable-pip-version-check 'uv>=0.8,<1' || explain 'uv' ''
}

# Arguments: the folder with .python-version and requirements.lock, what it is, megabytes needed.
bring_environment() {
  local folder=$1 what=$2 python
  python=$(tr -d '[:space:]' <"$folder/.python-version")
  [ -x "$folder/.venv/bin/python" ] || need_space "$3" "$what"
  printf 'Installing %s (Python %s)\n' "$what" "$python" >&2
  run "$uv" venv --directory "$folder" --allow-existing --python "$python" .venv || explain "$what" "$python"
  # Compiled now: Rasa imports some 10,000 modules at each start, which takes 4 s compiled and 11 s otherwise.
  run "$uv" pip sync --directory "$folder" --compile-bytecode --python .venv/bin/python requirements.lock ||
    explain "$what" "$python"
}

mkdir -p .tools 2>/dev/null && : >>"$log" || fail "cannot write here: $(pwd)"
if command -v flock >/dev/null; then # where there is none (macOS), do not start two at once for the first time
  exec 9>.tools/setup.lock
  flock 9
fi
: >"$log"
bring_uv
case ${1-} in
  uv) ;;
  app)
    bring_environment . 'the application' 700
    run "$uv" pip install --no-deps --python .venv/bin/python --editable . || explain 'the application' 3.12
    touch .venv/.ready
    ;;
  rasa)
    bring_environment bot/rasa 'Rasa, 2.7 GB of packages,' 3500
    touch bot/rasa/.venv/.ready
    ;;
  *) fail 'environments.sh takes uv, app or rasa' ;;
esac
