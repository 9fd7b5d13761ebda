# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: failure_advice
short_description: What to do next after a task has failed
version_added: 0.1.0
description:
  - Knows credentials that are missing, wrong or have expired, endpoints that can't be reached, missing permissions, too many
    calls, machines that AWS has not got, quotas, and full disks. Of everything else it says that it stands above.
  - Always says that the next run goes on where this one stopped.
positional: _input
options:
  _input:
    description: The result of the task, such as C(ansible_failed_result) in a C(rescue).
    type: dict
    required: true
  on_host:
    description: Whether the task ran on a host, whose credentials and whose way to AWS are its own.
    type: bool
    default: false
author:
  - The mlinfra.aws authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Do something
  block:
    - name: Make a bucket
      amazon.aws.s3_bucket:
        name: mlinfra-dev
  rescue:
    - name: Say what to do next
      ansible.builtin.fail:
        msg: "{{ ansible_failed_result | mlinfra.aws.failure_advice }}"
"""

RETURN = r"""
_value:
  description: One or two sentences.
  type: str
  sample: >-
    AWS credentials: ExpiredToken means that they have expired; log in again, or renew the keys. What was done until then stays,
    and nothing is done twice: run the same command again, and it goes on from there.
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.mlinfra.aws.plugins.plugin_utils.advice import advice, texts

_GOES_ON = (
    "What was done until then stays, and nothing is done twice: run the same command again, and it goes on from there."
)


def failure_advice(result: dict[str, Any], on_host: bool = False) -> str:
    """What to do next: see RETURN."""
    known = advice("\n".join(texts(result)), on_host)
    return f"{known or 'What went wrong is said above'}. {_GOES_ON}"


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"failure_advice": failure_advice}
