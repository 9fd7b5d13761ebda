# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter monthly_cost, which finds the region's list of prices."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mlinfra.aws.plugins.filter.monthly_cost import FilterModule

monthly_cost = FilterModule().filters()["monthly_cost"]
INSTANCE = {"kind": "instance", "name": "one", "attributes": {"InstanceType": "t3.medium"}}
BUCKET = {"kind": "bucket", "name": "data", "attributes": {}}


def test_the_list_of_the_region_is_used():
    bill = monthly_cost([INSTANCE])
    assert (bill["total"], bill["as_of"]) == (30.37, "2025-01-01")


@pytest.mark.parametrize("region", ["mars-1", "../prices/us-east-1", ""])
def test_a_region_without_a_list_leaves_unpriced_what_costs(region):
    bill = monthly_cost([INSTANCE, BUCKET], region)
    assert (bill["lines"], bill["as_of"]) == ([], "")
    assert bill["unpriced"] == ["instance one: EC2 t3.medium, running all hours"]


def test_declarations_by_role_and_use():
    """Both forms that environment_diff returns."""
    bill = monthly_cost({"compute": [INSTANCE], "storage": [BUCKET]}, usage={"data": {"standard_gb": 100}}, public_instances=True)
    assert [(entry["role"], entry["monthly"]) for entry in bill["resources"]] == [("compute", 34.02), ("storage", 2.30)]


@pytest.mark.parametrize("wrong", [["instance"], [{"kind": "instance"}], 3, [{**INSTANCE, "hours_a_week": "many"}]])
def test_what_is_no_resource_fails_with_a_message(wrong):
    with pytest.raises(AnsibleFilterError, match="these are no resources"):
        monthly_cost(wrong)
