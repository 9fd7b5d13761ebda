# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The certificate tells what is gone, what is kept on purpose, and what is left over."""

from __future__ import annotations

from typing import Any

from ansible_collections.mlinfra.aws.plugins.filter.destroy_certificate import FilterModule

destroy_certificate = FilterModule().filters()["destroy_certificate"]


def resource(kind: str, identifier: str, **attributes: Any) -> dict[str, Any]:
    return {"kind": kind, "name": "", "id": identifier, "attributes": attributes}


VPC, BUCKET = resource("vpc", "vpc-1"), resource("bucket", "arn:aws:s3:::data")
VOLUME = resource("volume", "vol-1", Size=50, VolumeType="gp3")
BEFORE = [VPC, BUCKET, VOLUME, resource("subnet", "subnet-1"), resource("subnet", "subnet-2")]


def test_nothing_left() -> None:
    certificate = destroy_certificate([], BEFORE)
    assert (certificate["kept"], certificate["left"], certificate["residual"]) == ([], [], 0.0)
    assert certificate["removed"] == {"bucket": 1, "subnet": 2, "volume": 1, "vpc": 1}


def test_data_is_kept_and_the_rest_is_left_over() -> None:
    certificate = destroy_certificate([BUCKET, VOLUME], BEFORE)
    assert [entry["id"] for entry in certificate["kept"]] == [BUCKET["id"]]
    assert [(entry["id"], entry["monthly"]) for entry in certificate["left"]] == [("vol-1", 4.0)]
    assert certificate["residual"] == 4.0


def test_data_that_was_to_go_is_left_over() -> None:
    certificate = destroy_certificate([BUCKET], BEFORE, destroy_data=True)
    assert certificate["kept"] == []
    assert [entry["id"] for entry in certificate["left"]] == [BUCKET["id"]]


def test_an_image_of_a_backup_is_kept_and_a_baked_one_is_left_over() -> None:
    backup = {**resource("image", "ami-1"), "tags": {"Backup": "first"}}
    baked = {**resource("image", "ami-2"), "tags": {"Role": "ml-image"}}
    certificate = destroy_certificate([backup, baked], BEFORE)
    assert [entry["id"] for entry in certificate["kept"]] == ["ami-1"]
    assert [entry["id"] for entry in certificate["left"]] == ["ami-2"]
    assert destroy_certificate([backup], BEFORE, destroy_data=True)["kept"] == []
