# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the AWS Price List is asked, and what its answers say, in the words of the collection's own lists. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

# Where the service answers, by the beginning of a region's name; it knows the prices of all regions everywhere.
_ENDPOINTS = {"ap": "ap-south-1", "eu": "eu-central-1"}
_FIRST_ENDPOINT = "us-east-1"


@dataclass(frozen=True)
class Question:
    """One question to GetProducts.

    Attributes:
        service: the service's code.
        filters: values by attribute of the products.
        takes: the place in a list of prices by the end of a product's usage type. Regions put their code before it.
        contains: a part of the usage type, empty for any.
        region_field: which attribute names the region.
    """

    service: str
    filters: Mapping[str, str]
    takes: Mapping[str, tuple[str, ...]]
    contains: str = ""
    region_field: str = field(default="regionCode")

    def arguments(self, region: str) -> dict[str, Any]:
        """The arguments of the call."""
        filters = [
            {"Type": "TERM_MATCH", "Field": name, "Value": value}
            for name, value in {self.region_field: region, **self.filters}.items()
        ]
        if self.contains:
            filters.append({"Type": "CONTAINS", "Field": "usagetype", "Value": self.contains})
        return {"ServiceCode": self.service, "FormatVersion": "aws_v1", "Filters": filters}


# Short, and its answer is always needed: it shows whether the service can be reached.
FIRST = Question(
    "AmazonEC2",
    {"productFamily": "NAT Gateway"},
    {"NatGateway-Hours": ("nat_gateway_hour",), "NatGateway-Bytes": ("nat_gb",)},
)
_ALWAYS = (
    Question("AmazonVPC", {}, {"PublicIPv4:InUseAddress": ("public_ipv4_hour",)}, "PublicIPv4:InUseAddress"),
    Question(
        "AmazonVPC",
        {},
        {"VpcEndpoint-Hours": ("endpoint_hour",), "VpcEndpoint-Bytes": ("endpoint_gb",)},
        "VpcEndpoint-",
    ),
    Question(
        "AmazonS3",
        {},
        {"TimedStorage-ByteHrs": ("bucket_gb_month",), "TimedStorage-GlacierByteHrs": ("glacier_gb_month",)},
        "TimedStorage-",
    ),
    Question(
        "AmazonCloudWatch",
        {},
        {
            "CW:AlarmMonitorUsage": ("alarm_month",),
            "CW:HighResAlarmMonitorUsage": ("alarm_high_resolution_month",),
            "DataProcessing-Bytes": ("log_gb",),
            "TimedStorage-ByteHrs": ("log_stored_gb_month",),
        },
    ),
    Question(
        "AWSDataTransfer",
        {"transferType": "AWS Outbound", "toLocation": "External"},
        {"DataTransfer-Out-Bytes": ("transfer_out_gb",)},
        region_field="fromRegionCode",
    ),
    Question("AmazonEC2", {"productFamily": "Storage Snapshot"}, {"EBS:SnapshotUsage": ("snapshot_gb_month",)}),
)
_SHARED_LINUX = {"operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used"}


def endpoint_region(region: str) -> str:
    """The region whose endpoint of the Price List is the nearest."""
    return _ENDPOINTS.get(region.partition("-")[0], _FIRST_ENDPOINT)


def further_questions(instance_types: Iterable[str], volume_types: Iterable[str]) -> list[Question]:
    """What else to ask, for instances and volumes of these types."""
    instances = [
        Question("AmazonEC2", {"instanceType": kind, **_SHARED_LINUX}, {f"BoxUsage:{kind}": ("instance_hour", kind)})
        for kind in sorted(set(instance_types))
    ]
    volumes = [
        Question(
            "AmazonEC2",
            {"productFamily": "Storage", "volumeApiName": kind},
            {_volume_usage(kind): ("volume_gb_month", kind)},
        )
        for kind in sorted(set(volume_types))
    ]
    return [*_ALWAYS, *instances, *volumes]


def types_of(resources: Iterable[Mapping[str, Any]]) -> tuple[set[str], set[str]]:
    """The types of the instances and of the volumes that stand."""
    listed = list(resources)
    instances, volumes = (
        {entry["attributes"].get(member, "") for entry in listed if entry["kind"] == kind} - {""}
        for kind, member in (("instance", "InstanceType"), ("volume", "VolumeType"))
    )
    return instances, volumes


def _volume_usage(kind: str) -> str:
    """The usage type of a volume; the oldest type was there before the others had names."""
    if kind == "standard":
        return "EBS:VolumeUsage"
    return "EBS:VolumeUsage.piops" if kind == "io1" else f"EBS:VolumeUsage.{kind}"


def taken(question: Question, products: Iterable[str]) -> dict[str, Any]:
    """The prices in an answer, in the form of a list of prices.

    Args:
        question: what was asked.
        products: the products of the answer, as JSON.
    """
    prices: dict[str, Any] = {}
    for text in products:
        product = json.loads(text)
        usage = product["product"]["attributes"].get("usagetype", "")
        for end, place in question.takes.items():
            if re.search(rf"(^|-){re.escape(end)}$", usage):
                amount = first_tier(product)
                if amount is not None:
                    _put(prices, place, float(amount))
    return prices


def first_tier(product: Mapping[str, Any]) -> Decimal | None:
    """The price on demand of the first units that cost anything, in USD; None where there is none."""
    dimensions = [
        dimension
        for offer in product.get("terms", {}).get("OnDemand", {}).values()
        for dimension in offer["priceDimensions"].values()
    ]
    priced = [
        (Decimal(dimension.get("beginRange") or "0"), Decimal(dimension["pricePerUnit"]["USD"]))
        for dimension in dimensions
        if "USD" in dimension["pricePerUnit"]
    ]
    return min(((begin, amount) for begin, amount in priced if amount > 0), default=(None, None))[1]


def _put(prices: dict[str, Any], place: tuple[str, ...], amount: float) -> None:
    *groups, name = place
    for group in groups:
        prices = prices.setdefault(group, {})
    prices[name] = amount
