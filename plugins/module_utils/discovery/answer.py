# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How a module that discovers an environment begins and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from .api import CallError
from .identity import Identity

_MOST_NAMED = 3


def said(refused: Iterable[CallError]) -> str:
    """What AWS said, each reason once: where credentials have expired, all calls are refused alike."""
    calls: dict[str, list[str]] = {}
    for error in refused:
        calls.setdefault(f"{error.code}: {error.message}", []).append(error.permission)
    return "; ".join(
        f"{', '.join(names[:_MOST_NAMED])}{f' and {len(names) - _MOST_NAMED} more' if names[_MOST_NAMED:] else ''}: {reason}"
        for reason, names in calls.items()
    )


def identity_of(module: AnsibleAWSModule) -> Identity:
    """The environment that a module's options name, tags and names tell. Without one the module fails."""
    tags = {key: str(value) for key, value in module.params["tags"].items()}
    if not module.params["name"] or not tags or not all(tags.values()):
        module.fail_json(msg="name, tags and their values must not be empty: they tell the environment from all others")
    return Identity(module.params["name"], tags, module.params["names"], frozenset(module.params.get("ids", ())))


def answer(module: AnsibleAWSModule, discover: Callable[[Identity], tuple[dict[str, Any], list[CallError]]]) -> None:
    """Ends the module with what was discovered, or with what kept it from that.

    Args:
        module: the module, with the options name, tags, names and allow_partial.
        discover: finds the module's return values of an environment, and what AWS refused to tell.
    """
    identity = identity_of(module)
    try:
        answers, refused = discover(identity)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    errors = [asdict(error) for error in refused]
    if refused and not (module.params["allow_partial"] and all(error.denied for error in refused)):
        module.fail_json(msg=f"AWS refused {len(refused)} of the calls: {said(refused)}", errors=errors)
    module.exit_json(changed=False, errors=errors, **answers)
