#!/bin/sh
# The Amazon-like tree: Debian's programs under Amazon Linux 2023's names, files and package manager. It proves a role's
# logic, not Amazon's packages.
set -eu
sh -eu /recipe/common.sh ec2-user

# Amazon's system Python is /usr/bin/python3; python3.11 is a package that a role installs.
mv --force /usr/bin/python3.11 /usr/bin/python3

# Debian's rpm keeps its database in the caller's home, so as not to get in apt's way; here rpm is the way.
mkdir -p /etc/rpm
echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros
python3 /recipe/amazon.repository.py /recipe /usr/share/mlinfra-local-cloud/rpm
# Their files live in the RPMs now. What they need stays, so that they run once installed.
dpkg --purge --force-depends awscli git tmux vim >/dev/null
apt-get purge --yes createrepo-c >/dev/null

mkdir -p /etc/yum.repos.d
cat >/etc/yum.repos.d/amazonlinux.repo <<'REPOSITORY'
[amazonlinux]
name=Amazon Linux 2023 repository (double of the rehearsal)
baseurl=file:///usr/share/mlinfra-local-cloud/rpm
enabled=1
gpgcheck=0
metadata_expire=never

# Newer releases of a few packages, for who wants to rehearse an update.
[amazonlinux-updates]
name=Amazon Linux 2023 updates (double of the rehearsal)
baseurl=file:///usr/share/mlinfra-local-cloud/rpm-updates
enabled=0
gpgcheck=0
metadata_expire=never
REPOSITORY
mkdir -p /etc/dnf/vars
echo 2023.0.0 >/etc/dnf/vars/releasever
dnf install --assumeyes --quiet system-release amazon-ssm-agent kernel
dnf makecache --quiet

# From here on nothing says Debian.
rm -f /etc/debian_version /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/os-release
cat >/usr/lib/os-release <<'RELEASE'
NAME="Amazon Linux"
VERSION="2023"
ID="amzn"
ID_LIKE="fedora"
VERSION_ID="2023"
PLATFORM_ID="platform:al2023"
PRETTY_NAME="Amazon Linux 2023 (double of the rehearsal)"
CPE_NAME="cpe:2.3:o:amazon:amazon_linux:2023"
RELEASE
ln -s ../usr/lib/os-release /etc/os-release
echo 'Amazon Linux release 2023 (Amazon Linux)' >/etc/system-release
mkdir -p /etc/pki/tls/certs
ln -s /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt
