# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rule of AWS Config keeps its tags where it changes, and is found by them. Moto forgets them, and does not tell of them.

Who asks for a rule that there is not is told so. Moto does not while there is none at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.config.exceptions import NoSuchConfigRuleException
from moto.config.models import ConfigBackend, config_backends

from emulator.patching import around
from emulator.tagging import list_also


def _put(
    original: Any, self: ConfigBackend, config_rule: dict[str, Any], tags: list[dict[str, str]] | None = None
) -> str:
    before = self.config_rules.get(config_rule.get("ConfigRuleName"))
    kept = dict(before.tags) if before else None
    answer = original(self, config_rule, tags)
    if before:
        # Config takes tags for a new rule only.
        before.tags = kept
    return answer


def _describe(original: Any, self: ConfigBackend, config_rule_names: list[str] | None, next_token: str | None) -> dict[str, Any]:
    if config_rule_names and not self.config_rules:
        raise NoSuchConfigRuleException(config_rule_names[0])
    return original(self, config_rule_names, next_token)


def _rules(account: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    for rule in config_backends[account][region].config_rules.values():
        yield rule.config_rule_arn, rule.tags


def apply() -> None:
    """Keep them, have rules found by tags, and say that there is none."""
    around(ConfigBackend, "put_config_rule", _put)
    around(ConfigBackend, "describe_config_rules", _describe)
    list_also("config:config-rule", _rules)
