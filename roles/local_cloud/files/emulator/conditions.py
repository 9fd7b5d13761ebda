# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which statements of a policy hold for a request, by those of their conditions that can be judged by its headers alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Keys that a request tells by a header, in lower case. A request without the header has no such key.
HEADERS = {
    "s3:x-amz-server-side-encryption": "x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm": "x-amz-server-side-encryption-customer-algorithm",
}
OPERATORS = ("Null", "StringEquals", "StringNotEquals")


def heeded(statement: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any] | None:
    """The statement without its condition where that holds, None where it does not.

    Args:
        statement: the statement. One with a condition on anything else is returned as it is.
        headers: the request's.
    """
    condition = statement.get("Condition", {})
    tests = [(operator, key.lower(), value) for operator, keys in condition.items() for key, value in keys.items()]
    if not tests or any(operator not in OPERATORS or key not in HEADERS for operator, key, _value in tests):
        return dict(statement)
    if not all(_holds(operator, headers.get(HEADERS[key]), value) for operator, key, value in tests):
        return None
    return {name: member for name, member in statement.items() if name != "Condition"}


def _holds(operator: str, told: str | None, value: Any) -> bool:
    wanted = [str(one) for one in (value if isinstance(value, list) else [value])]
    if operator == "Null":
        return str(told is None).lower() in wanted
    return (told in wanted) is (operator == "StringEquals")
