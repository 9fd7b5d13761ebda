#!/usr/bin/env bash
# First start: apply all updates, then have security updates applied every day. Log: /var/log/cloud-init-output.log
set -euo pipefail

if command -v dnf; then
  # Amazon Linux 2023 stays at the repositories of its image unless told to follow the newest.
  if [ -d /etc/dnf/vars ]; then
    echo latest >/etc/dnf/vars/releasever
  fi
  dnf --assumeyes upgrade --refresh
  dnf --assumeyes install dnf-automatic
  sed --in-place \
    -e 's/^upgrade_type *=.*/upgrade_type = security/' \
    -e 's/^apply_updates *=.*/apply_updates = yes/' \
    /etc/dnf/automatic.conf
  systemctl enable --now dnf-automatic.timer
elif command -v yum; then
  yum --assumeyes update
  yum --assumeyes install yum-cron
  sed --in-place \
    -e 's/^update_cmd *=.*/update_cmd = security/' \
    -e 's/^apply_updates *=.*/apply_updates = yes/' \
    /etc/yum/yum-cron.conf
  systemctl enable --now yum-cron
elif command -v apt-get; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  apt-get --assume-yes dist-upgrade
  apt-get --assume-yes install unattended-upgrades
  printf '%s\n' \
    'APT::Periodic::Update-Package-Lists "1";' \
    'APT::Periodic::Unattended-Upgrade "1";' \
    >/etc/apt/apt.conf.d/20auto-upgrades
fi
