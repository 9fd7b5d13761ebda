#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: environment_diff
version_added: 0.1.0
short_description: Compare what roles declare with what stands
description:
  - Reads everything that stands of an environment, in one process and many calls side by side, and compares it with what
    the roles declare, resource by resource and attribute by attribute.
  - What somebody added by hand to what the roles manage is a difference too, such as a rule of a security group, a
    route, a policy, or a resource in the VPC that no role declares.
  - Resources are found by the environment's tags and names. They are compared also where a role would leave them alone.
  - It only reads.
author:
  - The mlinfra.aws authors (!UNKNOWN)
notes:
  - An action plugin of the same name runs on the controller. It works out what the roles declare, from their files and
    the variables in scope, hands the module what it needs to know for its calls, and compares what that found.
  - It checks the settings of roles that M(mlinfra.aws.preflight) has not checked in this run, and sets the same facts.
  - Not compared are an image that is newer than an instance's own, user data, passwords, the contents of buckets, and
    the tags of alarms, which the roles do not set.
options:
  roles:
    description:
      - Names of the roles to compare.
      - Roles shared_storage, database, cache and detection are compared only where they are named, since they ask more services.
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
    default: [encryption, network, storage, audit, iam, compute, scaling, monitoring, guardrails, recovery, patching]
  added_configuration:
    description:
      - Whether to look for what no role configures on buckets, and somebody may have added, namely a website, CORS,
        replication and notifications. It takes four calls for each bucket.
      - Without it RV(converged) says that the roles would change nothing, but not that nothing was added there.
    type: bool
    default: true
  allow_partial:
    description:
      - Go on where a permission is missing. What could not be asked is named in RV(errors), and no role counts as
        converged then.
      - By default the module fails, because what can't be seen is not proven the same.
    type: bool
    default: false
  name:
    description: The prefix of the environment's names. Filled in from C(mlinfra_name).
    type: str
    default: ""
  tags:
    description: The tags that tell the environment from all others. Filled in from C(mlinfra_identity_tags).
    type: dict
    default: {}
  names:
    description: The environment's names by their purpose. Filled in from C(mlinfra_names) and the roles' settings.
    type: dict
    default: {}
  absent:
    description: Those of the roles of which nothing is to stand. Filled in from the roles' states.
    type: list
    elements: str
    default: []
  markers:
    description: Keys of marker objects to look for, by the name of their bucket. Filled in from the settings of storage.
    type: dict
    default: {}
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
- name: Compare everything
  mlinfra.aws.environment_diff:
  register: compared

- name: Show what differs
  ansible.builtin.debug:
    msg: "{{ item.action }} {{ item.kind }} {{ item.name }}: {{ item.attributes | map(attribute='attribute') | join(', ') }}"
  loop: "{{ compared.differences }}"

- name: Compare the network and make it where it differs
  mlinfra.aws.environment_diff:
    roles: [network]
    added_configuration: false
  register: compared_network

- name: Network
  ansible.builtin.import_role:
    name: mlinfra.aws.network
  when: "'network' in compared_network.to_run"
"""

RETURN = r"""
ansible_facts:
  description:
    - For each role that is not in RV(to_run) the fact that the role would set, such as C(network_outputs).
    - Where settings were checked, what M(mlinfra.aws.preflight) sets as well.
  returned: success
  type: dict
  sample: {storage_outputs: {datasets_bucket: mlinfra-dev-datasets-0123456789}}
converged:
  description:
    - Those of the roles whose declaration equals what stands, so that running them would change nothing.
    - A role whose state is V(absent) is converged when nothing of it stands.
  returned: success
  type: list
  elements: str
  sample: [network, storage]
to_run:
  description:
    - The other roles, and those that are declared with the outputs of one of them, which may change.
  returned: success
  type: list
  elements: str
  sample: [compute, monitoring]
differences:
  description: The resources that do not stand as declared, in the order in which they refer to each other.
  returned: success
  type: list
  elements: dict
  contains:
    role:
      description: The role that declares the resource, or would remove it.
      type: str
      returned: always
      sample: network
    kind:
      description: Its kind, as the role declares it.
      type: str
      returned: always
      sample: security_group
    name:
      description: Its declared name. Where nobody declares it, its own name, its tag Name or its id.
      type: str
      returned: always
      sample: mlinfra-dev-ml-instance
    id:
      description: Its id or ARN. Empty where it does not stand.
      type: str
      returned: always
      sample: sg-0a1b2c3d4e5f60718
    action:
      description: What would make it as declared, V(create), V(modify) or V(delete).
      type: str
      returned: always
      sample: modify
    attributes:
      description: What of it differs.
      type: list
      elements: dict
      returned: always
      contains:
        attribute:
          description: The attribute in AWS's own words. A member of a dictionary follows after a dot.
          type: str
          returned: always
          sample: Tags.Environment
        before:
          description: What stands. Other resources are named, where a role declares them.
          type: raw
          returned: always
        after:
          description: What is declared. Other resources are named.
          type: raw
          returned: always
    replaced:
      description: Why a run terminates the resource and makes it anew. Empty where it is changed where it stands.
      type: list
      elements: str
      returned: always
      sample: []
    refused:
      description: The variable without which a run stops instead of replacing it. Empty where it goes on.
      type: str
      returned: always
      sample: compute_allow_replacement
    left:
      description: Why a run leaves the difference as it is. Empty where it settles it.
      type: str
      returned: always
      sample: ""
    note:
      description: What else happens while a run settles it.
      type: str
      returned: always
      sample: ""
outputs:
  description:
    - The outputs of the roles, and of those that they are declared with, by role, as M(mlinfra.aws.environment_info)
      returns them.
  returned: success
  type: dict
resources:
  description: What stands, as M(mlinfra.aws.environment_info) lists it, but for kinds that no role makes.
  returned: success
  type: list
  elements: dict
lock:
  description:
    - Who works on the environment, as M(mlinfra.aws.environment_lock) returns it.
    - It was read before all else, so that a lock which still stands so afterwards says that nobody has changed what was read.
  returned: success
  type: dict
  sample:
    etag: '"9b2cf535f27731c974343645a3985328"'
    state: free
    user: jane
    host: laptop
    command: site.yml
    pid: 4242
    since: "2026-01-01T12:00:00+00:00"
    expires: ""
declared:
  description: By role, what it declares, as a list of resources with C(kind), C(name) and C(attributes).
  returned: success
  type: dict
unknown:
  description:
    - By role, what kept it from being compared, such as a variable without a value. The role is not converged.
  returned: success
  type: dict
  sample: {}
errors:
  description: The calls that AWS refused, with O(allow_partial=true).
  returned: always
  type: list
  elements: dict
  sample: []
diff:
  description: The differences once more, as what stands and what is declared.
  returned: success
  type: dict
  contains:
    before:
      description: By role and resource, the attributes that differ, as they stand.
      type: dict
      returned: success
    after:
      description: The same, as they are declared.
      type: dict
      returned: success
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket import configurations
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import Clients
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.kinds import (
    BY_DEFAULT,
    kinds_to_read,
    roles_to_read,
)
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery import details
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.answer import answer
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.api import CallError
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity
from ansible_collections.mlinfra.aws.plugins.module_utils.roles import ROLES

THREADS = 16


@AWSErrorHandler.common_error_handler("reach AWS")
def read(module: AnsibleAWSModule, identity: Identity) -> tuple[dict[str, Any], list[CallError]]:
    """What stands with all details, the outputs of the roles, and what AWS refused to tell.

    Raises:
        AnsibleAWSError: where AWS could not be asked at all.
    """
    params = module.params
    clients = Clients(module, THREADS)
    added = configurations.ADDED_ATTRIBUTES
    if not params["added_configuration"]:
        # Where a role declares replications they have to be known.
        added = tuple(one for one in added if one[0] == "ReplicationConfiguration" and "recovery" in params["roles"])
    return details.read(
        clients,
        identity,
        kinds_to_read(params["roles"], params["absent"]),
        roles_to_read(params["roles"]),
        configurations.ATTRIBUTES + added,
        params["markers"],
        THREADS,
    )


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "roles": {"type": "list", "elements": "str", "choices": list(ROLES), "default": list(BY_DEFAULT)},
            "added_configuration": {"type": "bool", "default": True},
            "allow_partial": {"type": "bool", "default": False},
            "name": {"type": "str", "default": ""},
            "tags": {"type": "dict", "default": {}},
            "names": {"type": "dict", "default": {}},
            "absent": {"type": "list", "elements": "str", "default": []},
            "markers": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    answer(module, lambda identity: read(module, identity))


if __name__ == "__main__":
    main()
