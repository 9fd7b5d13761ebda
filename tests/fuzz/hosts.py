# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role ml_host says and writes with some settings. A program: look-ups need Ansible's own import of collections.

Reads a JSON list of settings and prints for each the problems and, where they fit, the files that hold environment variables.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template

ROOT = Path(__file__).parents[2]
ROLE = ROOT / "roles" / "ml_host"
TEMPLATES = ("profile.sh.j2", "environment.j2")
ENVIRONMENT = {
    "inventory_hostname": "host",
    "role_path": str(ROLE),
    "ansible_search_path": [str(ROLE)],
    "mlinfra_project": "p",
    "mlinfra_environment": "dev",
    "mlinfra_account_id": "123456789012",
}


def told(files: dict[str, Any], loader: DataLoader, settings: dict[str, Any]) -> dict[str, Any]:
    """What the role makes of these settings, which are no templates."""
    templar = Templar(loader=loader, variables={**files, **ENVIRONMENT, **settings})
    result = {"problems": templar.template(trust_as_template("{{ ml_host_problems }}"))}
    for name in TEMPLATES if "V0" in settings.get("ml_host_environment", {}) else ():
        result[name] = templar.template(trust_as_template(f"{{{{ lookup('ansible.builtin.template', '{name}') }}}}"))
    return result


def main() -> None:
    """Run the program."""
    init_plugin_loader([str(ROOT / ".cache" / "collections")])
    loader = DataLoader()
    files: dict[str, Any] = {}
    for path in (ROOT / "group_vars" / "all.yml", ROLE / "defaults" / "main.yml", *sorted((ROLE / "vars" / "main").glob("*.yml"))):
        files.update(loader.load_from_file(str(path), cache="none", trusted_as_template=True))
    json.dump([told(files, loader, settings) for settings in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
