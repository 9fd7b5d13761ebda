# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The data flow under the instance role's own policy, with IAM's rules enforced: it suffices, and leads nowhere else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from emulator.places import ACCOUNT, HOST, Place
from mlinfra.transfer.checksums import PART
from trained import train

DECLARE = Path(__file__).parents[1] / "comparison" / "declare.py"
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


def policy(settings: dict[str, Any]) -> dict[str, Any]:
    """The policy that the role iam puts on instances."""
    done = subprocess.run([sys.executable, DECLARE], input=json.dumps([settings]), capture_output=True, text=True, check=True)
    [told] = json.loads(done.stdout)
    [document] = [one["attributes"]["PolicyDocument"] for one in told["declared"]["iam"] if one["kind"] == "role_policy"]
    return document


def role_of(buckets: Any) -> str:
    """The name of the role, which is new as the buckets are."""
    return buckets.models.replace("models", "instance")


def permissions(place: Place, mode: str) -> None:
    request = urllib.request.Request(f"http://{HOST}:{place.http_port}/_emulator/permissions-{mode}", method="POST")
    with urllib.request.urlopen(request, timeout=10):
        pass


@pytest.fixture
def under_the_role(buckets: Any) -> Iterator[boto3.Session]:
    """Commands run as on an instance; the session is of its credentials."""
    iam, sts = (
        boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=buckets.environment["AWS_ENDPOINT_URL"],
            verify=buckets.environment["AWS_CA_BUNDLE"],
        )
        for service in ("iam", "sts")
    )
    name = role_of(buckets)
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    document = policy({"iam_datasets_bucket": buckets.datasets, "iam_models_bucket": buckets.models})
    iam.put_role_policy(RoleName=name, PolicyName="permissions", PolicyDocument=json.dumps(document))
    key = sts.assume_role(RoleArn=arn, RoleSessionName="i-0123456789abcdef0")["Credentials"]
    buckets.environment |= {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_SESSION_TOKEN": key["SessionToken"],
    }
    permissions(buckets.place, "enforced")
    yield boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"], region_name="us-east-1")
    permissions(buckets.place, "off")


def test_the_data_flow_needs_no_more(buckets: Any, under_the_role: boto3.Session, tmp_path: Path) -> None:
    """From files to a model in production and back, with an upload that is killed and goes on; and all of it as the role."""
    folder = tmp_path / "numbers"
    folder.mkdir()
    (folder / "large").write_bytes(os.urandom(3 * PART))
    (folder / "small").write_text("1")
    buckets.watch()
    assert buckets.command("data", "upload", str(folder), kill=3, moment="after").returncode != 0
    commands = [
        ("data", "upload", str(folder)),
        ("data", "list"),
        ("data", "verify", "raw/numbers"),
        ("data", "download", "raw/numbers", str(tmp_path / "back")),
    ]
    for run in ("first", "second"):
        train(buckets.models, run)
        commands.append(("model", "promote", run, "--model", "digits"))
    commands += [("model", "list"), ("model", "rollback", "digits")]
    for command in commands:
        done = buckets.command(*command)
        assert done.returncode == 0, (command, done.stderr)
    made = [call for call in buckets.calls() if call.caller == buckets.environment["AWS_ACCESS_KEY_ID"]]
    assert {"UploadPart", "ListParts", "CompleteMultipartUpload", "CopyObject", "GetObject"} <= {call.action for call in made}
    assert all(call.needs for call in made)
    assert [call for call in made if call.status == 403] == []


def test_it_leads_nowhere_else(buckets: Any, under_the_role: boto3.Session) -> None:
    where = {"endpoint_url": buckets.environment["AWS_ENDPOINT_URL"], "verify": buckets.environment["AWS_CA_BUNDLE"]}
    role = f"arn:aws:iam::{ACCOUNT}:role/{role_of(buckets)}"
    calls = [
        ("s3", "list_buckets", {}),
        ("s3", "create_bucket", {"Bucket": "another"}),
        ("s3", "delete_bucket", {"Bucket": buckets.models}),
        ("s3", "put_bucket_versioning", {"Bucket": buckets.models, "VersioningConfiguration": {"Status": "Suspended"}}),
        ("s3", "delete_object", {"Bucket": buckets.models, "Key": "a", "VersionId": "1"}),
        ("iam", "list_roles", {}),
        ("iam", "delete_role_policy", {"RoleName": role_of(buckets), "PolicyName": "permissions"}),
        ("ec2", "describe_vpcs", {}),
        ("ssm", "get_parameter", {"Name": "/p/dev/jupyter-token-ada"}),
        ("sts", "assume_role", {"RoleArn": role, "RoleSessionName": "session"}),
        ("logs", "describe_log_groups", {}),
    ]
    for service, call, arguments in calls:
        with pytest.raises(ClientError, match="is not authorized to perform"):
            getattr(under_the_role.client(service, **where), call)(**arguments)
