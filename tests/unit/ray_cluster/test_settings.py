# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role ray_cluster refuses, who leads, and how Ray is called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ...programs import answers

NAMES = ["p-dev-ml-member", "p-dev-ml-training-1", "p-dev-ml-training-2", "q-dev-ml-training-1"]
TELL = ["ray_cluster_leader", "ray_cluster_hosts", "ray_cluster_arguments", "ray_cluster_variables", "mlinfra_cluster_ports"]


def host(name: str = "p-dev-ml-training-1", **settings: Any) -> dict[str, Any]:
    """A host of an environment, in a play with those of another."""
    told = {
        one: {"mlinfra_name": one.rpartition("-ml-")[0], "ray_cluster_told_address": f"10.0.1.{10 + at}"} for at, one in enumerate(NAMES)
    }
    return {
        "inventory_hostname": name,
        "ansible_play_hosts_all": NAMES,
        "hostvars": told,
        "ec2_private_ip_address": told[name]["ray_cluster_told_address"],
        "ray_cluster_enabled": True,
        "tell": TELL,
        **settings,
    }


BAD = {
    "head": ({"ray_cluster_head": "nobody"}, "ray_cluster_head is nobody, which is none of the hosts"),
    "address": ({"ray_cluster_address": ""}, "ray_cluster_address is empty"),
    "no range": ({"ray_cluster_ports": "26000"}, "ray_cluster_ports is 26000. It must be"),
    "too few ports": ({"ray_cluster_ports": "26000-26010"}, "of 40 ports or more"),
    "ports of connections": ({"ray_cluster_ports": "32700-32900"}, "from 1024 to 32767"),
    "dashboard": ({"ray_cluster_dashboard_port": 80}, "ray_cluster_dashboard_port is 80"),
    "jupyter's port": ({"ray_cluster_dashboard_port": 8888}, "ml_host_jupyter_port is 8888"),
    "serving's port": ({"ray_cluster_ports": "8000-8199"}, "ml_host_serving_port is 8080"),
    "cores": ({"ray_cluster_cpus": -1}, "ray_cluster_cpus is -1"),
    "store": ({"ray_cluster_object_store_memory": "lots"}, "ray_cluster_object_store_memory is lots"),
    "small store": ({"ray_cluster_object_store_memory": "10M"}, "75M at least"),
    "memory": ({"ray_cluster_memory_max": "most"}, "ray_cluster_memory_max is most"),
    "days": ({"ray_cluster_certificate_days": 30}, "ray_cluster_certificate_days is 30"),
    "patience": ({"ray_cluster_patience": 1}, "ray_cluster_patience is 1"),
}
GOOD = {
    "head": host(render=["mlinfra-ray.service.j2", "environment.j2"]),
    "worker": host("p-dev-ml-training-2", render=["mlinfra-ray.service.j2"]),
    "member": host("p-dev-ml-member"),
    "other environment": host("q-dev-ml-training-1", mlinfra_project="q"),
    "alone": host(ansible_play_hosts_all=["p-dev-ml-training-2"], inventory_hostname="p-dev-ml-training-2"),
    "chosen": host(ray_cluster_head="p-dev-ml-training-2", ray_cluster_tls=False),
    "little": host(ray_cluster_cpus=1, ray_cluster_object_store_memory="100M"),
    "off": host(ray_cluster_enabled=False),
}


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    """What the role makes of all of them."""
    settings = {**GOOD, **{f"bad {name}": host(**{"tell": [], **bad}) for name, (bad, _said) in BAD.items()}}
    return answers(Path(__file__).with_name("wanted.py"), settings)


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused(told: dict[str, Any], name: str) -> None:
    """Each by one sentence that names the variable."""
    [problem] = told[f"bad {name}"]["ray_cluster_problems"]
    assert BAD[name][1] in problem


@pytest.mark.parametrize("name", GOOD)
def test_what_is_not(told: dict[str, Any], name: str) -> None:
    """One host is fine, too."""
    assert told[name]["ray_cluster_problems"] == []


def test_the_first_of_the_environment_leads_and_no_member_of_the_group(told: dict[str, Any]) -> None:
    """But where there are no others."""
    leaders = {name: told[name]["ray_cluster_leader"] for name in GOOD}
    assert leaders["head"] == leaders["worker"] == leaders["member"] == "p-dev-ml-training-1"
    assert (leaders["other environment"], leaders["alone"]) == ("q-dev-ml-training-1", "p-dev-ml-training-2")
    assert leaders["chosen"] == "p-dev-ml-training-2"
    assert told["head"]["ray_cluster_hosts"] == NAMES[:3]


def test_workers_join_the_head_whose_dashboard_is_its_own(told: dict[str, Any]) -> None:
    """All ports are in the range that the security group opens."""
    head, worker = told["head"]["ray_cluster_arguments"], told["worker"]["ray_cluster_arguments"]
    assert {"--head", "--port=26000", "--dashboard-host=127.0.0.1", "--dashboard-port=8265", "--node-ip-address=10.0.1.11"} <= set(head)
    assert {"--address=10.0.1.11:26000", "--node-ip-address=10.0.1.12"} <= set(worker)
    assert not [word for word in worker if word.startswith(("--head", "--dashboard-host", "--port="))]
    ports = [int(word.rpartition("=")[2]) for word in head if "-port=" in word and "dashboard-port" not in word]
    assert len(ports) == len(set(ports)) == 10
    assert all(26000 <= port <= 26199 for port in ports)
    assert {"--num-cpus=1", "--object-store-memory=104857600"} <= set(told["little"]["ray_cluster_arguments"])


def test_jobs_come_to_the_head_alone_and_with_a_token(told: dict[str, Any]) -> None:
    """Without TLS, too."""
    assert told["head"]["ray_cluster_variables"]["RAY_API_SERVER_ADDRESS"] == "http://127.0.0.1:8265"
    assert "RAY_API_SERVER_ADDRESS" not in told["worker"]["ray_cluster_variables"]
    assert {told[name]["ray_cluster_variables"]["RAY_AUTH_MODE"] for name in GOOD} == {"token"}
    assert told["head"]["ray_cluster_variables"]["RAY_USE_TLS"] == "1"
    assert "RAY_USE_TLS" not in told["chosen"]["ray_cluster_variables"]
    assert 'RAY_USE_TLS="1"' in told["head"]["environment.j2"]


def test_the_ports_are_open_where_there_is_a_cluster(told: dict[str, Any]) -> None:
    """What the role network is told."""
    assert told["head"]["mlinfra_cluster_ports"] == ["26000-26199", "32768-60999"]
    assert told["off"]["mlinfra_cluster_ports"] == []


def test_the_service_has_the_sandbox_of_the_others(told: dict[str, Any]) -> None:
    """By the same template."""
    unit = told["head"]["mlinfra-ray.service.j2"]
    for line in ("User=ml", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "CacheDirectory=mlinfra-ray"):
        assert line in unit.splitlines()
    assert "Ray, a worker of its cluster" in told["worker"]["mlinfra-ray.service.j2"]
