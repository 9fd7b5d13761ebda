# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kinds that role storage declares. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.bucket.configurations import ADDED
from ansible_collections.mlinfra.aws.plugins.module_utils.bucket.transform import DECLARABLE, FORMS

from .model import Entry, Key, Kind, Standing
from .parts import TAGS, entries_of, identified_by, implied, labelled_by, owner_by_name, plain

_OWNER = owner_by_name(
    "Name",
    **dict.fromkeys(("datasets_bucket", "models_bucket", "operations_bucket"), "storage"),
    **dict.fromkeys(("datasets_replica_bucket", "models_replica_bucket"), "recovery"),
)


def _same_versioning(wanted: Any, there: Any, standing: Standing) -> bool:
    """A bucket that never had versions does as one does that has them no more."""
    form = FORMS["VersioningConfiguration"]
    return there is not None and form(wanted) == form(there)


BUCKET = Kind(
    attributes={
        **{name: plain(name, FORMS[name]) for name in DECLARABLE},
        "VersioningConfiguration": plain("VersioningConfiguration", same=_same_versioning),
        # The replication is a resource of its own, which role recovery may declare.
        **{name: implied(name, {}) for name in ADDED if name != "ReplicationConfiguration"},
        "Tags": TAGS,
    },
    keys=(Key(lambda attributes: attributes["Name"], lambda entry, standing: entry["Name"]),),
    entries=entries_of("bucket"),
    owner=_OWNER,
    identifier=identified_by("Name"),
    label=labelled_by("Name"),
)


def _objects(standing: Standing) -> Iterable[Entry]:
    """The marker objects: others are the users'."""
    return [
        {"Bucket": bucket["Name"], "Key": key}
        for bucket in standing.found.get("bucket", [])
        for key in bucket.get("Markers", [])
    ]


OBJECT = Kind(
    attributes={"Bucket": plain("Bucket"), "Key": plain("Key")},
    keys=(
        Key(
            lambda attributes: (attributes["Bucket"], attributes["Key"]),
            lambda entry, standing: (entry["Bucket"], entry["Key"]),
        ),
    ),
    entries=_objects,
    owner=lambda entry, standing: "",
    identifier=lambda entry: f"{entry['Bucket']}/{entry['Key']}",
    label=lambda entry: f"{entry['Bucket']}/{entry['Key']}",
)

KINDS = {"bucket": BUCKET, "object": OBJECT}
