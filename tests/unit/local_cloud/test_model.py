# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host is called, where it is reached, and what is remembered of it."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rehearsal_host.model import HostError, HostSpec, Process, Record, Slot


@given(st.ip_addresses(v=4), st.integers(0, 99))
def test_address_is_loopback_and_tells_slot_and_instance_apart(private_ip: ipaddress.IPv4Address, slot: int) -> None:
    address = HostSpec("a", str(private_ip)).address(slot)
    assert ipaddress.ip_address(address).is_loopback
    assert address.split(".")[1:] == [str(10 + slot), *str(private_ip).split(".")[2:]]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"name": "Big"}, "host name 'Big'"),
        ({"name": "a" * 57}, "56 at most"),
        ({"name": "a/../b"}, "host name"),
        ({"name": "-a"}, "host name"),
        ({"distribution": "suse"}, "distribution 'suse'"),
        ({"private_ip": "10.0.0.256"}, "private address '10.0.0.256'"),
    ],
)
def test_what_can_not_be_is_named(arguments: dict[str, str], named: str) -> None:
    with pytest.raises(HostError, match=named):
        HostSpec(**{"name": "a", "private_ip": "10.0.0.1"} | arguments)


@pytest.mark.parametrize("number", [-1, 100])
def test_a_slot_without_loopback_addresses_is_refused(number: int, tmp_path: Path) -> None:
    with pytest.raises(HostError, match="0 to 99"):
        Slot(number, tmp_path)


def test_slots_have_ports_of_their_own(tmp_path: Path) -> None:
    ports = [
        port for number in range(100) for port in (Slot(number, tmp_path).https_port, Slot(number, tmp_path).http_port)
    ]
    assert len(set(ports)) == len(ports)


def test_sockets_keep_below_the_limit_of_their_paths(tmp_path: Path) -> None:
    longest = HostSpec("a" * 56, "10.0.0.1")
    assert len(str(Slot(99, tmp_path).runtime / f"{longest.name}.sock")) < 108
    assert len(Slot(99, tmp_path).machine(longest.name)) <= 64


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    record = Record(HostSpec("a", "10.0.0.1", instance_id="i-1"), "/tree", {"machine": Process(7, 8)})
    record.save(tmp_path / "host.json")
    assert Record.load(tmp_path / "host.json") == record


@pytest.mark.parametrize("text", ["", "{", "{}", '{"spec": {"name": "a", "other": 1}, "tree": "", "processes": {}}'])
def test_a_record_that_can_not_be_read_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text(text)
    assert Record.load(tmp_path / "host.json") is None
    assert Record.load(tmp_path / "missing.json") is None
