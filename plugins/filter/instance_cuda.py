# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: instance_cuda
short_description: The newest CUDA that runs on the GPUs of an instance type
version_added: 0.1.0
description:
  - Knows the families of instance types with NVIDIA GPUs, by which images, wheels and metrics are chosen.
positional: _input
options:
  _input:
    description: The instance type. Empty for a host that is no instance.
    type: str
    required: true
author:
  - The mlinfra.aws authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Do something on hosts with a GPU
  ansible.builtin.command:
    argv: [nvidia-smi]
  changed_when: false
  when: ec2_instance_type | mlinfra.aws.instance_cuda > 0
"""

RETURN = r"""
_value:
  description: >-
    Its major version: 13 from g4dn and p4d on, 12 for p3, 11 for g3, p2 and older, 0 where there is no GPU of NVIDIA.
  type: int
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.mlinfra.aws.plugins.module_utils.gpu import instance_cuda


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"instance_cuda": instance_cuda}
