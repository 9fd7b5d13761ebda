#!/bin/sh
# Installs a download, but only if the key of the given fingerprint signed it.
# Arguments: kind (deb or aws-cli), URL (its signature is URL.sig), fingerprint, the public key itself or its URL.
set -eu
kind=$1 url=$2 fingerprint=$3 key=$4

work=$(mktemp -d /var/tmp/mlinfra.XXXXXX)
trap 'rm -rf "$work"' EXIT
GNUPGHOME=$work/keys
export GNUPGHOME
mkdir -m 700 "$GNUPGHOME"

fetch() {
  curl --fail --silent --show-error --location --retry 3 --output "$2" "$1"
}

case $key in
  http*|file:*) fetch "$key" "$work/key" ;;
  *) printf '%s\n' "$key" > "$work/key" ;;
esac
gpg --batch --quiet --import "$work/key"

case $kind in
  deb) archive=$work/package.deb ;;
  aws-cli) archive=$work/archive.zip ;;
esac
fetch "$url" "$archive"
fetch "$url.sig" "$archive.sig"
# The last word of the line is the fingerprint of the primary key, also where a subkey signed.
if ! gpg --batch --status-fd 1 --verify "$archive.sig" "$archive" 2> "$work/said" |
  grep -q "^\[GNUPG:\] VALIDSIG .* $fingerprint\$"; then
  cat "$work/said" >&2
  echo "$url is not signed by the key $fingerprint: not installed." >&2
  exit 1
fi

case $kind in
  deb) dpkg --install "$archive" ;;
  aws-cli)
    unzip -q "$archive" -d "$work"
    "$work/aws/install" --update
    ;;
esac
