# shellcheck shell=sh
# Makes a host's key, which only root and Ray's user may read, and a request for a certificate of it.
set -eu
key=$1 request=$2 name=$3 group=$4
umask 027
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" -keyout "$key.new" -out "$request.new"
chown "root:$group" "$key.new" "$request.new"
chmod 0640 "$key.new" "$request.new"
mv "$key.new" "$key"
mv "$request.new" "$request"
