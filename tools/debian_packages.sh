#!/usr/bin/env bash
# Install those packages of the list that are missing. Without root, or not on Debian, say what is missing and go on:
# the AWS side of the rehearsal and most tests need none of them.
set -euo pipefail

mapfile -t wanted < <(grep -v '^#' "$1")

if ! command -v dpkg-query >/dev/null; then
    echo "Not a Debian-like system: the rehearsal's host and some tests need what Debian calls ${wanted[*]}."
    exit 0
fi

mapfile -t missing < <(
    dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
        sed -n 's/^installed //p' | sort --unique | comm -13 - <(printf '%s\n' "${wanted[@]}" | sort)
)

if [[ ${#missing[@]} -eq 0 ]]; then
    exit 0
fi
if [[ $EUID -ne 0 ]]; then
    echo "Missing Debian packages; install them once: sudo apt-get install ${missing[*]}"
    exit 0
fi

echo "Installing Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet=2
apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}" >/dev/null
