# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text that would act elsewhere and is allowed here reaches AWS as the text that it is, through the playbook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import ROOT
from .site import Site, running

SLOT = 65
# All that EC2 takes for the description of a rule.
DESCRIPTIONS = [
    "{{ 7 * 7 }}",
    "{{ lookup(ansible.builtin.env, HOME) }}",
    "$(touch executed)",
    "${HOME} $HOME",
    "; touch executed #",
    "&& touch executed",
    "-rf * ../..",
    "=1+1",
    "@executed",
]
# All that every service takes for a tag.
TAGS = {
    "Formula": "=1+1",
    "File": "@/etc/passwd",
    "Option": "--output=executed",
    "Nothing": "null",
    "Truth": "yes",
    "Number": "0x10",
    "Half": "1e3",
    "Path": "../../etc/passwd",
    "Letters": "ünïcødé 日本語",
    "-rf": "-rf",
}
FIRST_PORT = 9000


class Unsafe(str):
    """A text that Ansible does not take for a template, as somebody writes it who got it from elsewhere."""

    __slots__ = ()


class Writer(yaml.SafeDumper):
    """Writes such texts with their mark."""


Writer.add_representer(Unsafe, lambda writer, text: writer.represent_scalar("!unsafe", str(text), style="'"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An environment with such texts wherever they are allowed."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    ports = [{"port": 22, "description": "SSH"}] + [
        {"port": FIRST_PORT + number, "description": Unsafe(text)} for number, text in enumerate(DESCRIPTIONS)
    ]
    settings = folder / "settings.yml"
    variables = {"network_ingress_ports": ports, "mlinfra_extra_tags": TAGS}
    settings.write_text(yaml.dump(variables, Dumper=Writer, allow_unicode=True), encoding="utf-8")
    with running(SLOT) as emulator:
        site = Site(emulator)
        site.playbook("playbooks/provision.yml", "-e", f"@{settings}", HOME=str(folder))
        site.home = folder
        yield site


def holds(tags: list[dict[str, str]]) -> bool:
    """Whether a resource has all of the tags, as they were written."""
    return TAGS.items() <= {tag["Key"]: tag["Value"] for tag in tags}.items()


@pytest.mark.weight(40)
@pytest.mark.xdist_group("hostile_values")
class TestHostileValues:
    """In this order."""

    def test_descriptions(self, made: Site) -> None:
        groups = made.client("ec2").describe_security_groups()["SecurityGroups"]
        found: dict[int, Any] = {
            rule["FromPort"]: peer.get("Description")
            for group in groups
            for rule in group["IpPermissions"]
            for peer in rule["IpRanges"]
            if rule.get("FromPort", 0) >= FIRST_PORT
        }
        assert found == {FIRST_PORT + number: text for number, text in enumerate(DESCRIPTIONS)}

    def test_tags(self, made: Site) -> None:
        """Of what EC2, S3, IAM, SNS, and CloudWatch Logs hold."""
        ec2, iam, s3, sns, logs = (made.client(name) for name in ("ec2", "iam", "s3", "sns", "logs"))
        instances = [one for group in ec2.describe_instances()["Reservations"] for one in group["Instances"]]
        vpcs = [vpc for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
        assert instances
        assert vpcs
        assert all(holds(one["Tags"]) for one in [*instances, *vpcs])
        buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
        assert buckets
        assert all(holds(s3.get_bucket_tagging(Bucket=name)["TagSet"]) for name in buckets)
        assert holds(iam.list_role_tags(RoleName="bench-seed-ml-instance")["Tags"])
        topics = [topic["TopicArn"] for topic in sns.list_topics()["Topics"]]
        assert topics
        assert all(holds(sns.list_tags_for_resource(ResourceArn=arn)["Tags"]) for arn in topics)
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        assert groups
        assert all(TAGS.items() <= logs.list_tags_log_group(logGroupName=name)["tags"].items() for name in groups)

    def test_nothing_was_executed(self, made: Site) -> None:
        places = (ROOT, ROOT / "playbooks", made.home)
        assert [str(place / "executed") for place in places if (place / "executed").exists()] == []
