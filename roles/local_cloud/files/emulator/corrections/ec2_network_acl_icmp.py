# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rule of a network ACL on ICMP keeps its type and code; moto looks for them under another name and loses them."""

from __future__ import annotations

from typing import Any

from moto.ec2.responses.network_acls import NetworkACLs

from emulator.patching import around


def _entry(original: Any, self: NetworkACLs) -> Any:
    answer = original(self)
    kind, code = self._get_param("IcmpTypeCode.Type"), self._get_param("IcmpTypeCode.Code")
    asked = self._get_param("RuleNumber"), self._get_param("Egress")
    for entry in self.ec2_backend.get_network_acl(self._get_param("NetworkAclId")).network_acl_entries:
        if (entry.rule_number, entry.egress) == asked and kind is not None:
            entry.icmp_type, entry.icmp_code = kind, code
    return answer


def apply() -> None:
    """Also where a rule is replaced."""
    around(NetworkACLs, "create_network_acl_entry", _entry)
    around(NetworkACLs, "replace_network_acl_entry", _entry)
