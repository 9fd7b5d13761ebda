#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_replication_info
version_added: 0.1.0
short_description: Tell what of a bucket is not in the bucket yet that it is copied to
description:
  - Lists the versions of both buckets. Replicas keep the ids of their versions, so that it shows what is missing.
  - Compares sizes and ETags of what is there and, where these differ as they may by encryption, the checksums that S3 keeps.
  - Of a version that is missing it asks S3 whether it is still on its way. One that was there and that a lifecycle rule has removed
    is not missed.
  - It only reads.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  bucket:
    description: The bucket that is copied from.
    type: str
    required: true
  replica:
    description: The bucket that is copied to.
    type: str
    required: true
  replica_region:
    description: The region of O(replica). That of the module where it is empty.
    type: str
    default: ""
  account:
    description: Id of the account that both have to belong to. S3 then refuses to tell anything of anybody else's.
    type: str
    default: ""
  shown:
    description: How many versions of each kind are returned by name. All are counted.
    type: int
    default: 100
attributes:
  check_mode:
    description: Reads only, with check mode or without.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Wait until all of it is there
  mlinfra.aws.s3_replication_info:
    bucket: mlinfra-dev-datasets-0123456789-eu-west-1
    region: eu-west-1
    replica: mlinfra-dev-datasets-0123456789
    replica_region: us-east-1
  register: copied
  until: copied.counts.pending == 0
  retries: 60
  delay: 30
"""

RETURN = r"""
complete:
  description: Whether all versions are there, with the same content, and the same ones are current.
  returned: success
  type: bool
  sample: false
looked_at:
  description: How many objects the bucket has, those included that are marked as deleted.
  returned: success
  type: int
  sample: 12
counts:
  description: How many versions there are of each kind in RV(versions).
  returned: success
  type: dict
  sample: {pending: 1, failed: 0, unreplicated: 0, differing: 0, ahead: 0}
versions:
  description: >-
    What is not as it should be. C(pending) is on its way, C(failed) S3 could not copy, C(unreplicated) no rule was about when it was
    written or somebody has deleted there, C(differing) has other content there, C(ahead) is current there in the place of the one that is current here.
  returned: success
  type: dict
  contains:
    pending: &versions
      description: Each with its C(key) and the C(version)'s id.
      type: list
      elements: dict
      returned: always
      sample: [{key: raw/a.csv, version: 3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY}]
    failed: *versions
    unreplicated: *versions
    differing: *versions
    ahead: *versions
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import one_client
from ansible_collections.mlinfra.aws.plugins.module_utils.replication import api, compared
from ansible_collections.mlinfra.aws.plugins.module_utils.restore.api import Versions
from ansible_collections.mlinfra.aws.plugins.module_utils.restore.transform import Version

# Objects that are asked about at once.
AT_ONCE = 16


class Side:
    """One of the two buckets.

    Args:
        client: S3's client.
        bucket: the bucket's name.
        account: whose it has to be; empty for anybody's.
    """

    def __init__(self, client: Any, bucket: str, account: str) -> None:
        self._place = (client, bucket, account)
        self.versions = Versions(client, bucket, account)

    def status(self, version: Version) -> str:
        """How far a version is replicated, in S3's word."""
        return "" if version.is_marker else api.status(*self._place, version.key, version.id)

    def checksums(self, version: Version) -> dict[str, str]:
        """What S3 keeps of its content."""
        return api.checksums(*self._place, version.key, version.id)


def same_content(source: Side, replica: Side, one: Version, other: Version) -> bool:
    """Whether two versions whose ETags differ have the same content all the same, by a checksum that S3 keeps of both."""
    if one.size != other.size:
        return False
    first, second = source.checksums(one), replica.checksums(other)
    both = first.keys() & second.keys()
    return bool(both) and all(first[name] == second[name] for name in both)


def look(source: Side, replica: Side, shown: int) -> dict[str, Any]:
    """Compares the buckets, and returns the module's result.

    Args:
        source: the bucket that is copied from.
        replica: the bucket that is copied to.
        shown: how many versions of each kind are returned by name.

    Raises:
        AnsibleAWSError: where one of them does not stand, or keeps no versions.
    """
    for side in (source, replica):
        if not side.versions.are_kept():
            raise AnsibleAWSError(message="One of the buckets keeps no versions, and is no part of a replication")
    looked_at, found = 0, dict.fromkeys(compared.OUTCOMES, 0)
    told: dict[str, list[dict[str, str]]] = {name: [] for name in compared.OUTCOMES}

    def count(kind: str, version: Version) -> None:
        if kind:
            found[kind] += 1
            if len(told[kind]) < shown:
                told[kind].append({"key": version.key, "version": version.id})

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for versions, others in compared.pairs(source.versions.below(""), replica.versions.below("")):
            looked_at += 1
            object_found = compared.compare(versions, others)
            statuses = pool.map(source.status, object_found.missing)
            for version, status in zip(object_found.missing, statuses, strict=True):
                count(compared.outcome(version, status), version)
            for one, other in object_found.suspect:
                count("" if same_content(source, replica, one, other) else compared.DIFFERING, one)
            if object_found.ahead:
                count(compared.AHEAD, object_found.ahead)
    return {"complete": not any(found.values()), "looked_at": looked_at, "counts": found, "versions": told}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "bucket": {"type": "str", "required": True},
            "replica": {"type": "str", "required": True},
            "replica_region": {"type": "str", "default": ""},
            "account": {"type": "str", "default": ""},
            "shown": {"type": "int", "default": 100},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        source = Side(one_client(module, "s3", connections=AT_ONCE), params["bucket"], params["account"])
        elsewhere = one_client(module, "s3", elsewhere=params["replica_region"])
        result = look(source, Side(elsewhere, params["replica"], params["account"]), params["shown"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
