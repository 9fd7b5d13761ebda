#!/bin/sh
# The Debian tree: as it is, with the users of a Debian image on EC2, and a repository with the CloudWatch agent's
# package, which Amazon offers for download only.
set -eu
sh -eu /recipe/common.sh admin

repository=/usr/share/mlinfra-local-cloud/apt
stage=$(mktemp -d)
/recipe/cloudwatch-agent/stage /recipe/cloudwatch-agent "$stage"
mkdir -p "$stage/DEBIAN" "$repository"
install -m 755 /recipe/common.cloudwatch.sh "$stage/DEBIAN/postinst"
cat >"$stage/DEBIAN/control" <<'CONTROL'
Package: amazon-cloudwatch-agent
Version: 1.300000.0
Architecture: all
Maintainer: mlinfra.aws <mlinfra@example.com>
Depends: python3, python3-boto3
Description: double of the Amazon CloudWatch agent, for rehearsals
CONTROL
package=$repository/amazon-cloudwatch-agent.deb
chmod 755 "$stage"
dpkg-deb --root-owner-group --build "$stage" "$package" >/dev/null
rm -r "$stage"
{
  dpkg-deb --field "$package"
  echo "Filename: ./amazon-cloudwatch-agent.deb"
  echo "Size: $(stat -c %s "$package")"
  echo "SHA256: $(sha256sum "$package" | cut -d' ' -f1)"
} >"$repository/Packages"
echo "deb [trusted=yes] file:$repository ./" >/etc/apt/sources.list.d/mlinfra-local-cloud.list
