#!/bin/sh
# Makes a host nobody's, before an image is made of it: without secrets, users' data, keys, identity and history. Arguments:
# the user's home, the folder of the configuration, that of the logs, then the services, which an image leaves to each host.
set -eu
home=$1 configuration=$2 logs=$3
shift 3

for unit in amazon-cloudwatch-agent "$@"; do
  if systemctl cat "$unit" >/dev/null 2>&1; then
    systemctl disable --now --quiet "$unit"
  fi
done
if [ -d /opt/aws/amazon-cloudwatch-agent ]; then
  # How far each log was read, on this host.
  rm -rf /opt/aws/amazon-cloudwatch-agent/logs/* /opt/aws/amazon-cloudwatch-agent/var/*
fi

rm -rf "$configuration"/jupyter-*token "$configuration/jupyter-password" "$configuration/people" "$configuration/rotation" \
  "$configuration/tls"
find "$home" -mindepth 1 -delete
find "$logs" -type f -delete
for folder in /root /home/*; do
  rm -rf "$folder/.ssh/authorized_keys" "$folder/.ssh/known_hosts" "$folder/.aws" "$folder/.cache"
  rm -f "$folder/.bash_history" "$folder/.python_history"
done

# What belongs to this instance: cloud-init does its work anew on the next, and Session Manager's agent registers anew.
rm -rf /var/lib/cloud/instance /var/lib/cloud/instances /var/lib/cloud/sem /var/lib/cloud/data /var/lib/amazon/ssm/Vault
rm -f /etc/ssh/ssh_host_* /var/lib/systemd/random-seed
find /var/log -type f \( -name '*.log' -o -name '*.gz' -o -name '*.[0-9]' -o -name messages -o -name secure -o -name wtmp \
  -o -name btmp -o -name lastlog \) -exec truncate --size 0 {} +
rm -rf /var/log/journal/* /run/log/journal/*
# What runs this lies there too.
find /tmp /var/tmp -mindepth 1 -maxdepth 1 ! -name 'systemd-private-*' ! -name 'ansible*' -exec rm -rf {} +
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id
sync
