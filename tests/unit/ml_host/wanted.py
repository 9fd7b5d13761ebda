# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Works out what the role ml_host wants of a host. A program: look-ups need Ansible's own import of collections.

Reads a JSON list of settings, what the probe found among them as ml_host_found, and prints for each the lock, what is
wrong with the host, the CloudWatch agent's configuration, what works on the host by what it told as ml_host_asked, the templates
that it names in `render`, and the values of the variables that it names in `tell`.
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
ROLE = ROOT / "roles" / "ml_host"
ENVIRONMENT = {"mlinfra_project": "p", "mlinfra_environment": "dev", "mlinfra_account_id": "123456789012"}


def wanted(settings: dict[str, Any]) -> dict[str, Any]:
    """What the role makes of these settings."""
    loader = DataLoader()
    files = (ROOT / "group_vars" / "all.yml", ROLE / "defaults" / "main.yml", *sorted((ROLE / "vars" / "main").glob("*.yml")))
    variables: dict[str, Any] = {}
    for file in files:
        variables.update(loader.load_from_file(str(file), cache="none", trusted_as_template=True))
    templar = Templar(loader=loader, variables={**variables, **ENVIRONMENT, **settings})
    agent = (ROLE / "templates" / "amazon-cloudwatch-agent.json.j2").read_text(encoding="utf-8")
    return {
        "lock": templar.template(trust_as_template("{{ ml_host_lock }}")),
        "problems": templar.template(trust_as_template("{{ ml_host_problems }}")),
        "working": templar.template(trust_as_template("{{ ml_host_working }}")) if "ml_host_asked" in settings else [],
        "agent": templar.template(trust_as_template(agent)),
        "rendered": {name: rendered(templar, name, settings) for name in settings.get("render", ())},
        "told": {name: templar.template(trust_as_template(f"{{{{ {name} }}}}")) for name in settings.get("tell", ())},
    }


def rendered(templar: Templar, name: str, settings: dict[str, Any]) -> str:
    """A template of the role, for the JupyterLab that all share or the one of the first person, and the first mount."""
    workbench = "ml_host_workbenches[-1]" if settings.get("ml_host_people") else "ml_host_shared_workbench"
    mount = ", 'ml_host_mount': ml_host_shared_units[0]" if "ml_host_shared_asked" in settings else ""
    variables = f"template_vars={{'ml_host_workbench': {workbench}{mount}}}"
    path = ROLE / "templates" / name
    return templar.template(trust_as_template(f"{{{{ lookup('ansible.builtin.template', '{path}', {variables}) }}}}"))


if __name__ == "__main__":
    init_plugin_loader([str(ROOT / ".cache" / "collections")])
    json.dump([wanted(settings) for settings in json.load(sys.stdin)], sys.stdout, default=str)
