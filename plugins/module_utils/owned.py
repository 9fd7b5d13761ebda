# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Makes, changes and deletes what carries its owner's tags, and leaves alone what carries another's.

Of some things, such as a detector of GuardDuty, an account has one in a region: whoever made it has it for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.differ import attribute_changes, modified
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.kinds import KINDS
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of

Entry = Mapping[str, Any]


class Owned(Protocol):
    """One thing that may stand.

    Attributes:
        kind: what comparisons know it as.
    """

    kind: str

    def read(self) -> dict[str, Any] | None:
        """It as it stands, whoever has it, in the words of discovery; None where nothing does."""

    def create(self, wanted: Entry) -> None:
        """Makes it."""

    def update(self, standing: Entry, wanted: Entry, changed: set[str]) -> None:
        """Writes the attributes that differ."""

    def delete(self, standing: Entry) -> None:
        """Deletes it."""


def manage(module: AnsibleAWSModule, made: Callable[[], Owned], wanted: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Has a module do what its state asks for, and ends it.

    Args:
        module: the module; owner_tags, where it has such an option, are the owner's.
        made: makes the thing, with its clients.
        wanted: its attributes by the module's options.
    """
    params = module.params
    try:
        asked = wanted(params) if params["state"] == "present" else None
        result = settle(made(), asked, params.get("owner_tags") or {}, module.check_mode)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**result)


def settle(thing: Owned, wanted: Entry | None, owner: Mapping[str, str], check: bool) -> dict[str, Any]:
    """Has it stand as wanted, or not at all, and returns the module's result.

    Args:
        thing: the thing.
        wanted: its attributes, in the words of comparisons; None where it is not to stand.
        owner: the tags without which it is somebody else's, and stays as it is.
        check: whether nothing may be changed.
    """
    standing = thing.read()
    if standing is not None and not owner.items() <= tags_of(standing).items():
        return {**modified(()), "foreign": True}
    if wanted is None:
        return {**_without(thing, standing, check), "foreign": False}
    if standing is None:
        if not check:
            thing.create(wanted)
        diff = {"before": {}, "after": dict(wanted)}
        return {"changed": True, "action": "create", "changes": [], "diff": diff, "foreign": False}
    changes = attribute_changes(thing.kind, wanted, standing)
    if changes and not check:
        thing.update(standing, wanted, {change.attribute.partition(".")[0] for change in changes})
    return {**modified(changes), "foreign": False}


def _without(thing: Owned, standing: Entry | None, check: bool) -> dict[str, Any]:
    if standing is None:
        return modified(())
    if not check:
        thing.delete(standing)
    before = {name: standing.get(name) for name in KINDS[thing.kind].attributes}
    return {"changed": True, "action": "delete", "changes": [], "diff": {"before": before, "after": {}}}
