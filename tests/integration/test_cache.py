# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An environment with a cache: made, made again, its token replaced, and taken down; nobody but the secret tells the token."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ..depth import thorough
from .site import Site, running

pytestmark = [thorough, pytest.mark.weight(150)]

SLOT = 29
CACHE = ("-e", "cache_enabled=true")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running(SLOT) as emulator:
        yield Site(emulator)


def token(site: Site) -> str:
    """The token that clients read."""
    return site.client("secretsmanager").get_secret_value(SecretId="bench/seed/cache-token")["SecretString"]


def recap(output: str) -> dict[str, int]:
    [told] = re.findall(r"ok=(\d+) +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", output)[-1:]
    return dict(zip(("ok", "changed", "unreachable", "failed"), map(int, told), strict=True))


class TestInOrder:
    """Each goes on from the one before."""

    told: list[str] = []
    tokens: list[str] = []

    def test_the_environment_gets_a_cache(self, site):
        self.told.append(site.playbook("playbooks/provision.yml", *CACHE, "-v", "--diff", ANSIBLE_STDOUT_CALLBACK="ansible.builtin.default"))
        [group] = site.client("elasticache").describe_replication_groups()["ReplicationGroups"]
        assert (group["ReplicationGroupId"], group["AuthTokenEnabled"], group["TransitEncryptionEnabled"]) == ("bench-seed", True, True)
        self.tokens.append(token(site))
        site.written()

    def test_a_second_run_changes_nothing(self, site):
        output = site.playbook("playbooks/provision.yml", *CACHE, ANSIBLE_STDOUT_CALLBACK="ansible.builtin.default")
        assert recap(output)["changed"] == 0
        assert [call for call in site.written() if call.startswith(("elasticache:", "secretsmanager:"))] == []

    def test_its_token_is_replaced(self, site):
        asked = ("playbooks/rotate.yml", *CACHE, "-e", "what=cache", "-v", "--diff")
        site.playbook(*asked, "--check", ANSIBLE_STDOUT_CALLBACK="ansible.builtin.default")
        assert [call for call in site.written() if call.startswith(("elasticache:", "secretsmanager:"))] == []
        self.told.append(site.playbook(*asked, ANSIBLE_STDOUT_CALLBACK="ansible.builtin.default"))
        assert recap(self.told[-1])["changed"] >= 1
        self.tokens.append(token(site))
        assert len(set(self.tokens)) == 2

    def test_nobody_tells_the_token(self):
        assert not [one for one in self.tokens for output in self.told if one in output]

    def test_it_goes_with_the_environment_and_leaves_a_snapshot(self, site):
        output = site.playbook("playbooks/destroy.yml", *CACHE, "-e", "confirm=seed")
        cache = site.client("elasticache")
        assert cache.describe_replication_groups()["ReplicationGroups"] == cache.describe_cache_subnet_groups()["CacheSubnetGroups"] == []
        [snapshot] = cache.describe_snapshots()["Snapshots"]
        assert snapshot["SnapshotName"] in output
        assert site.client("secretsmanager").list_secrets()["SecretList"] == []

    def test_that_goes_with_the_data(self, site):
        site.playbook("playbooks/destroy.yml", *CACHE, "-e", "confirm=seed", "-e", "destroy_data=true")
        assert site.client("elasticache").describe_snapshots()["Snapshots"] == []
