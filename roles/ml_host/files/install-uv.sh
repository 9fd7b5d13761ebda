#!/bin/sh
# Installs uv, as locked on standard input, into an environment of its own.
# Arguments: the Python to make it with, its folder.
set -eu
python=$1 folder=$2
"$python" -m venv --clear --without-pip "$folder"
# The pip that Python keeps for new environments works straight from its wheel: installing it first would take longer
# than all that it is needed for.
bundled=$("$python" -c 'import ensurepip; print(*ensurepip.__path__)')/_bundled
for pip in /usr/share/python-wheels/pip-*.whl "$bundled"/pip-*.whl; do
  if [ -e "$pip" ]; then
    exec "$folder/bin/python" "$pip/pip" install --quiet --require-hashes --only-binary :all: --requirement /dev/stdin
  fi
done
echo "$python has no pip for new environments: neither /usr/share/python-wheels nor $bundled holds one." >&2
exit 1
