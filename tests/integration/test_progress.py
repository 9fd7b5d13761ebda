# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people see of an apply, of the next one, and of a destroy: the lines name what the account then has, or has no more."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ..depth import extended
from .site import Site, running

SLOT = 40
OUTPUT = {"ANSIBLE_STDOUT_CALLBACK": "mlinfra.aws.progress", "LANG": "C.UTF-8"}
LINE = re.compile(r"^    (?P<sign>[+~−]) (?P<kind>[a-z0-9 ]{17}) (?P<name>\S+( \S+)?)(  (?P<id>[a-z]+-[0-9a-f]+))? +(?P<end>\S.*)$")


def lines(output: str) -> list[dict[str, str]]:
    """The lines of resources, taken apart."""
    return [match.groupdict("") for match in map(LINE.match, output.splitlines()) if match]


def named(told: list[dict[str, str]], kind: str) -> dict[str, str]:
    """The ids of a kind's resources by their names."""
    return {line["name"]: line["id"] for line in told if line["kind"].strip() == kind}


def standing(site: Site, operation: str, key: str, identifier: str) -> dict[str, str]:
    """The ids of what stands in EC2 by their names."""
    found = site.client("ec2").get_paginator(operation).paginate().build_full_result()[key]
    entries = [entry for each in found for entry in each.get("Instances", [each])]
    tags = {entry[identifier]: {tag["Key"]: tag["Value"] for tag in entry.get("Tags", [])} for entry in entries}
    return {tag["Name"]: entry for entry, tag in tags.items() if "Project" in tag}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """An empty account."""
    with running(SLOT) as emulator:
        yield Site(emulator)


@extended
@pytest.mark.weight(90)
@pytest.mark.xdist_group("progress")
class TestProgress:
    """In this order, on one environment."""

    made: list[dict[str, str]] = []

    def test_check_mode_says_what_would_be_made(self, site: Site) -> None:
        output = site.playbook("playbooks/provision.yml", "--check", **OUTPUT)
        assert output.startswith("Check mode: nothing is changed.")
        told = lines(output)
        assert {"bench-seed-public-1", "bench-seed-public-2"} < named(told, "subnet").keys()
        assert {line["sign"] for line in told} == {"+"}
        assert all(line["end"] == "would be made" or "would" in line["name"] + line["end"] for line in told)
        assert re.search(r"bench-seed: would make \d+$", output.strip())

    def test_what_is_made_is_named(self, site: Site) -> None:
        output = site.playbook("playbooks/provision.yml", **OUTPUT)
        told = lines(output)
        type(self).made = told
        assert named(told, "vpc") == standing(site, "describe_vpcs", "Vpcs", "VpcId")
        assert named(told, "subnet") == standing(site, "describe_subnets", "Subnets", "SubnetId")
        assert named(told, "route table") == standing(site, "describe_route_tables", "RouteTables", "RouteTableId")
        assert named(told, "instance") == standing(site, "describe_instances", "Reservations", "InstanceId")
        buckets = {bucket["Name"] for bucket in site.client("s3").list_buckets()["Buckets"]}
        assert named(told, "bucket").keys() == buckets
        # The VPC brings its default group with it, and the lock has made its bucket.
        changed = {line["name"] for line in told if line["sign"] != "+"}
        assert changed == {"default", *(name for name in buckets if "-operations-" in name)}
        assert output.strip().endswith(f" · bench-seed: {len(told) - 2} made, 2 changed")
        assert re.search(r"^  \d+ resources differ: network, storage, iam, compute, monitoring$", output, re.MULTILINE)
        assert "  ✓ network  ✓ storage  ▸ iam  · compute  · monitoring\n" in output

    def test_the_next_run_says_that_nothing_changed(self, site: Site) -> None:
        output = site.playbook("playbooks/provision.yml", **OUTPUT)
        assert lines(output) == []
        assert "  Everything stands as declared.\n" in output
        assert output.strip().endswith(" · bench-seed: nothing changed")

    def test_what_is_changed_and_what_is_added_are_told_apart(self, site: Site) -> None:
        arguments = ("-e", '{"compute_instance_type": "t3.large", "compute_instance_count": 2}')
        told = lines(site.playbook("playbooks/provision.yml", *arguments, **OUTPUT))
        signs = {line["name"]: line["sign"] for line in told if line["kind"].strip() == "instance"}
        assert signs == {"bench-seed-ml-training-1": "~", "bench-seed-ml-training-2": "+"}

    def test_wrong_settings_are_told_with_the_next_step(self, site: Site) -> None:
        done = site.run("playbooks/provision.yml", "-e", "compute_root_volume_size=1", **OUTPUT)
        assert done.returncode == 2
        assert "compute_root_volume_size" in done.stdout.partition("  Message  ")[2]
        assert re.search(r"^  Next     .*run the same command again", done.stdout, re.MULTILINE)

    def test_what_is_removed_is_named(self, site: Site) -> None:
        before = standing(site, "describe_subnets", "Subnets", "SubnetId")
        output = site.playbook("playbooks/destroy.yml", "-e", "confirm=seed", **OUTPUT)
        told = lines(output)
        assert {line["sign"] for line in told} == {"−"}
        assert named(told, "subnet") == before
        for kind in ("vpc", "internet gateway", "nat gateway", "security group"):
            here = {name: given for name, given in named(self.made, kind).items() if name != "default"}
            assert named(told, kind) == here, kind
        assert "\nResidual     $0.00/month" in output, "the certificate is not shown as it is"
        assert re.search(r" · bench-seed: \d+ removed$", output.strip())
