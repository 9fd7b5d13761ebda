#!/bin/sh
# Configures the host that this lies on, from the folder that it lies in. As root; on Amazon Linux 2023.
set -eu
umask 077
cd "$(dirname "$0")"
collection=ansible_collections/mlinfra/aws
ansible=/opt/mlinfra/ansible

# Whichever of the two is new, the other comes with it: a half-made one has no mark.
if ! cmp --silent ansible.txt "$ansible/lock.txt"; then
  command -v python3.11 >/dev/null || dnf --assumeyes --quiet install python3.11
  mkdir -p "${ansible%/*}"
  chmod 0755 "${ansible%/*}"
  # It installs whatever lock it is given.
  sh "$collection/roles/ml_host/files/install-uv.sh" python3.11 "$ansible" <ansible.txt
  cp ansible.txt "$ansible/lock.txt"
fi

# Only the instance itself can ask for a token.
metadata=http://169.254.169.254/latest
token=$(curl --fail --silent --show-error --noproxy '*' --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
  "$metadata/api/token")
of_instance() {
  curl --fail --silent --show-error --noproxy '*' --header "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/$1"
}
instance=$(of_instance instance-id)
type=$(of_instance instance-type)

export ANSIBLE_COLLECTIONS_PATH="$PWD" ANSIBLE_HOME="$PWD/.ansible" ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_NOCOLOR=true
exec "$ansible/bin/ansible-playbook" --inventory "$instance," --extra-vars "ml_host_instance_type=$type" member.yml
