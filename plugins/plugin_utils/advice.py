# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What to do about a failure in the middle of a run, by what was said, in the preflight's words where it has any."""

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
# AWS names the action that is missing, which is another than the operation at times, and on what.
MISSING = re.compile(r"not authorized to perform: ([\w-]+:\w+)(?: on resource: (?:\*|(arn:[^\s\"\\]+)))?")
WHO = re.compile(r"arn:[\w-]+:(?:iam|sts)::\d+:[\w+=,.@/-]+")
# What else may be said, each with whose it is, what it means and what to do.
AWS, HOST = "AWS", "Disk"
OTHERS = (
    (
        AWS,
        r"\w*Throttl\w*|RequestLimitExceeded|TooManyRequests\w*|SlowDown",
        "means that AWS gets too many calls of this account",
        "wait a minute",
    ),
    (
        AWS,
        r"Insufficient\w*Capacity",
        "means that AWS has no such machine free there now",
        "try later, or choose another compute_instance_type or zone",
    ),
    (
        AWS,
        r"Waited too long for new instances to become viable",
        "means that a group's members do not come, or are not healthy",
        "see why: aws autoscaling describe-scaling-activities; name more scaling_instance_types, or raise scaling_spot_max_price",
    ),
    (
        AWS,
        r"\w*(?:LimitExceeded|QuotaExceeded)\w*|TooManyBuckets|MaxSpotInstanceCountExceeded",
        "means that the account has as many as its quota allows",
        "ask for more in Service Quotas, or remove what is not needed",
    ),
    (
        HOST,
        r"No space left on device|don't have enough free space|more space needed on the \S+ filesystem",
        "",
        "free space there, or raise compute_root_volume_size",
    ),
)


def advice(text: str, on_host: bool = False) -> str:
    """Return what is wrong and what to do about it, on one line; empty where nothing is known of it.

    Args:
        text: all that was said of the failure.
        on_host: whether a host said it, which has credentials and a network of its own.
    """
    return _others(text, (HOST,)) if on_host else _calls(text) or _others(text, (AWS, HOST))


def _calls(text: str) -> str:
    codes = [name for said, name in SAID.items() if said in text]
    codes += [code for code in sorted(ANSWERS) if re.search(rf"\b{code}\b", text)]
    if codes:
        endpoint, call = ENDPOINT.search(text), CALL.search(text)
        error = {"code": codes[0], "message": "Unable to locate credentials", "call": call[1] if call else "that"}
        missing = MISSING.search(text)
        if missing:
            error["call"] = missing[1] + (f" on {missing[2]}" if missing[2] else "")
        who = WHO.search(text)
        return region.error_problem({**error, "endpoint": endpoint[1] if endpoint else ""}, who[0] if who else "this user")
    return ""


def _others(text: str, subjects: t.Container[str]) -> str:
    for subject, pattern, meaning, remedy in OTHERS:
        found = re.search(rf"\b(?:{pattern})\b", text)
        if found and subject in subjects:
            return problem(subject, found[0], meaning, remedy)
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
