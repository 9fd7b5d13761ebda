# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a call needs to be allowed: actions of IAM on resources, with what conditions may ask about them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Need:
    """One action on one resource.

    Attributes:
        action: IAM's name of it, such as `s3:ListBucket`.
        resource: the ARN; `*` where the action knows no resources.
        context: what conditions ask about, by condition key, such as `aws:ResourceTag/Project`.
    """

    action: str
    resource: str = "*"
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Where:
    """Where a call is made: what ARNs are put together from."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str, regional: bool = True) -> str:
        """The ARN of a resource of the account."""
        return f"arn:{self.partition}:{service}:{self.region if regional else ''}:{self.account}:{resource}"


def tags_context(kind: str, tags: Mapping[str, str]) -> dict[str, str]:
    """The condition keys of tags.

    Args:
        kind: `RequestTag` for tags that a call sets, `ResourceTag` for those that stand.
        tags: the tags.
    """
    return {f"aws:{kind}/{key}": value for key, value in tags.items()}


def tags_of(parameters: Parameters) -> dict[str, str]:
    """The tags that a call sets, in any of the ways in which services write them."""
    tags = next((parameters[name] for name in ("Tags", "tags", "ResourceTags") if name in parameters), None) or {}
    if isinstance(tags, Mapping):
        return dict(tags)
    # Where tags are taken off, some services call the keys so.
    pairs = [{name.lower().removeprefix("tag"): part for name, part in tag.items()} for tag in tags if isinstance(tag, Mapping)]
    return {tag["key"]: tag.get("value", "") for tag in pairs}


def pass_role(arn: str, service: str) -> Need:
    """Whoever hands a role to a service must be allowed to pass it."""
    return Need("iam:PassRole", arn, {"iam:PassedToService": service})
