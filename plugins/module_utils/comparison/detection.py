# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What role detection makes: what looks for threats in the account and region, and who is told of what it finds. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.config_recorder.transform import channel, mode
from ansible_collections.mlinfra.aws.plugins.module_utils.config_rule.transform import parameters, source
from ansible_collections.mlinfra.aws.plugins.module_utils.event_rule.transform import pattern, targets_by_id
from ansible_collections.mlinfra.aws.plugins.module_utils.guardduty.transform import feature_states

from .model import Kind
from .parts import TAGS, THE_ONLY_ONE, by_member, entries_of, identified_by, labelled_by, owned_by, plain


def _names(value: Any) -> list[str]:
    """Names of standards; of a hub that stands they are the keys of its subscriptions."""
    return sorted(value)


# Of these an account has one in a region. Discovery finds those that carry the environment's tags.
DETECTOR = Kind(
    attributes={
        "Status": plain("Status"),
        "FindingPublishingFrequency": plain("FindingPublishingFrequency"),
        "Features": plain("Features", feature_states, default=[]),
        "Tags": TAGS,
    },
    keys=(THE_ONLY_ONE,),
    entries=entries_of("detector"),
    owner=owned_by("detection"),
    identifier=identified_by("DetectorId"),
    label=labelled_by("DetectorId"),
)
ANALYZER = Kind(
    attributes={"name": plain("name"), "type": plain("type"), "Tags": TAGS},
    keys=(THE_ONLY_ONE,),
    entries=entries_of("analyzer"),
    owner=owned_by("detection"),
    identifier=identified_by("arn"),
    label=labelled_by("name"),
)
HUB = Kind(
    attributes={
        "AutoEnableControls": plain("AutoEnableControls"),
        "ControlFindingGenerator": plain("ControlFindingGenerator"),
        "Standards": plain("Standards", _names, default=[]),
        "Tags": TAGS,
    },
    keys=(THE_ONLY_ONE,),
    entries=entries_of("hub"),
    owner=owned_by("detection"),
    identifier=identified_by("HubArn"),
    label=labelled_by("HubArn"),
)
RECORDER = Kind(
    attributes={
        "roleARN": plain("roleARN"),
        # AWS adds what it means for kinds of resources.
        "recordingGroup": plain("recordingGroup", partial=True),
        "recordingMode": plain("recordingMode", mode),
        "recording": plain("recording"),
        "deliveryChannel": plain("deliveryChannel", channel),
        "Tags": TAGS,
    },
    keys=(THE_ONLY_ONE,),
    entries=entries_of("recorder"),
    owner=owned_by("detection"),
    identifier=identified_by("arn"),
    label=labelled_by("name"),
)
EVENT_RULE = Kind(
    attributes={
        "Name": plain("Name"),
        "Description": plain("Description", default=""),
        "EventPattern": plain("EventPattern", pattern),
        "State": plain("State"),
        "Targets": plain("Targets", targets_by_id, default=[]),
        "Tags": TAGS,
    },
    keys=(by_member("Name"),),
    entries=entries_of("event_rule"),
    owner=owned_by("detection"),
    identifier=identified_by("Arn"),
    label=labelled_by("Name"),
)

CONFIG_RULE = Kind(
    attributes={
        "ConfigRuleName": plain("ConfigRuleName"),
        "Description": plain("Description", default=""),
        "Source": plain("Source", source),
        "InputParameters": plain("InputParameters", parameters, default={}),
        "Tags": TAGS,
    },
    keys=(by_member("ConfigRuleName"),),
    entries=entries_of("config_rule"),
    owner=owned_by("detection"),
    identifier=identified_by("ConfigRuleArn"),
    label=labelled_by("ConfigRuleName"),
)

KINDS = {"detector": DETECTOR, "analyzer": ANALYZER, "hub": HUB, "recorder": RECORDER, "config_rule": CONFIG_RULE, "event_rule": EVENT_RULE}
