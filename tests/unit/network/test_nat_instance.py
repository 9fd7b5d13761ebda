# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a NAT instance runs at its first start is a sound script, and forwards for the private subnets alone."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from jinja2 import Environment, StrictUndefined

ROOT = Path(__file__).parents[3]
SETTINGS = {"network_cidr": "10.0.0.0/16", "network_private_subnets": ["10.0.11.0/24", "10.0.12.0/24"]}


@pytest.fixture(scope="module")
def script() -> str:
    """The script as an instance gets it."""
    template = (ROOT / "roles/network/templates/nat_instance.sh.j2").read_text(encoding="utf-8")
    return Environment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(template).render(SETTINGS)


def test_it_is_a_sound_script(script: str) -> None:
    done = subprocess.run(["shellcheck", "-"], input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_fits_into_user_data(script: str) -> None:
    """EC2 takes 16 KB."""
    assert len(script.encode()) < 16 * 1024


def test_it_forwards_for_the_private_subnets_alone(script: str) -> None:
    """Both chains name them, and what is not named is dropped."""
    [forward, translate] = re.findall(r"chain \w+ \{(.*?)\n  \}", script, re.DOTALL)
    private = "ip saddr { 10.0.11.0/24, 10.0.12.0/24 }"
    assert "policy drop" in forward
    assert f"{private} accept" in forward
    assert f"{private} ip daddr != 10.0.0.0/16 masquerade" in translate


def test_it_stays_so_after_a_restart(script: str) -> None:
    """The kernel's setting has a file, and the rules a unit that is enabled."""
    assert "/etc/sysctl.d/90-nat.conf" in script
    assert "systemctl enable nat.service" in script


def test_it_holds_no_secret(script: str) -> None:
    """User data can be read by whoever may describe the instance."""
    assert not re.search(r"password|secret|token|AKIA", script, re.IGNORECASE)
