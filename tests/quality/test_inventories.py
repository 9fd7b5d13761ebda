# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every inventory parses, fits every playbook, and sets only what an environment may choose."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from ..depth import extended

ROOT = Path(__file__).parents[2]
# The first that somebody copies, and the strictest.
TYPICAL = ("prod", "sample")
INVENTORIES = sorted(path.parent.name for path in ROOT.glob("inventories/*/hosts.yml"))
PLAYBOOKS = sorted(
    path.relative_to(ROOT)
    for path in [ROOT / "site.yml", *(ROOT / "playbooks").glob("*.yml")]
    if not path.name.endswith(".meta.yml")
)
# What tells the environments of the same project apart.
STAGES = ("dev", "staging", "prod")
MAY_DIFFER = {
    "mlinfra_environment",
    "mlinfra_log_retention_days",
    "mlinfra_security_preset",
    "network_cidr",
    "network_public_subnets",
    "network_private_subnets",
    "network_allowed_cidrs",
    "compute_instance_type",
    "compute_instance_count",
    "compute_termination_protection",
    "compute_stop_protection",
    "monitoring_cpu_threshold",
    "monitoring_disk_threshold",
    "monitoring_memory_threshold",
    "guardrails_idle_stop",
}


def _settings(inventory: str) -> dict:
    return yaml.safe_load((ROOT / "inventories" / inventory / "group_vars" / f"{inventory}.yml").read_text())


def _known_variables() -> Iterator[str]:
    for path in (ROOT / "group_vars").glob("*.yml"):
        yield from yaml.safe_load(path.read_text())
    for path in ROOT.glob("roles/*/defaults/main.yml"):
        yield from yaml.safe_load(path.read_text()) or {}


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_inventory_parses(inventory: str, tool: Callable[..., str]) -> None:
    """Ansible reads the inventory without a complaint: one environment, named after project and stage."""
    # Only the hosts: the dynamic half asks AWS, or the emulator, for instances.
    listing = json.loads(tool("ansible-inventory", "-i", f"inventories/{inventory}/hosts.yml", "--list"))
    settings = _settings(inventory)
    host = f"{settings['mlinfra_project']}-{settings['mlinfra_environment']}"
    assert settings["mlinfra_environment"] == inventory
    assert listing["environments"]["hosts"] == [host]
    assert listing[inventory]["hosts"] == [host]


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_instances_are_found_by_the_tags_of_the_environment(inventory: str) -> None:
    """The dynamic half looks for the project, the stage and the region that the settings name."""
    dynamic = yaml.safe_load((ROOT / "inventories" / inventory / "aws_ec2.yml").read_text())
    settings = _settings(inventory)
    assert dynamic["plugin"] == "amazon.aws.aws_ec2"
    assert dynamic["regions"] == [settings["mlinfra_region"]]
    assert dynamic["filters"]["tag:Project"] == settings["mlinfra_project"]
    assert dynamic["filters"]["tag:Environment"] == settings["mlinfra_environment"]
    assert dynamic["filters"]["tag:Role"] == "ml-training"


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_inventory_sets_only_known_variables(inventory: str) -> None:
    """No setting is misspelt: each is a variable of the project or of a role, or serves another of the inventory."""
    home = ROOT / "inventories" / inventory / "group_vars"
    words = re.findall(r"\w+", "\n".join(path.read_text() for path in home.glob("*.yml")))
    strangers = set(_settings(inventory)) - set(_known_variables())
    assert {name for name in strangers if words.count(name) < 2} == set()


def test_a_fleet_is_each_stage_of_each_team(tool: Callable[..., str]) -> None:
    """Ansible generates the environments, each of them named after its team and stage, with the settings of its stage."""
    fleet = ROOT / "inventories" / "fleet"
    layers = yaml.safe_load((fleet / "fleet.yml").read_text())["layers"]
    listing = json.loads(tool("ansible-inventory", "-i", str(fleet / "fleet.yml"), "--list"))
    assert listing["environments"]["hosts"] == [f"{team}-{stage}" for team in layers["team"] for stage in layers["stage"]]
    for host, variables in listing["_meta"]["hostvars"].items():
        team, stage = host.split("-")
        assert (variables["fleet_team"], variables["fleet_stage"]) == (team, stage)
        assert variables.get("compute_termination_protection", False) is (stage == "prod")
        assert host in listing[f"environment_{team}_{stage}"]["hosts"]
    filters = yaml.safe_load((fleet / "aws_ec2.yml").read_text())["filters"]
    assert (filters["tag:Project"], filters["tag:Environment"]) == (layers["team"], layers["stage"])
    settings = [yaml.safe_load(path.read_text()) for path in (fleet / "group_vars").iterdir()]
    assert set().union(*settings) <= set(_known_variables())


def test_no_inventory_speaks_to_all_hosts() -> None:
    """The group "all" of an inventory is outranked by that of a playbook: settings there would be lost."""
    assert sorted(ROOT.glob("inventories/*/group_vars/all*")) == []


def test_stages_differ_only_in_what_may_differ() -> None:
    """dev, staging and prod set the same variables, and differ in size, retention, addresses, thresholds and how safe they are."""
    settings = [_settings(stage) for stage in STAGES]
    names = set().union(*settings)
    assert [set(stage) for stage in settings] == [names] * len(STAGES)
    different = {name for name in names if any(stage[name] != settings[0][name] for stage in settings)}
    assert different - MAY_DIFFER == set()
    assert {"mlinfra_environment", "mlinfra_log_retention_days", "compute_instance_type", "network_cidr"} <= different


def test_production_is_the_strictest() -> None:
    """Production is strict, protects its instances, opens no port to the world and keeps logs the longest."""
    production = _settings("prod")
    assert production["mlinfra_security_preset"] == "strict"
    assert production["compute_termination_protection"] is True
    assert production["compute_stop_protection"] is True
    assert "0.0.0.0/0" not in production["network_allowed_cidrs"]
    retention = [_settings(stage)["mlinfra_log_retention_days"] for stage in STAGES]
    assert retention == sorted(retention)


def test_local_is_the_architecture_itself() -> None:
    """The rehearsal holds the values of the architecture, its demonstration's open addresses included."""
    local = _settings("local")
    assert (local["compute_instance_type"], local["compute_root_volume_size"]) == ("t3.medium", 50)
    assert (local["mlinfra_log_retention_days"], local["compute_instance_count"]) == (7, 1)
    assert (local["network_allowed_cidrs"], local["network_demo_open"]) == (["0.0.0.0/0"], True)


@pytest.mark.weight(60)
@pytest.mark.parametrize("inventory", [pytest.param(name, marks=() if name in TYPICAL else extended) for name in [*INVENTORIES, "fleet"]])
def test_playbooks_fit_the_inventory(inventory: str, tool: Callable[..., str]) -> None:
    """Every playbook passes Ansible's syntax check with the inventory."""
    hosts = "fleet" if inventory == "fleet" else "hosts"
    tool("ansible-playbook", "-i", f"inventories/{inventory}/{hosts}.yml", "--syntax-check", *PLAYBOOKS)
