#!/bin/sh
# What both trees have: common.sh LOGIN_USER. Runs as root inside the tree being made.
set -eu
login_user=$1

# The distribution's own user, and the user that Session Manager opens shells for.
for user in "$login_user" ssm-user; do
  useradd --create-home --shell /bin/bash "$user"
  echo "$user ALL=(ALL) NOPASSWD:ALL" >"/etc/sudoers.d/$user"
done
# The way to the emulator holds under sudo too.
echo 'Defaults env_keep += "AWS_ENDPOINT_URL AWS_CA_BUNDLE"' >/etc/sudoers.d/mlinfra-local-cloud
chmod 440 /etc/sudoers.d/*

# Every host gets a key of its own when it is made; this one would be shared by all.
rm -f /etc/ssh/ssh_host_*
printf 'PasswordAuthentication no\nHostKey /etc/ssh/ssh_host_ed25519_key\n' >/etc/ssh/sshd_config.d/mlinfra.conf

# The key pair and the user data of an instance, as cloud-init brings them.
mkdir -p /etc/cloud /usr/lib/mlinfra-local-cloud
echo "$login_user" >/etc/cloud/login-user
install -m 644 /recipe/common.cloud_init.py /usr/lib/mlinfra-local-cloud/cloud_init.py
printf '#!/bin/sh\nexec /usr/bin/python3 /usr/lib/mlinfra-local-cloud/cloud_init.py "$@"\n' >/usr/bin/cloud-init
chmod 755 /usr/bin/cloud-init
install -m 644 /recipe/common.units/* /usr/lib/systemd/system/
systemctl enable --quiet cloud-init.target cloud-init.service cloud-final.service

: >/etc/machine-id
mkdir -p /var/cache/mlinfra-uv

# The network is set up from outside, and a container has no hardware, consoles or kernel to tend.
systemctl mask --quiet systemd-networkd.service systemd-networkd-wait-online.service systemd-resolved.service \
  systemd-timesyncd.service getty.target console-getty.service \
  systemd-remount-fs.service e2scrub_all.timer fstrim.timer
# Updates come by themselves only where a role asks for it.
systemctl disable --quiet apt-daily.timer apt-daily-upgrade.timer
