# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Drills: what is broken comes back by the documented commands, is measured, and leaves nothing; production is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ..depth import thorough
from .site import Site, running

SLOT = 95
DRILL = "playbooks/drill.yml"
FAILURES = ["object deleted", "object overwritten", "bucket emptied", "volume lost", "instance terminated"]
OURS = [{"Key": "Project", "Value": "bench"}, {"Key": "Environment", "Value": "drill"}, {"Key": "ManagedBy", "Value": "mlinfra.aws"}]


@pytest.fixture
def site() -> Iterator[Site]:
    """An account with nothing in it."""
    with running(SLOT) as emulator:
        yield Site(emulator)


def left(site: Site) -> list[str]:
    """What carries the tags of the scratch environment."""
    filters = [{"Key": tag["Key"], "Values": [tag["Value"]]} for tag in OURS]
    found = site.client("resourcegroupstaggingapi").get_resources(TagFilters=filters)["ResourceTagMappingList"]
    # EC2 remembers terminated instances for a while.
    return [one["ResourceARN"] for one in found if ":instance/" not in one["ResourceARN"]]


@pytest.mark.weight(150)
@pytest.mark.xdist_group("drill")
class TestDrill:
    """Each on an account of its own."""

    @pytest.mark.parametrize("chosen", [["bucket emptied"], pytest.param(FAILURES, marks=thorough)])
    def test_all_of_it_comes_back(self, site: Site, chosen: list[str]) -> None:
        failures = ",".join(one.replace(" ", "_") for one in chosen)
        said = site.playbook(DRILL, "-e", f"drill_failures={failures}")
        times = dict(re.findall(r"(?m)^ *(\w+ \w+) +(\d+) s  ", said))
        assert list(times) == chosen
        assert all(int(time) > 0 for time in times.values())
        assert said.count("written since the backup") == len({"volume lost", "instance terminated"} & set(chosen))
        assert left(site) == []
        assert site.client("s3").list_buckets()["Buckets"] == []

    def test_production_and_what_somebody_else_has_made_are_left_alone(self, site: Site) -> None:
        """All that is wrong is named at once, before the first call; check mode makes nothing."""
        done = site.run(DRILL, "-e", "mlinfra_environment=prod drill_environment=prod")
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode != 0
        assert "mlinfra_environment: prod is production" in said
        assert "drill_environment: prod is the environment of the inventory" in said
        assert site.emulator.program("calls", "--caller", "module") == ""
        assert "changed=1" in site.playbook(DRILL, "--check")
        site.client("ec2").create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": OURS}])
        site.written()
        done = site.run(DRILL)
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode != 0
        assert "drill_environment: drill has 1 resources that no drill has made, such as vpc" in said
        assert site.written() == []
