# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Works out what the roles declare, as the action does it. A program: look-ups need Ansible's own import of collections.

Reads a JSON list of settings, and prints for each what is declared where nothing stands.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {"mlinfra_project": "p", "mlinfra_environment": "dev"}
FACTS = {
    "mlinfra_account_id": "123456789012",
    "mlinfra_partition": "aws",
    "mlinfra_availability_zones": ["us-east-1a", "us-east-1b"],
}


def declare(settings: dict[str, Any]) -> dict[str, Any]:
    """What the roles declare with these settings: `declared`, `unknown`, and what the module is asked for: `request`."""
    from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.kinds import INPUTS
    from ansible_collections.mlinfra.aws.plugins.module_utils.discovery import outputs
    from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import Identity
    from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.kinds import GATHER
    from ansible_collections.mlinfra.aws.plugins.plugin_utils.declarations import Declarations
    from ansible_collections.mlinfra.aws.plugins.plugin_utils.role_settings import RoleSettings

    loader, roles = DataLoader(), list(INPUTS)
    shared = loader.load_from_file(str(ROOT / "group_vars" / "all.yml"), cache="none", trusted_as_template=True)
    given = {name: trust_as_template(value) if isinstance(value, str) else value for name, value in settings.items()}
    variables = {**shared, **ENVIRONMENT, "ansible_facts": FACTS, **given}
    made = Declarations(RoleSettings(roles, Templar(loader=loader), loader, variables))
    request = made.request(roles)
    identity = Identity(request["name"], request["tags"], request["names"])
    empty: dict[str, list] = {kind: [] for role in roles for kind in GATHER[role]}
    nothing = {role: outputs.of_role(role, empty, identity, "aws") for role in roles}
    declared, unknown = made.declared(roles, request["absent"], nothing)
    return {"declared": declared, "unknown": unknown, "request": request}


if __name__ == "__main__":
    init_plugin_loader([str(ROOT / ".cache" / "collections")])
    json.dump([declare(settings) for settings in json.load(sys.stdin)], sys.stdout, default=str)
