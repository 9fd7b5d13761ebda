# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An environment gets a KMS key of its own, encrypts everything by it, goes back, and keeps the key as long as its data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..depth import extended
from .site import Site, running

SLOT = 74
ALIAS = "alias/bench-seed"
PROVISION = "playbooks/provision.yml"
BY_KEY = {"storage_encryption": "kms", "encryption_ebs_default": True, "encryption_block_public_snapshots": True}
# The key stays for what it has encrypted.
BACK = {"storage_encryption": "AES256", "encryption_key": True}
WITHOUT = {"storage_encryption": "AES256"}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """An environment that stands without a key."""
    with running(SLOT) as emulator:
        made = Site(emulator)
        made.playbook(PROVISION)
        made.written()
        yield made


def _given(settings: dict[str, Any]) -> tuple[str, str]:
    return "-e", json.dumps(settings)


def _key(site: Site) -> dict[str, Any]:
    return site.client("kms").describe_key(KeyId=ALIAS)["KeyMetadata"]


def _buckets(site: Site) -> list[str]:
    return sorted(bucket["Name"] for bucket in site.client("s3").list_buckets()["Buckets"])


def _bucket_keys(site: Site) -> set[tuple[str, str, bool]]:
    """By which algorithm and which key the buckets encrypt, and whether by bucket keys."""
    told = set()
    for name in _buckets(site):
        answer = site.client("s3").get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
        [rule] = answer["Rules"]
        default = rule["ApplyServerSideEncryptionByDefault"]
        told.add((default["SSEAlgorithm"], default.get("KMSMasterKeyID", ""), rule.get("BucketKeyEnabled", False)))
    return told


def _service_keys(site: Site) -> set[str]:
    """The keys of both log groups and of the topic."""
    [topic] = site.client("sns").list_topics()["Topics"]
    attributes = site.client("sns").get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
    groups = site.client("logs").describe_log_groups()["logGroups"]
    assert len(groups) == 2
    return {group.get("kmsKeyId", "") for group in groups} | {attributes.get("KmsMasterKeyId", "")}


def _statements(site: Site) -> dict[str, Any]:
    """What the instances' role may do, by its Sid."""
    answer = site.client("iam").get_role_policy(RoleName="bench-seed-ml-instance", PolicyName="permissions")
    return {statement["Sid"]: statement for statement in answer["PolicyDocument"]["Statement"]}


def _refused(site: Site, **encryption: str) -> bool:
    try:
        site.client("s3").put_object(Bucket=_buckets(site)[0], Key="raw/refused", **encryption)
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    return False


@extended
@pytest.mark.weight(100)
@pytest.mark.xdist_group("encryption")
class TestEncryption:
    """In this order, on one environment."""

    def test_the_plan_writes_nothing_and_names_and_prices_the_key(self, site: Site) -> None:
        planned = site.playbook("playbooks/plan.yml", *_given(BY_KEY))
        assert site.written() == []
        assert ALIAS in planned
        assert "(+1.00)" in planned

    def test_everything_is_encrypted_by_the_key(self, site: Site) -> None:
        site.playbook(PROVISION, *_given(BY_KEY))
        arn, kms = _key(site)["Arn"], site.client("kms")
        assert kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"]
        assert _bucket_keys(site) == {("aws:kms", arn, True)}
        assert _service_keys(site) == {arn}
        ec2 = site.client("ec2")
        assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
        assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == arn
        assert ec2.get_snapshot_block_public_access_state()["State"] == "block-all-sharing"

    def test_the_key_serves_nobody_without_a_condition_but_the_account_itself(self, site: Site) -> None:
        policy = json.loads(site.client("kms").get_key_policy(KeyId=_key(site)["KeyId"], PolicyName="default")["Policy"])
        account, *services = policy["Statement"]
        assert account["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
        assert [statement["Sid"] for statement in services] == ["LogGroupsOfTheEnvironment", "AlarmsOfThisAccount"]
        for statement in services:
            assert list(statement["Principal"]) == ["Service"]
            assert statement["Condition"]
            assert all(":123456789012:" in arn for arn in _arns(statement["Condition"]))

    def test_the_host_uses_the_key_for_its_buckets_and_its_parameter_alone(self, site: Site) -> None:
        statements, arn = _statements(site), _key(site)["Arn"]
        objects, parameters = statements["EncryptObjects"], statements["EncryptParameters"]
        assert {statement["Resource"] for statement in (objects, parameters)} == {arn}
        assert objects["Condition"]["StringEquals"] == {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
        assert parameters["Condition"]["StringEquals"] == {"kms:ViaService": "ssm.us-east-1.amazonaws.com"}
        assert all("bench-seed-" in bucket for bucket in objects["Condition"]["ArnLike"]["kms:EncryptionContext:aws:s3:arn"])

    def test_uploads_by_other_keys_are_refused(self, site: Site) -> None:
        arn = _key(site)["Arn"]
        assert not _refused(site)
        assert not _refused(site, ServerSideEncryption="aws:kms", SSEKMSKeyId=arn)
        assert _refused(site, ServerSideEncryption="AES256")
        assert _refused(site, ServerSideEncryption="aws:kms")
        assert _refused(site, ServerSideEncryption="aws:kms", SSEKMSKeyId=f"{arn}-other")
        assert _refused(site, SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32)

    def test_again_nothing_is_written(self, site: Site) -> None:
        site.written()
        site.playbook(PROVISION, "-e", "verify=full", *_given(BY_KEY))
        assert site.written() == []

    def test_what_somebody_changes_is_drift_and_mended(self, site: Site) -> None:
        kms, arn = site.client("kms"), _key(site)["Arn"]
        kms.disable_key_rotation(KeyId=arn)
        site.client("ec2").disable_ebs_encryption_by_default()
        site.client("logs").disassociate_kms_key(logGroupName="/aws/vpc/bench-seed")
        drift = site.run("playbooks/drift.yml", *_given(BY_KEY)).stdout
        for words in ("KeyRotationEnabled", "EbsEncryptionByDefault", "kmsKeyId"):
            assert words in drift
        site.written()
        site.playbook(PROVISION, *_given(BY_KEY))
        mended = ["kms:EnableKeyRotation", "ec2:EnableEbsEncryptionByDefault", "logs:AssociateKmsKey"]
        assert [call for call in site.written() if not call.startswith("s3:")] == mended

    def test_the_way_back_keeps_the_key_for_what_it_encrypted(self, site: Site) -> None:
        site.playbook(PROVISION, *_given(BACK))
        assert _bucket_keys(site) == {("AES256", "", False)}
        assert "EncryptObjects" in _statements(site)
        site.playbook(PROVISION, *_given(WITHOUT))
        assert _service_keys(site) == {""}
        assert "EncryptObjects" not in _statements(site)
        assert _key(site)["KeyState"] == "Enabled"
        site.written()
        site.playbook(PROVISION, *_given(WITHOUT))
        assert site.written() == []

    def test_data_that_needs_mfa_is_not_destroyed_with_an_access_key(self, site: Site) -> None:
        asked = {"confirm": "seed", "destroy_data": True, "storage_mfa_delete_data": True}
        done = site.run("playbooks/destroy.yml", *_given(asked))
        assert done.returncode != 0
        assert "storage_mfa_delete_data: true lets no data be deleted with an access key" in done.stdout + done.stderr
        assert site.written() == []

    def test_a_destroy_that_keeps_data_keeps_the_key(self, site: Site) -> None:
        site.client("s3").put_object(Bucket=_buckets(site)[0], Key="raw/data", Body=b"data")
        certificate = site.playbook("playbooks/destroy.yml", "-e", "confirm=seed").split("TASK [Certificate]", 1)[1]
        assert f"1.00  kms_key            {ALIAS}" in certificate.split("Residual")[0].split("Kept")[1]
        assert "$1.00/month" in certificate
        assert _key(site)["KeyState"] == "Enabled"

    def test_a_destroy_that_deletes_data_has_the_key_deleted_later(self, site: Site) -> None:
        """And gives the account's default back, which instances could not start with."""
        done = site.playbook("playbooks/destroy.yml", *_given({"confirm": "seed", "destroy_data": True}))
        assert "aws kms cancel-key-deletion" in done
        assert "$0.00/month" in done
        assert _key(site)["KeyState"] == "PendingDeletion"
        assert site.client("ec2").get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"


def _arns(condition: dict[str, Any]) -> list[str]:
    """All ARNs in a condition."""
    values = [value for tests in condition.values() for value in tests.values()]
    listed = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [one for one in listed if one.startswith("arn:")]
