# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: network_acl_entries
short_description: The rules of a network ACL, by preset
version_added: 0.1.0
description:
  - Works out what a network ACL lets through in both directions, answers included, which an ACL does not know by itself.
positional: _input
options:
  _input:
    description: Which subnets it is for, V(public) or V(private).
    type: str
    required: true
    choices: [public, private]
  preset:
    description:
      - V(open) lets everything through.
      - V(standard) lets through all that leaves and all within the VPC, and from outside answers and O(clients).
      - V(strict) lets through what the other options name, in both directions, and nothing else.
    type: str
    required: true
    choices: [open, standard, strict]
  vpc_cidr:
    description: The addresses of the VPC.
    type: str
    required: true
  clients:
    description: Ranges that may reach O(client_ports) in public subnets. Those of IPv6 are passed over.
    type: list
    elements: str
    default: []
  client_ports:
    description: TCP ports.
    type: list
    elements: int
    default: []
  egress_ports:
    description: TCP ports that hosts reach outside, with O(preset=strict). 443 always is among them.
    type: list
    elements: int
    default: []
  service_ports:
    description: TCP ports that hosts reach in private subnets, with O(preset=strict), such as a database's.
    type: list
    elements: int
    default: []
  nat:
    description: Whether private subnets reach the internet through public ones.
    type: bool
    default: false
  endpoints:
    description: Whether interface endpoints stand in the private subnets.
    type: bool
    default: false
  s3:
    description: Whether S3 is reached through a gateway endpoint.
    type: bool
    default: false
  peers:
    description: Whether hosts of different subnets speak to each other, with O(preset=strict).
    type: bool
    default: false
author:
  - The mlinfra.aws authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Show what comes into public subnets
  ansible.builtin.debug:
    msg: >-
      {{ 'public' | mlinfra.aws.network_acl_entries(preset='standard', vpc_cidr='10.0.0.0/16', clients=['192.0.2.0/24'],
         client_ports=[22], nat=true) | rejectattr('Egress') }}
"""

RETURN = r"""
_value:
  description: The rules in the words of EC2's DescribeNetworkAcls, those that come in first.
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.network_acl import Needs, entries


def network_acl_entries(
    tier: str,
    preset: str,
    vpc_cidr: str,
    clients: Iterable[str] = (),
    client_ports: Iterable[int] = (),
    egress_ports: Iterable[int] = (),
    service_ports: Iterable[int] = (),
    **ways: bool,
) -> list[dict[str, Any]]:
    """The rules of a network ACL: see the filter's documentation."""
    ranges = [client for client in clients if ":" not in client]
    listed = [int(port) for port in client_ports], [int(port) for port in egress_ports]
    services = [int(port) for port in service_ports]
    return entries(tier, preset, Needs(vpc_cidr, ranges, *listed, service_ports=services, **{way: bool(is_so) for way, is_so in ways.items()}))


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"network_acl_entries": network_acl_entries}
