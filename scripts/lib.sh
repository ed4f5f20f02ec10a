# shellcheck shell=bash
# What scripts/run and scripts/test share: finding a Python, making a virtual environment, installing into it.
# Sourced, never run. Whatever goes wrong ends in one line on standard error and exit code 1.

set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
program=scripts/$(basename -- "$0")

# Newest first; what pyproject.toml names in its classifiers.
versions=(3.13 3.12 3.11)

fail() {
    printf '%s: %s\n' "$program" "$*" >&2
    exit 1
}

note() {
    printf '%s: %s\n' "$program" "$*" >&2
}

# --- finding Python --------------------------------------------------------------------------------------
# VERSION is X.Y, or empty for any that is new enough.

# HOME may be empty (cron, CI, `env -i`), so the home of the password file is asked as well.
pyenv_roots() {
    if [ -n "${PYENV_ROOT:-}" ]; then
        printf '%s\n' "$PYENV_ROOT"
        return
    fi
    printf '%s\n' "${HOME:-}/.pyenv"
    getent passwd "$(id -u)" 2>/dev/null | cut -d: -f6 | sed 's|$|/.pyenv|' || true
}

candidates() { # VERSION: paths to try, best first
    local version pyenv wanted=("$1")
    [ -n "$1" ] || wanted=("${versions[@]}")
    for version in "${wanted[@]}"; do
        type -aP "python$version" || true
    done
    [ -n "$1" ] || type -aP python3 python || true
    while IFS= read -r pyenv; do
        for version in "${wanted[@]}"; do
            compgen -G "$pyenv/versions/$version*/bin/python$version" | sort -rV || true
        done
    done < <(pyenv_roots)
}

# Prints the interpreter behind a candidate if it is new enough; a pyenv shim may exist and still not run.
# The program must be readable by any old Python that is called `python`.
accept() { # CANDIDATE VERSION
    "$1" -c '
import sys
have = "%d.%d" % sys.version_info[:2]
if sys.version_info < (3, 11) or have != (sys.argv[1] or have):
    sys.exit(1)
print(sys.executable)
' "$2" 2>/dev/null
}

missing_modules() { # PYTHON: those of the standard library that were left out when it was built or packaged
    "$1" -c '
import importlib
for name in ("venv", "ensurepip", "ssl", "sqlite3", "zlib"):
    try:
        importlib.import_module(name)
    except ImportError:
        print(name)
' | paste -sd ' ' -
}

# Sets `python` to the first interpreter that has all we need, or to the first at all.
find_python() { # VERSION
    local candidate found
    python=
    while IFS= read -r candidate; do
        found=$(accept "$candidate" "$1") || continue
        if [ -z "$(missing_modules "$found")" ]; then
            python=$found
            return
        fi
        python=${python:-$found}
    done < <(candidates "$1")
    [ -n "$python" ]
}

# --- Debian packages -------------------------------------------------------------------------------------

# Installs packages where that needs no question: as root, or with a sudo that asks for no password.
apt_install() { # LOG PACKAGE...
    local log=$1 sudo=()
    shift
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || return 1
        sudo=(sudo -n)
    fi
    # dpkg refuses to work when its helpers in sbin are not on PATH.
    local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin"
        apt-get -qq -o DPkg::Lock::Timeout=120)
    "${apt[@]}" update </dev/null >"$log" 2>&1 || true # an old package list may still do
    "${apt[@]}" install -y --no-install-recommends "$@" </dev/null >>"$log" 2>&1
}

require_modules() { # Ends unless `python` can make a virtual environment
    local missing package
    missing=$(missing_modules "$python")
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [[ $missing == *venv* || $missing == *ensurepip* ]]; then
        apt_install /dev/null "$package" || apt_install /dev/null python3-venv || true
        missing=$(missing_modules "$python")
    fi
    case $missing in
        '') ;;
        *venv* | *ensurepip*) fail "$python lacks the modules for virtual environments ($missing): apt install $package" ;;
        *) fail "$python was built without $missing: install a Python 3.11 or later that has them" ;;
    esac
}

# --- the virtual environment -----------------------------------------------------------------------------

runs() { # DIR VERSION
    [ -x "$1/bin/python" ] && accept "$1/bin/python" "$2" >/dev/null
}

# What an installation depends on. The path counts, for scripts inside a virtual environment name it.
fingerprint() {
    { printf '%s\n' "$root" && cat "$root"/{requirements.txt,pyproject.toml,setup.py}; } | sha256sum | cut -d' ' -f1
}

is_installed() { # DIR EXTRA VERSION: an installation with the extra `test` serves without it too
    local stamp current
    runs "$1" "$3" || return 1
    current=$(fingerprint)
    for stamp in "$1/installed-$2" "$1/installed-test"; do
        [ "$(cat "$stamp" 2>/dev/null)" != "$current" ] || return 0
    done
    return 1
}

# Only one of two scripts started together may write to the folder; the other finds the work done.
lock() { # DIR
    ! command -v flock >/dev/null || { exec {lock_fd}>"$1/.lock" && flock "$lock_fd"; }
}

unlock() {
    [ -z "${lock_fd:-}" ] || exec {lock_fd}>&-
}

make_venv() { # DIR VERSION
    { mkdir -p -- "$1" && : >>"$1/install.log"; } 2>/dev/null || fail "cannot write to $1, the folder for the virtual environment"
    lock "$1"
    runs "$@" || "$python" -m venv --clear "$1" >"$1/install.log" 2>&1 || fail "$python could not make $1: $(tail -n 1 "$1/install.log")"
}

install() { # DIR EXTRA
    local wanted=. error
    [ "$2" = run ] || wanted=".[$2]"
    note "installing into $1 (this takes a minute, once)"
    (cd "$root" && "$1/bin/python" -m pip install --quiet --no-input --disable-pip-version-check -e "$wanted") \
        </dev/null >"$1/install.log" 2>&1 || {
        error=$(grep -m 1 '^ERROR' "$1/install.log" || tail -n 1 "$1/install.log")
        fail "pip could not install the package: ${error#ERROR: } (all of it: $1/install.log)"
    }
    fingerprint >"$1/installed-$2"
}

# Makes DIR a virtual environment that has the package, installed from this tree, with EXTRA (`test`, or `run` for
# none). Does nothing, and writes nothing, when that is so already.
prepare() { # DIR EXTRA VERSION
    ! is_installed "$@" || return 0
    find_python "$3" || fail "needs Python ${3:-3.11 or later}, and found none on PATH or in pyenv"
    require_modules
    make_venv "$1" "$3"
    is_installed "$@" || install "$1" "$2"
    unlock
}
