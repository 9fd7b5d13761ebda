# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What role patching makes: a patch baseline with its patch group, and the association that has instances patched. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.systems_manager.transform import (
    ASSOCIATION,
    BASELINE,
    parameters,
    rules,
    targets,
)

from . import values
from .model import Attribute, Kind
from .parts import TAGS, by_member, entries_of, identified_by, labelled_by, owned_by, owner_by_name, plain


def _written(defaults: dict[str, Any], **forms: Any) -> dict[str, Attribute]:
    """The attributes that a call writes all of, each with what it is where nothing is said of it."""
    return {
        name: plain(name, forms[name], default=default) if name in forms else plain(name, default=default)
        for name, default in defaults.items()
    }


# Of role scaling, too, whose members configure themselves by one.
SSM_ASSOCIATION = Kind(
    attributes={
        "AssociationName": plain("AssociationName"),
        **_written(ASSOCIATION, Parameters=parameters, Targets=targets),
        "Tags": TAGS,
    },
    keys=(by_member("AssociationName"),),
    entries=entries_of("ssm_association"),
    owner=owner_by_name("AssociationName", patch_association="patching", member_association="scaling"),
    identifier=identified_by("AssociationId"),
    label=labelled_by("AssociationName"),
)

PATCH_BASELINE = Kind(
    attributes={
        "Name": plain("Name"),
        "OperatingSystem": plain("OperatingSystem"),
        **_written(
            BASELINE, ApprovalRules=rules, ApprovedPatches=values.unordered, RejectedPatches=values.unordered
        ),
        "PatchGroups": plain("PatchGroups", values.unordered, default=[]),
        "Tags": TAGS,
    },
    # The system of a baseline is for good: another one takes another baseline.
    keys=(by_member("OperatingSystem"),),
    entries=entries_of("patch_baseline"),
    owner=owned_by("patching"),
    identifier=identified_by("BaselineId"),
    label=labelled_by("Name"),
)

KINDS = {"ssm_association": SSM_ASSOCIATION, "patch_baseline": PATCH_BASELINE}
