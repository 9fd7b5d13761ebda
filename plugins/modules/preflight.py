#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
version_added: 0.1.0
short_description: Check the settings of roles, the credentials and the region before anything is made
description:
  - Judges the settings of the named roles by their argument specifications and by rules such as ranges that overlap,
    names that are too long for S3 or IAM, settings that contradict each other, and a network that is open to all.
  - Asks AWS whether the credentials work, whether the zones, the instance type and the image are there.
    It makes reading calls only.
  - Fails once, with all problems that were found, and changes nothing.
  - Fails also where a setting can't be templated, and names it.
  - Sets facts. Where facts are not injected as variables (C(INJECT_FACTS_AS_VARS)), they are in C(ansible_facts).
author:
  - The mlinfra.aws authors (!UNKNOWN)
notes:
  - An action plugin of the same name runs on the controller, judges the settings, and fills in the options other than
    O(roles) for the module, which makes the calls.
  - Facts last as long as the fact cache does. With one that outlives the run, such as C(jsonfile), remove
    C(preflight_passed) from it (C(meta) with C(clear_facts)), or roles that run alone take an old check for theirs.
options:
  roles:
    description:
      - Names of the roles whose settings are judged.
      - Variables that are not in scope take their values from the role's defaults.
    type: list
    elements: str
    choices:
      - encryption
      - network
      - storage
      - audit
      - iam
      - shared_storage
      - database
      - cache
      - compute
      - scaling
      - monitoring
      - guardrails
      - recovery
      - patching
      - detection
    required: true
  instance_type:
    description:
      - Instance type to ask about. Filled in from C(compute_instance_type).
    type: str
    default: ""
  image_id:
    description:
      - Id of the image to ask about. Filled in from C(compute_image_id).
    type: str
    default: ""
  image_parameter:
    description:
      - Public SSM parameter that names the image, used where O(image_id) is empty and O(image_tags) find none. Filled in
        from C(compute_image), C(compute_os), C(compute_instance_type) and C(compute_architecture).
    type: str
    default: ""
  image_tags:
    description:
      - Tags of the account's own images, of which the newest is meant, used where O(image_id) is empty. Filled in from
        C(compute_image).
    type: dict
    default: {}
  image_architecture:
    description:
      - Architecture of the image that O(image_tags) find. Filled in from C(compute_architecture).
    type: str
    default: ""
  identity_tags:
    description:
      - Tags that the environment's resources are found by, to keep the zones that its subnets stand in.
        Filled in from C(mlinfra_identity_tags).
    type: dict
    default: {}
  key_alias:
    description:
      - Alias of the KMS key to look for. Filled in from C(encryption_key_alias) where the environment has a key of its own.
    type: str
    default: ""
  replication_region:
    description:
      - A second region, to look whether there is one of that name. Filled in from C(recovery_replication_region).
    type: str
    default: ""
  cache_node_type:
    description: Type of cache nodes to ask about. Filled in from C(cache_node_type), where there is to be a cache.
    type: str
    default: ""
  member_types:
    description: Instance types of a group to ask about. Filled in from C(scaling_instance_types).
    type: list
    elements: str
    default: []
  database_class:
    description: A class of databases to ask about. Filled in from C(database_instance_class).
    type: str
    default: ""
attributes:
  check_mode:
    description: Does the same in check mode, since it makes reading calls only.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Check all settings before the first role
  mlinfra.aws.preflight:
    roles: [encryption, network, storage, audit, iam, shared_storage, database, cache, compute, scaling, monitoring, guardrails, recovery, patching, detection]

- name: Check the settings of one role, unless a check before has done so
  mlinfra.aws.preflight:
    roles: [network]
  when: "'network' not in (preflight_passed | default([]))"
"""

RETURN = r"""
ansible_facts:
  description: What later tasks need to know.
  returned: success
  type: dict
  contains:
    mlinfra_account_id:
      description: Id of the account that the credentials belong to.
      type: str
      sample: "123456789012"
    mlinfra_partition:
      description: Partition of AWS that the account is in.
      type: str
      sample: aws
    mlinfra_standing_key_arn:
      description: ARN of the environment's own KMS key, empty where it has none or none was asked for.
      type: str
      sample: arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef
    mlinfra_availability_zones:
      description: >-
        The two zones to use. C(network_availability_zones) or, where it is empty, those that the environment's subnets
        stand in, else the region's first that offer the instance type.
      type: list
      elements: str
      sample: [us-east-1a, us-east-1b]
    preflight_passed:
      description: Names of all roles whose settings have passed, in this run and before.
      type: list
      elements: str
      sample: [network, storage]
"""

try:
    import botocore.exceptions
    import botocore.session
except ImportError:
    pass  # AnsibleAWSModule reports the missing library.

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import Clients
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight import account
from ansible_collections.mlinfra.aws.plugins.module_utils.roles import ROLES

# Short: where nothing answers, this is how long the user waits to hear of it. Seconds.
PATIENCE = {"retries": {"mode": "standard", "max_attempts": 3}, "connect_timeout": 5, "read_timeout": 20}


def known_regions() -> list[str]:
    """Return all regions that boto3 has endpoints for, in every partition."""
    session = botocore.session.get_session()
    return [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ec2", partition_name=partition)
    ]


def gather(module: AnsibleAWSModule) -> account.Facts:
    """Return what AWS says, errors included."""
    params = module.params
    request = account.Request(
        instance_type=params["instance_type"],
        image_id=params["image_id"],
        image_parameter=params["image_parameter"],
        image_tags=params["image_tags"],
        image_architecture=params["image_architecture"],
        tags=params["identity_tags"],
        key_alias=params["key_alias"],
        member_types=params["member_types"],
        cache_node_type=params["cache_node_type"],
        database_class=params["database_class"],
        zones=bool({"network", "compute"} & set(params["roles"])),
    )
    try:
        clients = Clients(module, **PATIENCE)
    except botocore.exceptions.BotoCoreError as exception:
        return {"errors": [account.error_of(exception, "")]}
    facts = account.gather(clients, request)
    facts["lasting_key"] = not facts["errors"] and clients.has_lasting_key()
    known = known_regions()
    facts["unknown_region"] = account.unknown_region(module.region, known)
    facts["unknown_replication_region"] = account.unknown_region(params["replication_region"], known)
    return facts


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "roles": {"type": "list", "elements": "str", "choices": list(ROLES), "required": True},
            "instance_type": {"type": "str", "default": ""},
            "image_id": {"type": "str", "default": ""},
            "image_parameter": {"type": "str", "default": ""},
            "image_tags": {"type": "dict", "default": {}},
            "image_architecture": {"type": "str", "default": ""},
            "identity_tags": {"type": "dict", "default": {}},
            "key_alias": {"type": "str", "default": "", "no_log": False},
            "replication_region": {"type": "str", "default": ""},
            "cache_node_type": {"type": "str", "default": ""},
            "member_types": {"type": "list", "elements": "str", "default": []},
            "database_class": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, facts=gather(module))


if __name__ == "__main__":
    main()
