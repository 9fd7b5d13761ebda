# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter monthly_cost, which finds the region's list of prices."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mlinfra.aws.plugins.filter.monthly_cost import FilterModule

monthly_cost = FilterModule().filters()["monthly_cost"]


def test_the_list_of_the_region_is_used():
    bill = monthly_cost({"instance_type": "t3.medium"})
    assert (bill["total"], bill["as_of"]) == (30.37, "2025-01-01")


@pytest.mark.parametrize("region", ["mars-1", "../prices/us-east-1", ""])
def test_a_region_without_a_list_leaves_all_unpriced(region):
    bill = monthly_cost({"instance_type": "t3.medium"}, region)
    assert (bill["lines"], bill["as_of"]) == ([], "")
    assert bill["unpriced"] == ["EC2 t3.medium, 1 running all hours"]


def test_a_wrong_setting_fails_with_its_name():
    with pytest.raises(AnsibleFilterError, match="unknown settings: instances"):
        monthly_cost({"instances": 2})
