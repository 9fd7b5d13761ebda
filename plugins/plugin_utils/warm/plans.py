# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How the process for an interpreter is started in a run of Ansible."""

from __future__ import annotations

import os
import typing as t

import ansible
import ansible.constants as C
from ansible.utils.collection_loader import AnsibleCollectionConfig

from .client import Plan


def plan_for(interpreter: str, owner: int, collections: t.Sequence[str], services: t.Sequence[str]) -> Plan:
    """Return the plan for an interpreter.

    Args:
        interpreter: its path.
        owner: process id of Ansible's main process.
        collections: names of the collections whose module_utils may be loaded ahead of their use.
        services: names of AWS' services whose models are read ahead of their use.
    """
    return Plan(
        folder=C.DEFAULT_LOCAL_TMP,
        interpreter=interpreter,
        owner=owner,
        folders=[os.path.dirname(os.path.dirname(ansible.__file__)), *AnsibleCollectionConfig.collection_paths],
        collections=list(collections),
        services=list(services),
    )
