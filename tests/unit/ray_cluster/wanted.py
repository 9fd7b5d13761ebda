# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Works out what the role ray_cluster wants of a host. A program: look-ups need Ansible's own import of collections.

Reads a JSON list of settings and prints for each what is wrong with them and the values of the variables that it names in `tell`.
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
ROLE = ROOT / "roles" / "ray_cluster"


def wanted(settings: dict[str, Any]) -> dict[str, Any]:
    """What the role makes of these settings."""
    loader = DataLoader()
    files = (ROOT / "group_vars" / "all.yml", ROLE / "defaults" / "main.yml", *sorted((ROLE / "vars" / "main").glob("*.yml")))
    variables: dict[str, Any] = {"mlinfra_project": "p", "mlinfra_environment": "dev", "mlinfra_account_id": "123456789012"}
    for file in files:
        variables = {**loader.load_from_file(str(file), cache="none", trusted_as_template=True), **variables}
    variables |= {"role_path": str(ROLE), **settings}
    templar = Templar(loader=loader, variables=variables)
    told = {name: templar.template(trust_as_template(f"{{{{ {name} }}}}")) for name in ("ray_cluster_problems", *settings.get("tell", ()))}
    for name in settings.get("render", ()):
        path = f"{ROLE}/templates/{name}"
        told[name] = templar.template(trust_as_template(f"{{{{ lookup('ansible.builtin.template', '{path}') }}}}"))
    return told


if __name__ == "__main__":
    init_plugin_loader([str(ROOT / ".cache" / "collections")])
    json.dump([wanted(settings) for settings in json.load(sys.stdin)], sys.stdout, default=str)
