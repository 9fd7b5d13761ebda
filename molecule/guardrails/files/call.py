# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make the call that a schedule makes, with the schedule's own input, and print the state of the instance after it.

EventBridge Scheduler does the same: the end of the target's ARN names service and operation, the input its arguments.
"""

from __future__ import annotations

import json
import sys

import boto3
from botocore import xform_name

group, name = sys.argv[1:3]
target = boto3.client("scheduler").get_schedule(GroupName=group, Name=name)["Target"]
_start, service, operation = target["Arn"].rsplit(":", 2)
client = boto3.client(service)
call = getattr(client, xform_name(operation[0].upper() + operation[1:]))
call(**json.loads(target["Input"]))
[reservation] = client.describe_instances(**json.loads(target["Input"]))["Reservations"]
print(reservation["Instances"][0]["State"]["Name"])
