#!/usr/bin/env bash
# Makes the virtual environment that everything else runs in; called by make.
set -euo pipefail
venv=${1:?usage: hack/setup.sh DIRECTORY}
python=${PYTHON:-python3}

fail() { printf 'setup: %s\n' "$1" >&2; exit 1; }

command -v "$python" >/dev/null || fail "$python is missing: install Python 3.11 or newer, or say which with PYTHON=..."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "$("$python" --version) is too old: Python 3.11 or newer is needed; say which with PYTHON=..."
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
  fail "this Python cannot make virtual environments: install its venv package (python3-venv on Debian)"

printf 'setup: installing the locked Python packages into %s (about a minute, once)\n' "$venv" >&2
"$python" -m venv "$venv"
log="$venv/setup.log"
# The lock has hashes: nothing that is not in it can come in. Names of packages go by as progress.
install() {
  "$venv/bin/python" -m pip install --disable-pip-version-check --require-hashes \
    --no-deps -r requirements/dev.txt 2>&1 | tee "$log" | awk '
      /^Collecting / { n++; if (n % 10 == 0) { printf "setup: %d packages found\n", n; fflush() } }
      /^Installing collected/ { print "setup: installing them"; fflush() }' >&2
}
# An older pip does not ask again when a download breaks off half way; what came whole it keeps.
install || install || install ||
  { tail -n 5 "$log" >&2; fail "pip could not install the packages; the whole log is in $log"; }
"$venv/bin/python" -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation \
  --editable . || fail "the project itself could not be installed into $venv"
