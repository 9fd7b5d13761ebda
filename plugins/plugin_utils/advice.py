# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What to do about a failure in the middle of a run, by what AWS or boto3 said, in the preflight's words where it has any."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mlinfra.aws.plugins.module_utils.preflight import region
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight.problems import problem

# By what boto3 says, its own name for it.
SAID = {
    "Unable to locate credentials": "NoCredentialsError",
    "Token has expired and refresh failed": "UnauthorizedSSOTokenError",
    "The SSO session associated with this profile has expired": "UnauthorizedSSOTokenError",
    "Could not connect to the endpoint URL": "EndpointConnectionError",
    "Connect timeout on endpoint URL": "ConnectTimeoutError",
    "Read timeout on endpoint URL": "ReadTimeoutError",
    "Connection was closed before we received a valid response": "ConnectionClosedError",
    "Failed to connect to proxy URL": "ProxyConnectionError",
    "SSL validation failed": "SSLError",
}
ANSWERS = region.EXPIRED_CREDENTIALS | region.INVALID_CREDENTIALS | region.DENIED | region.NOT_ENABLED
ENDPOINT = re.compile(r"endpoint(?: URL)?: \"(\S+?)\"")
CALL = re.compile(r"when calling the (\w+) operation")
WHO = re.compile(r"arn:[\w-]+:(?:iam|sts)::\d+:[\w+=,.@/-]+")
# Other answers of AWS, each with what it means and what to do.
OTHERS = (
    (
        r"\w*Throttl\w*|RequestLimitExceeded|TooManyRequests\w*|SlowDown",
        "means that AWS gets too many calls of this account",
        "wait a minute",
    ),
    (
        r"Insufficient\w*Capacity",
        "means that AWS has no such machine free there now",
        "try later, or choose another compute_instance_type or zone",
    ),
    (
        r"\w*(?:LimitExceeded|QuotaExceeded)\w*|TooManyBuckets|MaxSpotInstanceCountExceeded",
        "means that the account has as many as its quota allows",
        "ask for more in Service Quotas, or remove what is not needed",
    ),
)


def advice(text: str) -> str:
    """Return what is wrong and what to do about it, on one line; empty where nothing is known of it.

    Args:
        text: all that was said of the failure.
    """
    codes = [name for said, name in SAID.items() if said in text]
    codes += [code for code in sorted(ANSWERS) if re.search(rf"\b{code}\b", text)]
    if codes:
        endpoint, call = ENDPOINT.search(text), CALL.search(text)
        error = {"code": codes[0], "message": "Unable to locate credentials", "call": call[1] if call else "that"}
        who = WHO.search(text)
        return region.error_problem({**error, "endpoint": endpoint[1] if endpoint else ""}, who[0] if who else "this user")
    for pattern, meaning, remedy in OTHERS:
        found = re.search(rf"\b(?:{pattern})\b", text)
        if found:
            return problem("AWS", found[0], meaning, remedy)
    return ""


def texts(result: t.Any) -> t.Iterator[str]:
    """Yield all texts in the result of a task."""
    if isinstance(result, str):
        yield result
    elif isinstance(result, dict):
        for key, value in result.items():
            if key != "invocation":
                yield from texts(value)
    elif isinstance(result, list):
        for value in result:
            yield from texts(value)


def advised(answer: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the answer of a module with what to do about its failure, where that is known."""
    known = advice("\n".join(texts(answer))) if answer.get("failed") else ""
    return {**answer, "msg": f"{answer.get('msg', '')}\n{known}."} if known else answer
