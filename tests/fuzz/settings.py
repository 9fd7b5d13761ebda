# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prints the settings of an environment that fit, as JSON. A program: look-ups need Ansible's own import of collections."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "mlinfra_project": "ml",
    "mlinfra_environment": "dev",
    "mlinfra_account_id": "123456789012",
    "mlinfra_partition": "aws",
}


def settings() -> dict[str, Any]:
    """All settings that the roles of the AWS side have by default."""
    from ansible_collections.mlinfra.aws.plugins.plugin_utils import judgement
    from ansible_collections.mlinfra.aws.plugins.plugin_utils.role_settings import RoleSettings

    loader = DataLoader()
    shared = loader.load_from_file(str(ROOT / "group_vars" / "all.yml"), cache="none", trusted_as_template=True)
    reader = RoleSettings(judgement.ROLES, Templar(loader=loader), loader, {**shared, **ENVIRONMENT})
    fitting, problems = judgement.judge(reader, judgement.ROLES)
    assert problems == [], problems
    return fitting


if __name__ == "__main__":
    init_plugin_loader([str(ROOT / ".cache" / "collections")])
    print(json.dumps(settings(), default=str))
