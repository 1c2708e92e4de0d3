#!/bin/sh
# Installs a release on this machine: `sh deploy/installeer.sh`. It asks nothing and needs no compiler.
# As root it installs Debian's make and python3-venv where they are missing; else it says how.
set -eu
cd "$(dirname "$0")/.."

# In this folder, and not in a home that a service may not look into.
export UV_PYTHON_INSTALL_DIR="$PWD/.uv/python"
export UV_NO_CACHE=1 # of what is installed once, a second copy is of no use

sh tools/setup.sh make
make --no-print-directory install
echo "Ouderwijzer is geïnstalleerd in $PWD. Zo start je het: make serve"
