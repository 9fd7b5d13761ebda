# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Brings values into forms that can be compared: what means the same becomes equal. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

# Members of a policy's statement whose values are sets, and may be written without a list where there is only one.
_SETS = ("Action", "NotAction", "Resource", "NotResource")
_SETS_BY_TYPE = ("Principal", "NotPrincipal")


def text_of(value: Any) -> str:
    """One text for each value, whatever order its members came in."""
    return json.dumps(value, sort_keys=True, default=str)


def unordered(values: Iterable[Any] | None) -> list[Any]:
    """A list whose order says nothing."""
    return sorted(values or [], key=text_of)


def tags(value: Mapping[str, Any]) -> dict[str, str]:
    """Tags as text, without AWS's own, which nobody can change."""
    return {key: str(text) for key, text in value.items() if not key.startswith("aws:")}


def members(*names: str) -> Callable[[Any], dict[str, Any]]:
    """A form with these members only, and without those that say nothing."""
    return lambda value: {name: value[name] for name in names if (value or {}).get(name) is not None}


def _texts(value: Any) -> list[str]:
    """A set in a policy. Numbers and truth values are compared as text there, as AWS does."""
    listed = value if isinstance(value, list) else [value]
    return sorted(str(entry).lower() if isinstance(entry, bool) else str(entry) for entry in listed)


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    form = dict(statement)
    form.update({name: _texts(form[name]) for name in _SETS if name in form})
    for name in _SETS_BY_TYPE:
        if isinstance(form.get(name), Mapping):
            form[name] = {kind: _texts(value) for kind, value in form[name].items()}
    if "Condition" in form:
        form["Condition"] = {
            operator: {key: _texts(value) for key, value in tests.items()}
            for operator, tests in form["Condition"].items()
        }
    return form


def policy(value: Any) -> dict[str, Any]:
    """A policy, from a text or a dictionary, with one order and one way to write a set. No policy is an empty one."""
    document = json.loads(value or "{}") if isinstance(value, str) else dict(value or {})
    statements = document.get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return {**document, "Statement": unordered(map(_statement, listed))} if document else {}


def document(value: Any) -> Any:
    """JSON, from a text or already read."""
    return json.loads(value or "{}") if isinstance(value, str) else value


def permissions(value: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A security group's rules, one for each source or target: EC2 groups them as it likes."""
    rules = []
    for permission in value:
        ports = {name: permission[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in permission}
        for ranges in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"):
            for peer in permission.get(ranges) or []:
                kept = ("CidrIp", "CidrIpv6", "PrefixListId", "GroupId", "Description")
                rules.append({**ports, **{name: peer[name] for name in kept if peer.get(name)}})
    return unordered(rules)


def public_key(value: str | None) -> str:
    """A public key without its comment, which is anyone's."""
    return " ".join((value or "").split()[:2])
