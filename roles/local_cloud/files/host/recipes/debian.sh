#!/bin/sh
# The Debian tree: as it is, with the users of a Debian image on EC2.
set -eu
. /recipe/common.sh
common admin
