# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run makes of a difference: changed in place, made anew, refused, or left alone."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.model import Change, Difference
from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.outlook import SETTINGS, Outlook, outlook

NOTHING_ALLOWED = dict.fromkeys(SETTINGS, False)


def difference(kind: str, action: str = "modify", role: str = "network", name: str = "p-dev-1", **changed: Any) -> Difference:
    """A difference whose attributes are given as pairs of before and after, with __ for a dot in their names."""
    changes = tuple(Change(key.replace("__", "."), before, after) for key, (before, after) in changed.items())
    return Difference(role, kind, name, "id-1", action, changes)


def expected(one: Difference, owned: bool = True, **settings: bool) -> Outlook:
    return outlook(one, owned, "p-dev", NOTHING_ALLOWED | settings)


def test_what_does_not_stand_is_made() -> None:
    assert expected(difference("vpc", "create", CidrBlock=(None, "10.0.0.0/16"))) == Outlook()


def test_another_type_is_changed_where_it_stands_with_a_stop_between() -> None:
    told = expected(difference("instance", role="compute", InstanceType=("t3.medium", "t3.large")))
    assert (told.replaced, told.refused, told.left) == ([], "", "")
    assert "stopped and started" in told.note


@pytest.mark.parametrize(
    ("kind", "setting", "changed"),
    [
        ("instance", "compute_allow_replacement", {"ImageId": ("ami-1", "ami-2")}),
        ("instance", "compute_allow_replacement", {"BlockDeviceMappings__VolumeSize": (100, 50)}),
        ("nat_instance", "network_allow_replacement", {"InstanceType": ("t4g.nano", "t4g.micro")}),
    ],
)
def test_what_can_not_change_is_made_anew_where_that_is_allowed(kind: str, setting: str, changed: dict) -> None:
    one = difference(kind, **changed)
    assert expected(one).refused == setting
    allowed = expected(one, **{setting: True})
    assert allowed.refused == ""
    [reason] = allowed.replaced
    [(before, after)] = changed.values()
    assert f"{before} → {after}" in reason


def test_a_volume_that_grows_is_not_replaced() -> None:
    assert expected(difference("instance", BlockDeviceMappings__VolumeSize=(50, 100))).replaced == []


@pytest.mark.parametrize(
    ("kind", "name", "owned", "left"),
    [
        ("nat_gateway", "p-dev-nat-1", True, False),
        ("nat_gateway", "", False, True),
        ("subnet", "p-dev-old", True, True),
        ("network_acl", "p-dev", True, True),
        ("network_acl", "p-dev-private", True, False),
        ("network_acl", "", False, True),
        ("security_group", "p-dev-nat", True, False),
        ("security_group", "by-hand", True, True),
        ("vpc_endpoint", "p-dev-ssm", True, False),
        ("vpc_endpoint", "", False, True),
    ],
)
def test_what_somebody_may_have_added_to_the_vpc_is_left(kind: str, name: str, owned: bool, left: bool) -> None:
    """Unless the inventory says otherwise; what an earlier run made goes anyway."""
    one = difference(kind, "delete", name=name)
    assert bool(expected(one, owned).left) is left
    assert expected(one, owned, network_remove_surplus=True).left == ""


def test_what_is_too_much_elsewhere_goes() -> None:
    assert expected(difference("role_policy", "delete", role="iam"), owned=False).left == ""
