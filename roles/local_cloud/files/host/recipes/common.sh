#!/bin/sh
# What both trees have. Runs as root inside the tree being made.
set -eu

# A login as on EC2: the distribution's own user, and the user that Session Manager opens shells for.
add_user() {
  useradd --create-home --shell /bin/bash "$1"
  echo "$1 ALL=(ALL) NOPASSWD:ALL" >"/etc/sudoers.d/$1"
  chmod 440 "/etc/sudoers.d/$1"
}

# The key pair and the user data of an instance, as cloud-init brings them.
cloud_init() {
  mkdir -p /etc/cloud /usr/lib/mlinfra-local-cloud
  echo "$1" >/etc/cloud/login-user
  install -m 644 /recipe/common.cloud_init.py /usr/lib/mlinfra-local-cloud/cloud_init.py
  printf '#!/bin/sh\nexec /usr/bin/python3 /usr/lib/mlinfra-local-cloud/cloud_init.py "$@"\n' >/usr/bin/cloud-init
  chmod 755 /usr/bin/cloud-init
  install -m 644 /recipe/common.units/* /usr/lib/systemd/system/
  systemctl enable --quiet cloud-init.target cloud-init.service cloud-final.service
}

common() {
  add_user "$1"
  add_user ssm-user
  # The way to the emulator holds under sudo too.
  echo 'Defaults env_keep += "AWS_ENDPOINT_URL AWS_CA_BUNDLE"' >/etc/sudoers.d/mlinfra-local-cloud
  chmod 440 /etc/sudoers.d/mlinfra-local-cloud

  # Every host gets a key of its own when it is made; this one would be shared by all.
  rm -f /etc/ssh/ssh_host_*
  printf 'PasswordAuthentication no\nHostKey /etc/ssh/ssh_host_ed25519_key\n' >/etc/ssh/sshd_config.d/mlinfra.conf

  cloud_init "$1"

  : >/etc/machine-id
  mkdir -p /var/cache/mlinfra-uv

  # The network is set up from outside, and a container has no hardware, consoles or kernel to tend.
  systemctl mask --quiet systemd-networkd.service systemd-networkd-wait-online.service systemd-resolved.service \
    systemd-timesyncd.service systemd-logind.service getty.target console-getty.service \
    systemd-remount-fs.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer
}
