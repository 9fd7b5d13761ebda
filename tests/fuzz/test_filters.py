# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A property for each filter: what holds whatever it is given."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mlinfra.aws.plugins.filter.certificate_problems import certificate_problems
from ansible_collections.mlinfra.aws.plugins.filter.destroy_certificate import destroy_certificate
from ansible_collections.mlinfra.aws.plugins.filter.environment_plan import environment_plan
from ansible_collections.mlinfra.aws.plugins.filter.environment_status import environment_status
from ansible_collections.mlinfra.aws.plugins.filter.failure_advice import failure_advice
from ansible_collections.mlinfra.aws.plugins.filter.instance_cuda import instance_cuda
from ansible_collections.mlinfra.aws.plugins.filter.instance_plan import instance_plan
from ansible_collections.mlinfra.aws.plugins.filter.jupyter_password_hash import jupyter_password_hash
from ansible_collections.mlinfra.aws.plugins.filter.lock_problems import lock_problems
from ansible_collections.mlinfra.aws.plugins.filter.member_bundle import member_bundle
from ansible_collections.mlinfra.aws.plugins.filter.monthly_cost import monthly_cost
from ansible_collections.mlinfra.aws.plugins.filter.network_acl_entries import network_acl_entries
from ansible_collections.mlinfra.aws.plugins.filter.restore_problems import restore_problems
from ansible_collections.mlinfra.aws.plugins.filter.status_text import status_text
from hypothesis import given, settings
from hypothesis import strategies as st

from .hostile import texts, values

# Kinds with a price, kinds that are free, and kinds that nobody knows.
KINDS = ["bucket", "log_group", "snapshot", "alarm", "security_group", "iam_role", "vpc", "unheard_of"]
resources = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(KINDS),
            "name": texts,
            "id": st.text("abcdef0123456789", min_size=1, max_size=6),
            "attributes": st.just({}),
        }
    ),
    max_size=5,
    unique_by=lambda entry: (entry["kind"], entry["id"]),
)


@given(texts, texts)
def test_certificate_problems(certificate: str, key: str) -> None:
    """What is no certificate is called so, and nothing of a key is repeated."""
    found = certificate_problems(certificate, key)
    assert "the certificate is no PEM text of a certificate" in found
    assert "the key is no PEM text of a private key" in found
    assert len(key) < 10 or not any(key in line for line in found)


@given(resources, resources, st.booleans())
def test_destroy_certificate(after: list[dict[str, Any]], before: list[dict[str, Any]], data: bool) -> None:
    """What stands is kept or left, each once; what is gone is counted; and nothing costs less than nothing."""
    told = destroy_certificate(after, before, destroy_data=data)
    standing = {(entry["kind"], entry["id"]) for entry in after}
    listed = [(entry["kind"], entry["id"]) for entry in told["kept"] + told["left"]]
    assert sorted(listed) == sorted(standing)
    assert sum(told["removed"].values()) == len([entry for entry in before if (entry["kind"], entry["id"]) not in standing])
    assert told["residual"] >= 0
    assert not (data and told["kept"])


@given(resources, st.data())
def test_environment_plan(standing: list[dict[str, Any]], data: st.DataObject) -> None:
    """Each difference is a change or left, and changes are counted by what they do."""
    roles = ("network", "storage", "iam", "compute", "monitoring")
    differences = [
        {
            "role": data.draw(st.sampled_from(roles)),
            "kind": entry["kind"],
            "name": entry["name"],
            "id": entry["id"],
            "action": data.draw(st.sampled_from(["create", "modify", "delete"])),
            "attributes": [],
            "replaced": data.draw(st.sampled_from([[], ["image"]])),
            "refused": data.draw(st.sampled_from(["", "compute_allow_replacement"])),
            "left": data.draw(st.sampled_from(["", "it may be somebody's"])),
            "note": "",
        }
        for entry in standing
    ]
    whole = [{**entry, "role": "network"} for entry in standing]
    plan = environment_plan({"differences": differences, "resources": whole, "declared": {}})
    assert len(plan["changes"]) + len(plan["left"]) == len(differences)
    assert sum(plan["counts"].values()) == len(plan["changes"])
    json.dumps(plan)


@given(st.one_of(values, st.dictionaries(st.sampled_from(["differences", "asked_at", "instances"]), values)))
def test_environment_status(told: Any) -> None:
    """What is no result of the module is refused in words."""
    with pytest.raises(AnsibleFilterError, match="no result of"):
        environment_status(told)


@given(values, texts, st.integers(1, 200))
def test_status_text(told: Any, name: str, columns: int) -> None:
    """What is no result of the filter is refused in words."""
    with pytest.raises(AnsibleFilterError, match="no result of"):
        status_text(told, name, "us-east-1", columns)


@given(st.dictionaries(st.sampled_from(["msg", "stderr", "stdout", "results", "exception"]), values), st.booleans())
def test_failure_advice(result: dict[str, Any], on_host: bool) -> None:
    """There is always something to say, on whatever has failed."""
    assert "run the same command again" in failure_advice(result, on_host)


@given(st.one_of(texts, st.from_regex(r"[a-z][a-z0-9-]{1,6}\.[a-z0-9-]{1,8}", fullmatch=True)))
def test_instance_cuda(kind: str) -> None:
    """A version that there is, and by the family alone."""
    found = instance_cuda(kind)
    assert found in (0, 11, 12, 13)
    assert instance_cuda(kind.partition(".")[0] + ".2xlarge") == found


def _declared(name: str, size: int) -> dict[str, Any]:
    return {
        "name": name,
        "attributes": {
            "ImageId": "resolve:ssm:/image",
            "InstanceType": "t3.medium",
            "KeyName": "",
            "IamInstanceProfile": {"Arn": "arn:aws:iam::123456789012:instance-profile/ml"},
            "BlockDeviceMappings": [{"Ebs": {"VolumeSize": size, "VolumeType": "gp3", "Encrypted": True}}],
            "Tags": {"Name": name, "OperatingSystem": "al2023"},
        },
    }


@given(st.lists(texts, unique=True, max_size=4), st.integers(1, 100), st.integers(1, 100))
def test_instance_plan(names: list[str], size: int, least: int) -> None:
    """Where nothing stands all are launched, in their order, and each of those is told of whose volume is too small."""
    image = {"id": "ami-1", "root_volume_size": least, "architecture": "x86_64"}
    plan = instance_plan([_declared(name, size) for name in names], [], [], image, ["subnet-1"])
    assert [entry["name"] for entry in plan["launch"]] == names
    assert len(plan["problems"]) == (len(names) if size < least else 0)
    assert not plan["terminate"]
    assert not plan["standing"]


@settings(max_examples=5)
@given(st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable()), st.text(max_size=10).filter(str.isprintable))
def test_jupyter_password_hash(password: str, name: str) -> None:
    """The same for the same, another for another name, and the password is not in it."""
    made = jupyter_password_hash(password, name)
    assert made == jupyter_password_hash(password, name)
    assert made != jupyter_password_hash(password, f"{name}x")
    assert made.startswith("argon2:$argon2id$")
    assert len(password) < 5 or password not in made


LINE = st.from_regex(r"[a-z]{1,8}", fullmatch=True)


@given(st.lists(LINE, unique=True, max_size=6), st.sampled_from(["\n", "\r\n"]), texts)
def test_lock_problems(names: list[str], end: str, more: str) -> None:
    """A list with versions, hashes and ipykernel is a lock; without a hash it is none; and no text is too odd to judge."""
    lines = [f"{name}==1.0 \\{end}    --hash=sha256:00" for name in dict.fromkeys([*names, "ipykernel"])]
    assert lock_problems(end.join(lines)) == []
    assert lock_problems(end.join([*lines, "zzz==1"])) == ["zzz must have a --hash"]
    assert isinstance(lock_problems(more), list)


@given(
    st.sampled_from(["public", "private"]),
    st.lists(st.sampled_from(["192.0.2.0/24", "198.51.100.0/24", "2001:db8::/48"]), unique=True),
    st.lists(st.integers(1, 65535), unique=True, max_size=3),
    st.fixed_dictionaries({way: st.booleans() for way in ("nat", "endpoints", "s3")}),
)
def test_network_acl_entries(tier: str, clients: list[str], ports: list[int], ways: dict[str, bool]) -> None:
    """No two rules of a direction have one number, and the same settings give the same rules."""
    made = network_acl_entries(tier, "standard", "10.0.0.0/16", clients, ports, **ways)
    numbers = [(rule["Egress"], rule["RuleNumber"]) for rule in made]
    assert len(set(numbers)) == len(numbers)
    assert made == network_acl_entries(tier, "standard", "10.0.0.0/16", clients, ports, **ways)


SETTINGS = st.dictionaries(st.from_regex(r"ml_host_[a-f]{1,9}", fullmatch=True), st.integers() | st.booleans(), max_size=4)


@settings(max_examples=10)
@given(SETTINGS, SETTINGS)
def test_member_bundle(one: dict[str, Any], other: dict[str, Any]) -> None:
    """The checksum is the settings', in whichever order, and no other settings have it."""
    assert member_bundle(one) == member_bundle(dict(reversed(one.items())))
    assert (member_bundle(one) == member_bundle(other)) == (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))


ASKED = ("bucket", "key", "version", "prefix", "to")


@given(st.sampled_from(["object", "version", "prefix"]), st.dictionaries(st.sampled_from(ASKED), st.none() | values))
def test_restore_problems(what: str, given: dict[str, Any]) -> None:
    """Each problem is one line, and names a variable of the playbook; nothing is told twice."""
    found = restore_problems({**given, "what": what})
    assert all(line.startswith("restore_") and len(line.splitlines()) == 1 for line in found)
    assert len(set(found)) == len(found)


@given(resources)
def test_monthly_cost(listed: list[dict[str, Any]]) -> None:
    """Every resource is there once, and the total is that of the lines."""
    told = monthly_cost([{**entry, "role": "network"} for entry in listed])
    assert len(told["resources"]) == len(listed)
    assert told["total"] == pytest.approx(sum(line["monthly"] for line in told["lines"]), abs=0.01)


@given(values)
def test_monthly_cost_of_anything(given: Any) -> None:
    """It answers, or refuses in words."""
    with contextlib.suppress(AnsibleFilterError):
        json.dumps(monthly_cost(given))
