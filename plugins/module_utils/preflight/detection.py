# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of the role detection."""

from __future__ import annotations

import re
import typing as t

from ..security_hub.transform import STANDARD
from .names import names_problems
from .problems import number_problems, problem, shown, wanted
from .tags import tags_problems

NAMES = {
    "detection_analyzer_name": "analyzer",
    "detection_guardduty_rule": "event_rule",
    "detection_analyzer_rule": "event_rule",
    "detection_hub_rule": "event_rule",
    "detection_compliance_rule": "event_rule",
    "detection_topic_name": "topic",
    "detection_config_bucket": "bucket",
}
CHOICES = ("detection_guardduty", "detection_access_analyzer", "detection_security_hub", "detection_config")
# As AWS calls its managed rules.
MANAGED_RULE = r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*"
LONGEST_RULE_NAME = 128
# As GuardDuty counts.
LOWEST_SEVERITY = 1
HIGHEST_SEVERITY = 10


def problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the settings of what looks for threats.

    Args:
        settings: all settings, templated. One that is missing was reported already.
    """
    found = names_problems(settings, NAMES)
    if not wanted(settings, "detection"):
        return found
    found.extend(number_problems(settings, "detection_severity", LOWEST_SEVERITY, HIGHEST_SEVERITY))
    found.extend(_rule_problems(settings))
    found.extend(_standard_problems(settings))
    if settings.get("detection_alarms") and any(settings.get(choice) for choice in CHOICES):
        found.extend(_topic_problems(settings))
    if settings.get("detection_config"):
        found.extend(_bucket_problems(settings))
        found.extend(_managed_rule_problems(settings))
    if "detection_tags" in settings:
        found.extend(tags_problems("detection_tags", settings["detection_tags"], settings.get("mlinfra_tags")))
    return found


def _rule_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return which rules would be one and the same."""
    rules = [variable for variable, kind in NAMES.items() if kind == "event_rule" and settings.get(variable)]
    names = [settings[variable] for variable in rules]
    return [
        problem(variable, name, f"is {rules[names.index(name)]} too", "give each rule a name of its own")
        for variable, name in zip(rules, names, strict=True)
        if rules[names.index(name)] != variable
    ]


def _standard_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the words for the standards."""
    standards = settings.get("detection_security_hub_standards") or []
    found = []
    if not standards and settings.get("detection_security_hub"):
        remedy = "name standards, or set detection_security_hub: false"
        found.append(problem("detection_security_hub_standards", "", "leaves nothing to judge by", remedy))
    for at, standard in enumerate(standards):
        name = f"detection_security_hub_standards[{at}]"
        if not re.fullmatch(STANDARD, standard):
            remedy = "write its name and version, such as aws-foundational-security-best-practices/v/1.0.0"
            found.append(problem(name, standard, "is not a standard", remedy))
        elif standard in standards[:at]:
            found.append(problem(name, standard, "is there twice", "name each standard once"))
    return found


def _managed_rule_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is wrong with the rules of AWS's own."""
    found = []
    for identifier, parameters in (settings.get("detection_config_rules") or {}).items():
        name = f"detection_config_rules.{identifier}"
        called = len(f"{settings.get('mlinfra_name', '')}-{identifier}")
        if not re.fullmatch(MANAGED_RULE, str(identifier)):
            remedy = "write its identifier, such as EC2_IMDSV2_CHECK"
            found.append(problem(name, identifier, "is not a managed rule of AWS Config", remedy))
        elif called > LONGEST_RULE_NAME:
            remedy = f"a rule's name has at most {LONGEST_RULE_NAME}: choose a shorter mlinfra_environment, or leave the rule out"
            found.append(problem(name, identifier, f"makes a name of {called} characters", remedy))
        if not isinstance(parameters or {}, dict):
            remedy = "write its parameters by their names, such as {maxAccessKeyAge: 90}, or {}"
            found.append(problem(name, parameters, "is not a dictionary", remedy))
    return found


def _topic_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what role monitoring has otherwise, so that nobody would be told."""
    if not wanted(settings, "monitoring"):
        fault = "needs the topic that monitoring_state: absent takes away"
        return [problem("detection_alarms", True, fault, "set detection_alarms: false, or keep the topic")]
    value, other = settings.get("detection_topic_name"), settings.get("monitoring_topic_name")
    if "monitoring" not in settings.get("preflight_roles", ()) or None in (value, other) or value == other:
        return []
    remedy = f"monitoring has monitoring_topic_name ({shown(other)}): make them the same"
    return [problem("detection_topic_name", value, "is not the topic that alarms are sent to", remedy)]


def _bucket_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return what the role storage has otherwise, so that AWS Config could not deliver."""
    if "storage" not in settings.get("preflight_roles", ()):
        return []
    if settings.get("storage_logs") is False:
        remedy = "set storage_logs: true, or detection_config: false"
        return [problem("detection_config", True, "needs the bucket that storage_logs leaves out", remedy)]
    value, other = settings.get("detection_config_bucket"), settings.get("storage_logs_bucket")
    if None in (value, other) or value == other:
        return []
    remedy = f"storage has storage_logs_bucket ({shown(other)}): make them the same"
    return [problem("detection_config_bucket", value, "is not the bucket of logs", remedy)]
