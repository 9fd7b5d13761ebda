# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad input ends the main job with one message that names every problem, before anything is created.

That nothing was written is checked after each test, in the log of the emulator.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from .conftest import Account

ROLES = ["encryption", "network", "storage", "audit", "iam", "compute", "monitoring"]
INVENTORIES = ["sample", "dev", "staging", "prod"]
LONG = "a-project-whose-name-is-so-long-that-nothing-fits-it"


@pytest.mark.weight(8)
def test_all_problems_come_at_once(account: Account) -> None:
    """Settings of four roles are wrong, some by themselves, some by what AWS says: one failure names them all."""
    outcome = account.provision(
        mlinfra_project="",
        mlinfra_environment="prod",
        network_cidr="10.0.0.0/12",
        network_public_subnets=["10.0.1.0/24", "10.0.1.128/25"],
        network_private_subnets=["10.0.11.7/24", "10.0.0.300/24"],
        network_availability_zones=["us-east-1a", "us-east-1z"],
        network_allowed_cidrs=["0.0.0.0/0"],
        network_egress="nat",
        network_ingress_ports=[{"port": 22, "description": "SSH", "protocl": "tcp"}],
        storage_models_noncurrent_expiration_days=10,
        compute_instance_type="t3.mediun",
        compute_instance_cuont=2,
        compute_root_volume_size="large",
        compute_image_id="ami-00000000000000000",
        monitoring_email="nobody",
        monitoring_log_retention_days="{{ no_such_variable }}",
    )
    assert outcome.status != 0
    expected = [
        ("mlinfra_project", "(empty)", "is missing"),
        ("network_cidr", "10.0.0.0/12", "/16 to /28"),
        ("network_public_subnets[1]", "10.0.1.128/25", "overlaps network_public_subnets[0] (10.0.1.0/24)"),
        ("network_private_subnets[0]", "10.0.11.7/24", "the range is 10.0.11.0/24"),
        ("network_private_subnets[1]", "10.0.0.300/24", "is not a range of addresses"),
        ("network_availability_zones[1]", "us-east-1z", "choose from us-east-1a, us-east-1b"),
        ("network_allowed_cidrs[0]", "0.0.0.0/0", "never in prod"),
        ("network_egress", "nat", "nat_gateway, nat_gateway_per_az, nat_instance, endpoints, none"),
        ("network_ingress_ports[0].protocl", "tcp", "use port, description"),
        ("storage_models_noncurrent_expiration_days", "10", "storage_models_noncurrent_glacier_days (30)"),
        ("compute_instance_type", "t3.mediun", "is not offered in us-east-1", "t3.medium"),
        ("compute_instance_cuont", "2", "did you mean compute_instance_count?"),
        ("compute_root_volume_size", "large", "a whole number"),
        ("compute_image_id", "ami-00000000000000000", "is not in us-east-1"),
        ("monitoring_email", "nobody", "is not an e-mail address"),
        ("monitoring_log_retention_days", "'no_such_variable' is undefined"),
    ]
    assert [words for words in expected if not outcome.named(*words)] == [], outcome.output
    assert len(outcome.problems) == len(expected), outcome.output
    assert f"{len(expected)} problems found before the first writing call" in outcome.output
    assert "nothing was created" in outcome.output


@pytest.mark.weight(4)
def test_names_and_no_credentials(account: Account) -> None:
    """Without credentials all that shows without AWS is told, with names in their full length.

    Names of buckets are made of the account's id, which is not known then.
    """
    outcome = account.provision(
        mlinfra_aws_connection=account.connection(access_key=None, secret_key=None),
        mlinfra_project=LONG,
        mlinfra_environment="",
        compute_name="{{ 7 * 7 }}`",
        iam_instance_role_name="a;$(id)",
    )
    assert outcome.status != 0
    assert outcome.named("AWS credentials", "AWS_PROFILE")
    assert outcome.named("mlinfra_environment", "(empty)", "is missing")
    assert outcome.named("storage_datasets_bucket", LONG, "S3 bucket's name has at most 63", "shorten mlinfra_project")
    assert outcome.named(
        "network_flow_log_role_name", LONG, "IAM role's name has at most 64", "shorten mlinfra_project"
    )
    assert not outcome.named("network_flow_log_group")
    assert outcome.named("iam_instance_role_name", "a;$(id)", "letters, digits")
    assert outcome.named("compute_name", "49`")
    assert account.calls() == []


@pytest.mark.weight(4)
def test_unknown_profile(account: Account) -> None:
    """The profile is named."""
    connection = account.connection(access_key=None, secret_key=None, profile="nobody")
    outcome = account.provision(mlinfra_aws_connection=connection)
    assert outcome.status != 0
    assert outcome.named("AWS credentials", "nobody")


@pytest.mark.weight(4)
def test_emulator_not_reachable(account: Account) -> None:
    """The message has the address and the command that starts what should be there, and repeats no secret.

    Of those there are two: the key to the account, and a private key that stands where the public one belongs.
    """
    key = "-----BEGIN OPENSSH PRIVATE " + "KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"https://127.0.0.1:{taken.getsockname()[1]}"
        connection = account.connection(endpoint_url=endpoint, secret_key="dont-tell")
        outcome = account.provision(mlinfra_aws_connection=connection, compute_public_key=key)
    assert outcome.status != 0
    assert outcome.named("AWS endpoint", endpoint, "can't be reached", "make local")
    assert outcome.named("compute_public_key", "(not shown)", "is a private key")
    assert len(outcome.problems) == 2, outcome.output
    assert "dont-tell" not in outcome.output
    assert "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU" not in outcome.output


@pytest.mark.weight(4)
def test_certificate_of_a_stranger(account: Account) -> None:
    """Nothing is sent to an endpoint that is not the one that was meant."""
    outcome = account.provision(mlinfra_aws_connection=account.connection(aws_ca_bundle=None))
    assert outcome.status != 0
    assert outcome.named("AWS endpoint", "certificate that is not trusted", "aws_ca_bundle")
    assert account.calls() == []


@pytest.mark.weight(4)
def test_a_role_alone_stops_too(account: Account) -> None:
    """A role that runs without the main job makes the same checks, of its own settings."""
    settings = {"network_public_subnets": ["10.0.1.0/24", "10.0.1.0/24"], "storage_datasets_glacier_days": 0}
    role = {"name": "mlinfra.aws.network"}
    outcome = account.apply("ansible.builtin.include_role", role, inventories=["sample"], **settings)
    assert outcome.status != 0
    assert outcome.named("network_public_subnets[1]", "overlaps")
    assert len(outcome.problems) == 1, outcome.output


@pytest.mark.weight(6)
def test_the_inventories_pass(account: Account) -> None:
    """All at once, in check mode, by reading calls only; and the facts that roles need are there."""
    outcome = account.apply("mlinfra.aws.preflight", {"roles": ROLES}, "--check", inventories=INVENTORIES)
    assert outcome.status == 0, outcome.output
    for name in INVENTORIES:
        result = yaml.safe_load(outcome.output.partition(f"mlinfra-{name} | SUCCESS => ")[2].partition("\nmlinfra-")[0])
        assert result["changed"] is False
        assert result["ansible_facts"] == {
            "mlinfra_account_id": "123456789012",
            "mlinfra_partition": "aws",
            "mlinfra_standing_key_arn": "",
            "mlinfra_availability_zones": ["us-east-1a", "us-east-1b"],
            "preflight_passed": ROLES,
        }
    assert account.calls()
