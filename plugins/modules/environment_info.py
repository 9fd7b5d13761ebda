#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: environment_info
version_added: 0.1.0
short_description: Find everything that belongs to one environment
description:
  - Finds what stands of an environment by its tags, its names and the ids of its VPC, in one process and many
    calls side by side, and returns it by role and as one flat list.
  - It only reads.
author:
  - The mlinfra.aws authors (!UNKNOWN)
options:
  name:
    description: The prefix of the environment's names.
    type: str
    required: true
  tags:
    description:
      - The tags that tell the environment from all others. A resource belongs to it when it carries all of them.
    type: dict
    required: true
  names:
    description:
      - The environment's names by their purpose, such as C(vpc_log_group), C(flow_log_role) or C(datasets_bucket).
      - The end of a key says which kind it names, so that further keys such as C(audit_bucket) are searched too.
        It is one of C(bucket), C(role), C(profile), C(log_group), C(topic), C(dashboard), C(parameter), C(key_pair).
      - The name C(instance) is the prefix of the alarms on instances.
    type: dict
    default: {}
  ids:
    description:
      - Ids in EC2 of what is known to have been the environment's. It is found whatever its tags, and so are snapshots of
        such volumes.
      - That is how to prove, once an environment is gone, that nothing outlived its tags.
    type: list
    elements: str
    default: []
  gather:
    description:
      - Which of the return values to make. Fewer need fewer calls.
      - The answers that are left out are not returned.
      - V(shared_storage), V(database), V(cache) and V(detection) ask more services, and only where they are named.
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
      - resources
      - lock
    default: [encryption, network, storage, audit, iam, compute, scaling, monitoring, guardrails, recovery, patching, resources, lock]
  allow_partial:
    description:
      - Go on where a permission is missing. What could not be asked is named in RV(errors).
      - By default the module fails, because what can't be seen is not proven absent.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Find an environment
  mlinfra.aws.environment_info:
    region: us-east-1
    name: mlinfra-dev
    tags:
      Project: mlinfra
      Environment: dev
      ManagedBy: mlinfra.aws
    names:
      vpc_log_group: /aws/vpc/mlinfra-dev
      datasets_bucket: mlinfra-dev-datasets-0123456789
  register: found

- name: Find its network only
  mlinfra.aws.environment_info:
    name: mlinfra-dev
    tags:
      Project: mlinfra
      Environment: dev
    gather: [network]
  register: found_network

- name: Show what is left
  ansible.builtin.debug:
    msg: "{{ found.resources | map(attribute='id') }}"
"""

RETURN = r"""
network:
  description: What role network outputs.
  returned: when O(gather) contains V(network)
  type: dict
  sample:
    vpc_id: vpc-0a1b2c3d4e5f60718
    vpc_cidr: 10.0.0.0/16
    availability_zones: [us-east-1a, us-east-1b]
    public_subnet_ids: [subnet-01, subnet-02]
    private_subnet_ids: [subnet-11, subnet-12]
    internet_gateway_id: igw-01
    nat_gateway_ids: [nat-01]
    nat_instance_ids: []
    nat_public_ips: [198.51.100.7]
    public_route_table_id: rtb-01
    private_route_table_ids: [rtb-02]
    network_acl_id: acl-01
    s3_endpoint_id: vpce-01
    interface_endpoint_ids: []
    flow_log_id: fl-01
    flow_log_group_name: /aws/vpc/mlinfra-dev
    flow_log_role_arn: arn:aws:iam::123456789012:role/mlinfra-dev-flow-log
    security_group_id: sg-01
    default_security_group_id: sg-02
storage:
  description: What role storage outputs.
  returned: when O(gather) contains V(storage)
  type: dict
  sample:
    datasets_bucket: mlinfra-dev-datasets-0123456789
    datasets_bucket_arn: arn:aws:s3:::mlinfra-dev-datasets-0123456789
    models_bucket: mlinfra-dev-models-0123456789
    models_bucket_arn: arn:aws:s3:::mlinfra-dev-models-0123456789
    operations_bucket: ""
    logs_bucket: ""
iam:
  description: What role iam outputs.
  returned: when O(gather) contains V(iam)
  type: dict
  sample:
    instance_role_name: mlinfra-dev-ml-instance
    instance_role_arn: arn:aws:iam::123456789012:role/mlinfra-dev-ml-instance
    instance_profile_name: mlinfra-dev-ml-instance
    instance_profile_arn: arn:aws:iam::123456789012:instance-profile/mlinfra-dev-ml-instance
compute:
  description: What role compute outputs. The instances are those with tag Role V(ml-training), by their tag Index.
  returned: when O(gather) contains V(compute)
  type: dict
  sample:
    image_id: ami-01
    key_name: mlinfra-dev-ml-training
    instances:
      - id: i-01
        name: mlinfra-dev-ml-training-1
        type: t3.medium
        state: running
        availability_zone: us-east-1a
        subnet_id: subnet-01
        private_ip: 10.0.1.4
        public_ip: 198.51.100.8
        image_id: ami-01
        root_volume_id: vol-01
        launch_time: "2026-01-01T12:00:00+00:00"
scaling:
  description: What role scaling outputs.
  returned: when O(gather) contains V(scaling)
  type: dict
  sample:
    group_name: mlinfra-dev-ml-member
    group_arn: "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:0a1b2c3d:autoScalingGroupName/mlinfra-dev-ml-member"
    launch_template_id: lt-01
    desired: 1
    load_balancer_arn: ""
    load_balancer_dns: ""
    target_group_arn: ""
    members:
      - {id: i-01, type: t3.medium, availability_zone: us-east-1a, state: InService, health: Healthy}
audit:
  description: What role audit outputs.
  returned: when O(gather) contains V(audit)
  type: dict
  sample:
    trail_arn: arn:aws:cloudtrail:us-east-1:123456789012:trail/mlinfra-dev
    log_group: /aws/cloudtrail/mlinfra-dev
    alarm_names: [mlinfra-dev-audit-root-use]
    covered_by: ""
monitoring:
  description: What role monitoring outputs.
  returned: when O(gather) contains V(monitoring)
  type: dict
  sample:
    log_groups:
      vpc: /aws/vpc/mlinfra-dev
      ec2: /aws/ec2/mlinfra-dev-ml-training
    topic_arn: arn:aws:sns:us-east-1:123456789012:mlinfra-dev-alarms
    alarm_names: [mlinfra-dev-ml-training-1-cpu]
    dashboard_name: mlinfra-dev
    log_archive_arn: ""
encryption:
  description: What role encryption outputs.
  returned: when O(gather) contains V(encryption)
  type: dict
  sample:
    key_arn: arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef
    key_alias: alias/mlinfra-dev
shared_storage:
  description: What role shared_storage outputs.
  returned: when O(gather) contains V(shared_storage)
  type: dict
  sample:
    file_system_id: fs-0123456789abcdef0
    file_system_arn: "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-0123456789abcdef0"
    mount_target_ids: [fsmt-0123456789abcdef0, fsmt-0123456789abcdef1]
    access_points: [{id: fsap-0123456789abcdef0, name: shared, path: /shared}]
    security_group_id: sg-0123456789abcdef0
    alarm_names: [mlinfra-dev-shared-storage-io-limit]
database:
  description: What role database outputs.
  returned: when O(gather) contains V(database)
  type: dict
  sample:
    identifier: mlinfra-dev
    arn: "arn:aws:rds:us-east-1:123456789012:db:mlinfra-dev"
    resource_id: db-ABCDEFGHIJKLMNOPQRSTUVWXYZ
    status: available
    address: mlinfra-dev.abcdefghijkl.us-east-1.rds.amazonaws.com
    port: 5432
    name: ml
    user: mladmin
    secret_arn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-01234567-89ab-cdef-0123-456789abcdef-AbCdEf"
    security_group_id: sg-0a1b2c3d4e5f60718
detection:
  description: What role detection outputs.
  returned: when O(gather) contains V(detection)
  type: dict
  sample:
    detector_id: 0123456789abcdef0123456789abcdef
    analyzer_arn: "arn:aws:access-analyzer:us-east-1:123456789012:analyzer/mlinfra-dev"
    hub_arn: ""
    recorder_arn: ""
    config_rule_names: []
    rule_names: [mlinfra-dev-analyzer, mlinfra-dev-guardduty]
    covered_by:
      hub: "arn:aws:securityhub:us-east-1:123456789012:hub/default"
cache:
  description: What role cache outputs.
  returned: when O(gather) contains V(cache)
  type: dict
  sample:
    group_id: mlinfra-dev
    endpoint: master.mlinfra-dev.abcdef.use1.cache.amazonaws.com
    reader_endpoint: replica.mlinfra-dev.abcdef.use1.cache.amazonaws.com
    port: 6379
    nodes: [mlinfra-dev-001, mlinfra-dev-002]
    secret_name: mlinfra/dev/cache-token
    security_group_id: sg-0123456789abcdef0
    log_group: /aws/elasticache/mlinfra-dev
    alarm_names: [mlinfra-dev-cache-001-cpu]
guardrails:
  description: What role guardrails outputs.
  returned: when O(gather) contains V(guardrails)
  type: dict
  sample:
    budget_name: mlinfra-dev
    schedule_group: mlinfra-dev
    schedule_names: [start, stop]
    budget_role_arn: ""
    schedule_role_arn: arn:aws:iam::123456789012:role/mlinfra-dev-scheduler
recovery:
  description: What role recovery outputs.
  returned: when O(gather) contains V(recovery)
  type: dict
  sample:
    snapshot_policy_id: policy-0123456789abcdef0
    snapshot_role_arn: arn:aws:iam::123456789012:role/mlinfra-dev-snapshots
    replication_role_arn: ""
    replica_buckets: []
patching:
  description: What role patching outputs.
  returned: when O(gather) contains V(patching)
  type: dict
  sample:
    baseline_ids: [pb-0123456789abcdef0]
    association_id: 01234567-89ab-cdef-0123-456789abcdef
resources:
  description:
    - Everything found, ordered by kind and name.
    - The default security group, network ACL and route table of the VPC are among them.
    - What only the tagging service knows has a kind of the form V(service:type). That service also lists
      what has been deleted a short while ago.
  returned: when O(gather) contains V(resources)
  type: list
  elements: dict
  contains:
    kind:
      description: Such as V(vpc), V(subnet), V(elastic_ip), V(bucket), V(iam_role), V(log_group) or V(alarm).
      type: str
      returned: always
    name:
      description: The resource's name, or its tag Name, or an empty string.
      type: str
      returned: always
    id:
      description: EC2's id of the resource, or its ARN.
      type: str
      returned: always
    attributes:
      description: What AWS says of it, in AWS's own words. Times are text in ISO 8601.
      type: dict
      returned: always
    tags:
      description: Its tags.
      type: dict
      returned: always
    owned:
      description: Whether it carries the O(tags) of the environment. What does not is found by its name or by what it hangs on.
      type: bool
      returned: always
lock:
  description:
    - Who works on the environment, as M(mlinfra.aws.environment_lock) returns it.
    - It was read before all else, so that a lock which still stands so afterwards says that nobody has changed what was read.
  returned: when O(gather) contains V(lock)
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
errors:
  description: The calls that AWS refused, with O(allow_partial=true).
  returned: always
  type: list
  elements: dict
  sample:
    - service: sns
      permission: sns:ListTopics
      code: AuthorizationError
      message: User is not authorized to perform this action
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.clients import Clients
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery import outputs
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.answer import answer
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.api import CallError, Reader
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.collect import Collector
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.kinds import BY_CHOICE, GATHER
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.transform import claim, flatten
from ansible_collections.mlinfra.aws.plugins.module_utils.lock import api as lock

DEFAULT = [answered for answered in GATHER if answered not in BY_CHOICE]
THREADS = 12


@AWSErrorHandler.common_error_handler("reach AWS")
def discover(
    module: AnsibleAWSModule, identity: Identity, gather: list[str]
) -> tuple[dict[str, Any], list[CallError]]:
    """Everything asked for, and what AWS refused to tell.

    Raises:
        AnsibleAWSError: where AWS could not be asked at all.
    """
    clients = Clients(module, THREADS)
    reader = Reader(clients)
    kinds = set().union(*(GATHER[answer] for answer in gather))
    locked = lock.look(reader, identity.names) if "lock" in gather else {}
    with ThreadPoolExecutor(THREADS) as executor:
        found, tags = Collector(reader, identity, executor).collect(kinds, tagged="resources" in gather)
    partition = clients("ec2").meta.partition
    claimed = claim(found, tags, identity, partition)

    def one(asked: str) -> Any:
        if asked == "resources":
            return flatten(claimed, tags, identity, partition)
        if asked == "lock":
            return locked
        return outputs.of_role(asked, claimed, identity, partition)

    return {asked: one(asked) for asked in gather}, reader.errors


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "tags": {"type": "dict", "required": True},
            "names": {"type": "dict", "default": {}},
            "ids": {"type": "list", "elements": "str", "default": []},
            "gather": {"type": "list", "elements": "str", "choices": list(GATHER), "default": DEFAULT},
            "allow_partial": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    answer(module, lambda identity: discover(module, identity, module.params["gather"]))


if __name__ == "__main__":
    main()
