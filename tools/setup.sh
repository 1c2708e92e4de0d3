#!/bin/sh
# Sets up what the Makefile asks for: `sh tools/setup.sh uv`, `venv`, `chromium` or `scale`; and make itself (`make`).
# The Makefile keeps the stamps; a step that fails ends with a status other than 0 and says what to do.
set -eu
cd "$(dirname "$0")/.."

SUDO="sudo "
if [ "$(id -u)" = 0 ]; then SUDO=""; fi

fail() {
    printf '\n%s\n' "$1" >&2
    exit 1
}

setup_make() {
    command -v make >/dev/null || install_package make
    command -v make >/dev/null || fail "make is not installed. On Debian:
    ${SUDO}apt-get update && ${SUDO}apt-get install make python3-venv"
}

# uv, pinned with its hashes, in a small environment of its own made by the python3 of this machine.
setup_uv() {
    python3 --version >/dev/null || fail "python3 does not start (the reason stands above). Without it, on Debian:
    ${SUDO}apt-get update && ${SUDO}apt-get install python3
then run make again."
    has_venv || install_venv
    rm -rf .uv
    python3 -m venv .uv
    .uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
        --only-binary :all: --requirement requirements-uv.lock ||
        fail "uv could not be installed (pip's message stands above). Is the Python package index within reach?"
}

has_venv() {
    python3 -c 'import ensurepip, venv' 2>/dev/null
}

# Debian's python3 comes without what makes environments.
install_venv() {
    install_package python3-venv
    has_venv || fail "python3 cannot make environments on this machine. Install what it lacks and run make again:
    ${SUDO}apt-get update && ${SUDO}apt-get install python3-venv"
}

# Debian's browser, which the widget's tests drive.
setup_chromium() {
    install_package chromium
    command -v chromium >/dev/null || fail "The widget's tests need Chromium. Install it and run make again:
    ${SUDO}apt-get update && ${SUDO}apt-get install chromium"
}

# The servers that tests/scale/ starts for itself, on ports of its own. Whoever may not install them skips those tests.
setup_scale() {
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || install_package postgresql
    command -v redis-server >/dev/null || install_package redis-server
    PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || install_package nginx
}

# Installs a package of Debian's where that is allowed; the caller checks whether it is there.
install_package() {
    if [ -z "$SUDO" ] && command -v apt-get >/dev/null; then
        echo "Installing Debian's $1 ..."
        { apt-get --quiet --quiet update &&
            DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet --yes --no-install-recommends install "$1"
        } || echo "apt-get failed; its message stands above."
    fi
}

# An environment with Python 3.10, which Rasa needs: one that is installed, else one that uv downloads.
setup_venv() {
    case "$(uname -s) $(uname -m)" in
    "Linux x86_64" | "Linux aarch64") ;;
    *) fail "Ouderwijzer runs on Linux, x86_64 or aarch64; this is $(uname -s) $(uname -m).
TensorFlow 2.12, which Rasa 3.6 needs, has no packages for it. Use a virtual machine or a container." ;;
    esac
    .uv/bin/uv venv --quiet --clear --python 3.10 .venv || fail "\
Python 3.10 is not installed here, and uv could not download it (its message stands above).
Rasa 3.6 does not run on a newer one. Do one of these, then run make again.

1. Where only GitHub is out of reach, let uv download it from a mirror of python-build-standalone's releases:
    UV_PYTHON_INSTALL_MIRROR=https://mirror.example/python-build-standalone/releases/download make chat

2. Build it from python.org's source (Debian 12 and 13 have no python3.10 package):
    ${SUDO}apt-get update
    ${SUDO}apt-get install build-essential curl libbz2-dev libffi-dev liblzma-dev libncurses-dev \\
        libreadline-dev libsqlite3-dev libssl-dev zlib1g-dev
    curl -fO https://www.python.org/ftp/python/3.10.22/Python-3.10.22.tgz
    tar xzf Python-3.10.22.tgz
    cd Python-3.10.22 && ./configure --enable-optimizations && make && ${SUDO}make altinstall

3. Build it with pyenv (https://github.com/pyenv/pyenv), after the apt-get commands of 2:
    pyenv install 3.10
    PATH=\"\$(pyenv prefix 3.10)/bin:\$PATH\" make chat"
}

case "${1-}" in
make) setup_make ;;
uv) setup_uv ;;
venv) setup_venv ;;
chromium) setup_chromium ;;
scale) setup_scale ;;
*) fail "Usage: sh tools/setup.sh make|uv|venv|chromium|scale" ;;
esac
