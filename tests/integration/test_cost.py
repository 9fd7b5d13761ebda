# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""cost.yml on nothing, on what the roles made, on what was used, spent and stopped, and on nothing again. It only reads."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..depth import extended
from .conftest import ROOT, Emulator
from .site import Site, running

SLOT = 19
GB = 1024**3
# By hand from prices/us-east-1.yml: t3.medium, two addresses, 50 GB of gp3, a NAT gateway, four alarms.
ARCHITECTURE = 74.92
PRICES = yaml.safe_load((ROOT / "plugins" / "module_utils" / "prices" / "us-east-1.yml").read_text())


class Operator:
    """Runs playbooks on the environment of the benchmarks, each run with an access key of its own."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self.emulator = emulator
        self._site = Site(emulator)
        self._folder = folder
        self._runs = 0

    def run(self, playbook: str, *arguments: str) -> str:
        """Run a playbook; the test fails with its output where it fails."""
        self._runs += 1
        self.caller = f"operator{self._runs}"
        key = {"AWS_ACCESS_KEY_ID": self.caller, "AWS_SECRET_ACCESS_KEY": "operator"}
        return self._site.playbook(f"playbooks/{playbook}.yml", *arguments, **key)

    def cost(self, *arguments: str) -> tuple[dict[str, Any], str]:
        """Run cost.yml, see that it wrote nothing, and return its JSON and what it printed."""
        report = self._folder / f"cost{self._runs}"
        printed = self.run("cost", "-e", f"report={report}", *arguments)
        assert self.emulator.written(self.caller) == []
        assert "<svg" in report.with_suffix(".html").read_text()
        return json.loads(report.with_suffix(".json").read_text()), printed


def summed(bill: dict[str, Any]) -> float:
    """What the resources of a bill cost together."""
    return float(sum(Decimal(str(entry["monthly"])) for entry in bill["resources"]))


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """An operator on an account with nothing in it."""
    with running(SLOT) as emulator:
        yield Operator(emulator, tmp_path_factory.mktemp("reports"))


@extended
@pytest.mark.weight(150)
@pytest.mark.xdist_group("cost")
class TestCost:
    """In this order."""

    def test_on_nothing(self, operator: Operator) -> None:
        """Nothing costs nothing; what is declared is priced."""
        told, printed = operator.cost()
        assert (told["standing"]["total"], told["standing"]["resources"]) == (0, [])
        assert (told["of"], told["declared"]["total"]) == ("declared", ARCHITECTURE)
        assert "Nothing of bench-seed stands in us-east-1" in printed
        assert (told["prices"]["source"], told["prices"]["as_of"]) == ("list", PRICES["as_of"])
        assert "does not know pricing:GetProducts" in told["prices"]["reason"]
        assert told["unknown"] == {}

    def test_on_what_the_roles_made(self, operator: Operator) -> None:
        """It costs what was declared; the total is the sum of the resources; nothing is left without a price."""
        operator.run("provision")
        told, printed = operator.cost()
        assert told["standing"]["total"] == told["declared"]["total"] == summed(told["standing"]) == ARCHITECTURE
        assert told["standing"]["unpriced"] == told["declared"]["unpriced"] == []
        assert f"costs {ARCHITECTURE} USD a month as it stands" in printed
        savings = {entry["name"]: entry["saving"] for entry in told["what_ifs"] if entry["applies"]}
        assert savings["stopped"] == pytest.approx(730 * (0.0416 + 0.005), abs=0.01)
        assert savings["no_egress"] == pytest.approx(730 * 0.05, abs=0.01)
        assert "activate Environment, ManagedBy, Project as cost allocation tags" in told["actuals"]["reason"]

    def test_check_mode_says_the_same(self, operator: Operator) -> None:
        """And writes no report either."""
        printed = operator.run("cost", "--check", "-e", "report=/nowhere/cost")
        assert f"costs {ARCHITECTURE} USD a month as it stands" in printed
        assert operator.emulator.written(operator.caller) == []

    def test_what_was_used_and_spent(self, operator: Operator) -> None:
        """What CloudWatch measured is reckoned with, and what Cost Explorer says is told."""
        [gateway] = operator.emulator.client("ec2").describe_nat_gateways()["NatGateways"]
        [bucket] = [name for name in self._buckets(operator) if "datasets" in name]
        yesterday = datetime.now(UTC) - timedelta(days=1)
        self._measure(operator, "AWS/NATGateway", "BytesInFromSource", 100 * GB, yesterday, NatGatewayId=gateway["NatGatewayId"])
        size = {"BucketName": bucket, "StorageType": "StandardStorage"}
        self._measure(operator, "AWS/S3", "BucketSizeBytes", 1000 * GB, yesterday, **size)
        self._spend(operator, 12.345)
        told, printed = operator.cost()
        assert told["standing"]["total"] == summed(told["standing"]) == round(ARCHITECTURE + 4.50 + 23.00, 2)
        assert told["egress"]["data_gb"] == 100
        [glacier] = [entry["saving"] for entry in told["what_ifs"] if entry["name"] == "glacier"]
        assert glacier == 19.40
        assert (told["actuals"]["available"], told["actuals"]["month_to_date"]) == (True, 12.34)
        assert "GetCostForecast" in told["actuals"]["forecast_reason"]
        assert "12.34 USD" in printed

    def test_what_is_stopped(self, operator: Operator) -> None:
        """The instance costs nothing, its volume and the gateway's address do; assumptions count."""
        ec2 = operator.emulator.client("ec2")
        [reservation] = ec2.describe_instances()["Reservations"]
        ec2.stop_instances(InstanceIds=[reservation["Instances"][0]["InstanceId"]])
        told, _printed = operator.cost("-e", "cost_nat_gb=0", "-e", "cost_actuals=false", "-e", "cost_prices=list")
        kinds = {entry["kind"]: entry["monthly"] for entry in told["standing"]["resources"]}
        assert (kinds["volume"], kinds["elastic_ip"], kinds["nat_gateway"]) == (4.00, 3.65, 32.85)
        assert kinds["instance"] == 0
        assert (told["actuals"]["reason"], told["prices"]["reason"]) == ("not asked for", "the list was asked for")

    def test_after_a_destroy(self, operator: Operator) -> None:
        """Nothing costs anything any more."""
        operator.run("destroy", "-e", "confirm=seed", "-e", "destroy_data=true")
        told, _printed = operator.cost()
        assert (told["standing"]["total"], told["standing"]["unpriced"]) == (0, [])

    @staticmethod
    def _buckets(operator: Operator) -> list[str]:
        return [bucket["Name"] for bucket in operator.emulator.client("s3").list_buckets()["Buckets"]]

    @staticmethod
    def _measure(operator: Operator, namespace: str, name: str, value: float, at: datetime, **dimensions: str) -> None:
        """Put a measure into CloudWatch, as AWS does itself."""
        told = [{"Name": dimension, "Value": of} for dimension, of in dimensions.items()]
        data = {"MetricName": name, "Dimensions": told, "Timestamp": at, "Value": value}
        operator.emulator.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[data])

    @staticmethod
    def _spend(operator: Operator, amount: float) -> None:
        """Let Cost Explorer's next answer be this."""
        groups = [{"Keys": ["Amazon EC2"], "Metrics": {"UnblendedCost": {"Amount": str(amount), "Unit": "USD"}}}]
        day = {"Start": "2026-11-01", "End": "2026-11-02"}
        answer = {"ResultsByTime": [{"TimePeriod": day, "Groups": groups, "Total": {}, "Estimated": True}]}
        request = urllib.request.Request(
            f"{operator.emulator.plain_endpoint}/moto-api/static/ce/cost-and-usage-results",
            json.dumps({"results": [answer]}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10):
            pass
