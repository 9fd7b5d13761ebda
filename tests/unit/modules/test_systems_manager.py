# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ssm_association and ssm_patch_baseline call: botocore checks each request against the service's model."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.oldest import ensure_absent, ensure_present
from ansible_collections.mlinfra.aws.plugins.module_utils.systems_manager import api, transform
from ansible_collections.mlinfra.aws.plugins.modules import ssm_association, ssm_patch_baseline

ID = "01234567-89ab-cdef-0123-456789abcdef"
TARGETS = [{"Key": "tag:PatchGroup", "Values": ["mlinfra-dev"]}]
PARAMS = {
    "name": "mlinfra-dev-patching",
    "document": "AWS-RunPatchBaseline",
    "document_version": "$DEFAULT",
    "parameters": {"Operation": "Scan"},
    "targets": TARGETS,
    "schedule_expression": "cron(0 3 * * ? *)",
    "apply_only_at_cron_interval": False,
    "max_concurrency": "1",
    "max_errors": "0",
    "compliance_severity": "UNSPECIFIED",
    "tags": {"Owner": "o"},
}
# What Systems Manager does by itself is not told.
ASKED = {
    "AssociationName": "mlinfra-dev-patching",
    "Name": "AWS-RunPatchBaseline",
    "Parameters": {"Operation": ["Scan"]},
    "Targets": TARGETS,
    "ScheduleExpression": "cron(0 3 * * ? *)",
    "MaxConcurrency": "1",
    "MaxErrors": "0",
}
STANDING = {"AssociationId": ID, **ASKED, "DocumentVersion": "$DEFAULT", "SyncCompliance": "AUTO", "Tags": {"Owner": "o"}}


def associated(aws: Any, standing: list, check: bool = False, **changes: Any) -> dict[str, Any]:
    want = ssm_association.wanted({**PARAMS, **changes})
    return ensure_present(ssm_association.calls_of(aws("ssm"), want), want, standing, check)


@pytest.mark.parametrize("check", [True, False])
def test_an_association_is_made(aws, check):
    if not check:
        told = {"AssociationDescription": {"AssociationId": ID}}
        aws.answer("ssm", "create_association", told, {**ASKED, "Tags": [{"Key": "Owner", "Value": "o"}]})
    result = associated(aws, [], check)
    assert (result["action"], result["association_id"]) == ("create", "" if check else ID)


def test_an_association_as_asked_is_left_alone(aws):
    assert not associated(aws, [STANDING])["changed"]


def test_all_of_an_association_is_written(aws):
    changed = {**ASKED, "ScheduleExpression": "rate(1 day)"}
    aws.answer("ssm", "update_association", {}, {"AssociationId": ID, **changed})
    assert associated(aws, [STANDING], schedule_expression="rate(1 day)")["changes"] == ["ScheduleExpression"]


def test_tags_alone_make_no_new_version(aws):
    aws.answer("ssm", "remove_tags_from_resource", {}, {"ResourceType": "Association", "ResourceId": ID, "TagKeys": ["Owner"]})
    assert associated(aws, [STANDING], tags={})["changes"] == ["Tags"]


def test_all_but_the_oldest_association_are_too_many(aws):
    aws.answer("ssm", "delete_association", {}, {"AssociationId": ID.replace("0", "1")})
    result = associated(aws, [STANDING, {**STANDING, "AssociationId": ID.replace("0", "1")}])
    assert (result["action"], result["association_id"]) == ("modify", ID)


def test_associations_are_read_with_their_tags_the_oldest_first(aws):
    listed = [{"AssociationId": ID}, {"AssociationId": ID.replace("0", "1")}, {"AssociationId": ID.replace("0", "2")}]
    aws.answer("ssm", "list_associations", {"Associations": listed[:1], "NextToken": "more"})
    aws.answer("ssm", "list_associations", {"Associations": listed[1:]})
    for one, date in ((listed[0], "2026-02-01"), (listed[1], "2026-01-01")):
        aws.answer("ssm", "describe_association", {"AssociationDescription": {**one, "Date": date}})
        aws.answer("ssm", "list_tags_for_resource", {"TagList": [{"Key": "Owner", "Value": "o"}]})
    aws.refuse("ssm", "describe_association", "AssociationDoesNotExist")
    found = api.associations(aws("ssm"), "mlinfra-dev-patching")
    assert [one["AssociationId"] for one in found] == [listed[1]["AssociationId"], ID]
    assert found[0]["Tags"] == {"Owner": "o"}


@pytest.mark.parametrize("check", [True, False])
def test_an_association_is_deleted(aws, check):
    if not check:
        aws.refuse("ssm", "delete_association", "AssociationDoesNotExist")
    calls = ssm_association.calls_of(aws("ssm"), {})
    assert ensure_absent(calls, [STANDING], check)["changed"]
    assert not ensure_absent(calls, [], check)["changed"]


BASELINE_ID = "pb-0123456789abcdef0"
FILTERS = {"PatchFilters": [{"Key": "CLASSIFICATION", "Values": ["Security"]}]}
RULE = {"PatchFilterGroup": FILTERS, "ApproveAfterDays": 7}
# What Systems Manager makes of it.
WHOLE = {**RULE, "ComplianceLevel": "UNSPECIFIED", "EnableNonSecurity": False}
BASELINE_PARAMS = {
    "name": "mlinfra-dev",
    "operating_system": "AMAZON_LINUX_2023",
    "description": "",
    "approval_rules": [RULE],
    "approved_patches": [],
    "rejected_patches": ["kernel*"],
    "rejected_patches_action": "BLOCK",
    "patch_groups": ["mlinfra-dev"],
    "tags": {},
}
BASELINE_ASKED = {
    "Name": "mlinfra-dev",
    "ApprovalRules": {"PatchRules": [WHOLE]},
    "RejectedPatches": ["kernel*"],
    "RejectedPatchesAction": "BLOCK",
}
BASELINE = {
    "BaselineId": BASELINE_ID,
    "OperatingSystem": "AMAZON_LINUX_2023",
    **BASELINE_ASKED,
    "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
    "PatchGroups": ["mlinfra-dev"],
    "Tags": {},
}


def based(aws: Any, standing: list, check: bool = False, **changes: Any) -> dict[str, Any]:
    want = ssm_patch_baseline.wanted({**BASELINE_PARAMS, **changes})
    return ensure_present(ssm_patch_baseline.calls_of(aws("ssm"), want), want, standing, check)


@pytest.mark.parametrize("check", [True, False])
def test_a_baseline_is_made_and_used(aws, check):
    if not check:
        asked = {"OperatingSystem": "AMAZON_LINUX_2023", **BASELINE_ASKED}
        aws.answer("ssm", "create_patch_baseline", {"BaselineId": BASELINE_ID}, asked)
        group = {"BaselineId": BASELINE_ID, "PatchGroup": "mlinfra-dev"}
        aws.answer("ssm", "register_patch_baseline_for_patch_group", {}, group)
    assert based(aws, [], check)["baseline_id"] == ("" if check else BASELINE_ID)


def test_a_baseline_as_asked_is_left_alone(aws):
    assert not based(aws, [BASELINE])["changed"]


def test_all_of_a_baseline_is_replaced(aws):
    asked = {name: value for name, value in BASELINE_ASKED.items() if not name.startswith("Rejected")}
    aws.answer("ssm", "update_patch_baseline", {}, {"BaselineId": BASELINE_ID, "Replace": True, **asked})
    result = based(aws, [BASELINE], rejected_patches=[], rejected_patches_action="ALLOW_AS_DEPENDENCY")
    assert result["changes"] == ["RejectedPatches", "RejectedPatchesAction"]


def test_groups_are_changed_by_themselves(aws):
    aws.answer("ssm", "deregister_patch_baseline_for_patch_group", {}, {"BaselineId": BASELINE_ID, "PatchGroup": "mlinfra-dev"})
    aws.answer("ssm", "register_patch_baseline_for_patch_group", {}, {"BaselineId": BASELINE_ID, "PatchGroup": "other"})
    assert based(aws, [BASELINE], patch_groups=["other"])["changes"] == ["PatchGroups"]


def test_groups_are_freed_before_a_baseline_goes(aws):
    aws.answer("ssm", "deregister_patch_baseline_for_patch_group", {}, {"BaselineId": BASELINE_ID, "PatchGroup": "mlinfra-dev"})
    aws.answer("ssm", "delete_patch_baseline", {}, {"BaselineId": BASELINE_ID})
    assert ensure_absent(ssm_patch_baseline.calls_of(aws("ssm"), {}), [BASELINE], False)["changed"]


def test_baselines_are_found_by_name_and_system(aws):
    listed = [
        {"BaselineId": BASELINE_ID, "BaselineName": "mlinfra-dev", "OperatingSystem": "AMAZON_LINUX_2023"},
        {"BaselineId": "pb-0123456789abcdef1", "BaselineName": "mlinfra-dev", "OperatingSystem": "AMAZON_LINUX_2"},
        {"BaselineId": "pb-0123456789abcdef2", "BaselineName": "mlinfra-dev-2", "OperatingSystem": "AMAZON_LINUX_2023"},
    ]
    aws.answer("ssm", "describe_patch_baselines", {"BaselineIdentities": listed})
    told = {name: value for name, value in BASELINE.items() if name != "Tags"}
    aws.answer("ssm", "get_patch_baseline", told, {"BaselineId": BASELINE_ID})
    aws.answer("ssm", "list_tags_for_resource", {"TagList": []}, {"ResourceType": "PatchBaseline", "ResourceId": BASELINE_ID})
    assert api.baselines(aws("ssm"), "mlinfra-dev", "AMAZON_LINUX_2023") == [BASELINE]


def test_the_order_of_filters_says_nothing():
    severity = {"Key": "SEVERITY", "Values": ["Critical", "Important"]}
    turned = {**severity, "Values": ["Important", "Critical"]}
    one = {**RULE, "PatchFilterGroup": {"PatchFilters": [*FILTERS["PatchFilters"], severity]}}
    other = {**RULE, "PatchFilterGroup": {"PatchFilters": [turned, *FILTERS["PatchFilters"]]}}
    assert transform.rules({"PatchRules": [one]}) == transform.rules({"PatchRules": [other]})


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("cron(0 3 ? * SUN *)", ""),
        ("cron(0 3 ? * SUN#2 *)", ""),
        ("rate(30 minutes)", ""),
        ("rate(29 minutes)", "more often"),
        ("cron(0 3 1 1 ? *)", "names months"),
        ("cron(0 3)", "neither"),
        ("at(2026-01-01)", "neither"),
    ],
)
def test_schedules(expression, words):
    fault = transform.schedule_problem(expression)
    assert words in fault
    assert bool(fault) == bool(words)
