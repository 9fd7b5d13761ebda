#!/bin/sh
# What the CloudWatch agent's package does when it is installed, for both kinds of package.
set -eu
id cwagent >/dev/null 2>&1 || useradd --system --no-create-home --home-dir /home/cwagent --shell /sbin/nologin cwagent
chown -R cwagent:cwagent /opt/aws/amazon-cloudwatch-agent/logs /opt/aws/amazon-cloudwatch-agent/var
# A container that is only being built has no systemd to tell.
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
