# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What role recovery makes besides buckets and roles: the replication of buckets, and policies of snapshots. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of
from ansible_collections.mlinfra.aws.plugins.module_utils.lifecycle_policy.transform import details
from ansible_collections.mlinfra.aws.plugins.module_utils.replication.transform import rules

from .model import Entry, Key, Kind, Standing
from .parts import TAGS, always, by_member, entries_of, identified_by, labelled_by, owned_by, plain


def _replications(standing: Standing) -> Iterable[Entry]:
    """Those of the environment's buckets, each as a resource of its own."""
    return [
        {"Bucket": bucket["Name"], **bucket["ReplicationConfiguration"]}
        for bucket in standing.found.get("bucket", [])
        if bucket.get("ReplicationConfiguration")
    ]


def _owner(entry: Entry, standing: Standing) -> str:
    """Role recovery copies to its own buckets and back. Whatever else somebody added is removed with what else a bucket has too much."""
    names = standing.identity.names
    ours = {names.get(f"{purpose}{kind}") for purpose in ("datasets", "models") for kind in ("_bucket", "_replica_bucket", "_origin")}
    goes_to = {rule.get("Destination", {}).get("Bucket", "").rpartition(":")[2] for rule in entry.get("Rules", [])}
    return "recovery" if goes_to <= ours else "storage"


BUCKET_REPLICATION = Kind(
    attributes={
        "Bucket": plain("Bucket"),
        "Role": plain("Role", default=""),
        "Rules": plain("Rules", rules, default=[]),
    },
    keys=(by_member("Bucket"),),
    entries=_replications,
    owner=_owner,
    identifier=lambda entry: f"{entry['Bucket']}/replication",
    label=labelled_by("Bucket"),
)

SNAPSHOT_POLICY = Kind(
    attributes={
        "Description": plain("Description", default=""),
        "State": plain("State"),
        "ExecutionRoleArn": plain("ExecutionRoleArn"),
        "PolicyDetails": plain("PolicyDetails", details, default={}),
        "Tags": TAGS,
    },
    # An environment has one.
    keys=(Key(always(True), lambda entry, standing: standing.identity.owns_tags(tags_of(entry)) or None),),
    entries=entries_of("snapshot_policy"),
    owner=owned_by("recovery"),
    identifier=identified_by("PolicyId"),
    label=lambda policy: tags_of(policy).get("Name") or policy["Description"],
)

KINDS = {"bucket_replication": BUCKET_REPLICATION, "snapshot_policy": SNAPSHOT_POLICY}
