# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All kinds, and which of discovery's each role is compared with. Pure."""

from __future__ import annotations

from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.kinds import BY_CHOICE, GATHER

from . import (
    audit,
    cache,
    compute,
    database,
    detection,
    encryption,
    guardrails,
    iam,
    monitoring,
    network,
    patching,
    recovery,
    scaling,
    shared_storage,
    storage,
)

# In the order in which they refer to each other.
KINDS = {
    **encryption.KINDS,
    **network.KINDS,
    **storage.KINDS,
    **audit.KINDS,
    **iam.KINDS,
    **shared_storage.KINDS,
    **cache.KINDS,
    **database.KINDS,
    **compute.KINDS,
    **scaling.KINDS,
    **monitoring.KINDS,
    **guardrails.KINDS,
    **recovery.KINDS,
    **patching.KINDS,
    **detection.KINDS,
}

# Beyond those of its outputs, the kinds of discovery's that a role's comparison needs, and where it is to be absent.
_MORE = {
    "encryption": {"ebs_defaults"},
    "network": {"elastic_ip", "volume"},
    "compute": {"volume", "elastic_ip", "dns_record"},
    "scaling": {"image"},
}
_MORE_WHERE_ABSENT = {"iam": {"ssm_parameter"}}

# Whose outputs a role's declaration is made with: first those that need none.
INPUTS: dict[str, tuple[str, ...]] = {
    "encryption": (),
    "network": (),
    "storage": (),
    # Whether somebody else's trail records all that ours would.
    "audit": ("audit",),
    "iam": (),
    # By its own outputs it knows the file system that its alarms are about.
    "shared_storage": ("network", "shared_storage"),
    "database": ("network",),
    # The security group of its nodes is among what it hands on.
    "cache": ("network", "cache"),
    "compute": ("network", "iam"),
    "scaling": ("network", "iam"),
    "monitoring": ("compute",),
    "guardrails": ("compute",),
    "recovery": (),
    "patching": (),
    # What somebody else looks for threats with already.
    "detection": ("detection",),
}

# Those that are compared where nobody says which.
BY_DEFAULT = tuple(role for role in INPUTS if role not in BY_CHOICE)


def roles_to_read(roles: list[str]) -> list[str]:
    """These roles and those whose outputs they are declared with, in the order of `INPUTS`."""
    needed = set(roles)
    for role in reversed(INPUTS):
        if role in needed:
            needed.update(INPUTS[role])
    return [role for role in INPUTS if role in needed]


def kinds_to_read(roles: list[str], absent: list[str]) -> set[str]:
    """What discovery is asked for.

    Args:
        roles: the roles to compare.
        absent: those of them of which nothing is to stand.
    """
    kinds = set().union(*(GATHER[role] for role in roles_to_read(roles)))
    for role in roles:
        kinds |= _MORE.get(role, set()) | (_MORE_WHERE_ABSENT.get(role, set()) if role in absent else set())
    return kinds
