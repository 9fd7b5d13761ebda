# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Works out on the controller what roles declare, before any of them runs."""

from __future__ import annotations

import typing as t

from ansible_collections.mlinfra.aws.plugins.module_utils.comparison.kinds import INPUTS, roles_to_read

from .role_settings import RoleSettings, Values

# Names that a role takes from `mlinfra_names`, and that its own settings may choose otherwise.
NAMES = {
    "key_alias": "encryption_key_alias",
    "vpc_log_group": "network_flow_log_group",
    "flow_log_role": "network_flow_log_role_name",
    "security_group": "network_security_group_name",
    "datasets_bucket": "storage_datasets_bucket",
    "models_bucket": "storage_models_bucket",
    "operations_bucket": "storage_operations_bucket",
    "logs_bucket": "storage_logs_bucket",
    "trail": "audit_trail_name",
    "trail_role": "audit_role_name",
    "trail_log_group": "audit_log_group",
    "audit_alarms": "audit_alarm_prefix",
    "instance_role": "iam_instance_role_name",
    "instance_profile": "iam_instance_profile_name",
    "file_system": "shared_storage_name",
    "shared_storage_group": "shared_storage_security_group",
    "shared_storage_alarms": "shared_storage_alarm_prefix",
    "cache": "cache_name",
    "cache_subnet_group": "cache_subnet_group",
    "cache_security_group": "cache_security_group_name",
    "cache_secret": "cache_secret_name",
    "cache_log_group": "cache_log_group",
    "cache_alarms": "cache_alarm_prefix",
    "instance": "compute_name",
    "key_pair": "compute_key_name",
    "database": "database_identifier",
    "database_subnet_group": "database_subnet_group",
    "database_parameters": "database_parameter_prefix",
    "database_security_group": "database_security_group",
    "database_alarms": "database_alarm_prefix",
    "dns_zone": "compute_dns_zone",
    "dns_name": "compute_dns_name",
    "scaling_group": "scaling_group_name",
    "launch_template": "scaling_launch_template",
    "member_association": "scaling_association_name",
    "ec2_log_group": "monitoring_log_group",
    "topic": "monitoring_topic_name",
    "dashboard": "monitoring_dashboard_name",
    "log_archive": "monitoring_archive_name",
    "archive_identity": "monitoring_archive_role_name",
    "log_delivery_identity": "monitoring_log_delivery_role_name",
    "budget": "guardrails_budget_name",
    "budget_identity": "guardrails_budget_role_name",
    "schedule_group": "guardrails_schedule_group",
    "scheduler_identity": "guardrails_schedule_role_name",
    "snapshot_identity": "recovery_snapshot_role_name",
    "replication_identity": "recovery_replication_role_name",
    "datasets_replica_bucket": "recovery_datasets_replica",
    "models_replica_bucket": "recovery_models_replica",
    "patch_baseline": "patching_baseline_name",
    "patch_association": "patching_association_name",
    "guardduty_rule": "detection_guardduty_rule",
    "analyzer_rule": "detection_analyzer_rule",
    "hub_rule": "detection_hub_rule",
    "compliance_rule": "detection_compliance_rule",
}
# As role compute names, for the roles after it, an instance that does not stand yet.
NO_INSTANCE = "i-00000000000000000"


class Declarations:
    """What roles declare.

    Args:
        reader: where settings come from.
    """

    def __init__(self, reader: RoleSettings) -> None:
        self._reader = reader
        self._declared: dict[str, list[Values]] = {}
        self._unknown: dict[str, list[str]] = {}

    @property
    def unreadable(self) -> list[str]:
        """The variables that have no value, each with its reason."""
        return [f"{variable}: {reason}" for variable, reason in self._reader.unreadable.items()]

    def request(self, roles: t.Sequence[str]) -> Values:
        """Return what the module needs to know for its calls."""
        absent = [role for role in roles if self._reader.get(f"{role}_state") == "absent"]
        names = dict(self._settled("mlinfra_names") or {})
        for purpose, variable in NAMES.items():
            if variable in self._reader:
                names[purpose] = self._settled(variable)
        if "iam" in absent:
            names.update({f"iam_{at}_parameter": name for at, name in enumerate(self._settled("iam_parameters"))})
        if "database" in roles:
            names.update({f"database_{at}_log_group": name for at, name in enumerate(self._settled("database_log_groups"))})
        markers = {}
        if "storage" in roles:
            buckets, keys = self._settled("storage_bucket_names"), self._settled("storage_markers")
            markers = {buckets[purpose]: keys[purpose] for purpose in buckets}
        return {
            "roles": list(roles),
            "absent": absent,
            "name": self._settled("mlinfra_name"),
            "tags": self._settled("mlinfra_identity_tags"),
            "names": names,
            "markers": markers,
        }

    def prepare(self, roles: t.Sequence[str], absent: t.Collection[str]) -> None:
        """Work out what those roles declare that need no outputs for it, as can be done while these are being read."""
        for role in roles:
            if role not in absent and not INPUTS[role]:
                self._declare(role)

    def declared(
        self, roles: t.Sequence[str], absent: t.Collection[str], outputs: Values
    ) -> tuple[dict[str, list[Values]], dict[str, list[str]]]:
        """Return what the roles declare, and by role why that can't be said.

        Args:
            roles: their names.
            absent: those of which nothing is to stand.
            outputs: the outputs of roles, by role, as what stands gives them.
        """
        self._reader.replace("iam_outputs", outputs.get("iam", {}))
        for variable in ("compute_network", "shared_storage_network", "database_network", "cache_network"):
            self._reader.replace(variable, outputs.get("network", {}))
        self._reader.replace("shared_storage_found", outputs.get("shared_storage", {}))
        self._reader.replace("cache_found", outputs.get("cache", {}))
        self._reader.replace("audit_found", outputs.get("audit", {}))
        self._reader.replace("detection_found", outputs.get("detection", {}))
        self._hand_on_instances(outputs.get("compute", {}))
        for role in roles_to_read(list(roles)):
            if role in absent or role not in roles:
                continue
            if role not in self._declared:
                self._declare(role)
            if role == "compute":
                planned = planned_instances(self._declared[role], outputs["compute"])
                self._hand_on_instances({**outputs["compute"], "instances": planned})
        return {role: self._declared.get(role, []) for role in roles_to_read(list(roles)) if role in roles}, self._unknown

    def _hand_on_instances(self, compute: Values) -> None:
        """Let the roles after compute have its outputs."""
        for variable in ("monitoring_compute", "guardrails_compute"):
            self._reader.replace(variable, compute)

    def _declare(self, role: str) -> None:
        """Work out what a role declares, and note why that can't be said."""
        self._reader.unreadable.clear()
        self._reader.enter(role)
        self._reader.settle(role)
        self._declared[role] = self._reader.get(f"{role}_declared") or []
        if self._reader.unreadable:
            self._unknown[role] = self.unreadable

    def _settled(self, variable: str) -> t.Any:
        """Return a variable, which is templated no more after that."""
        value = self._reader.get(variable)
        if variable not in self._reader.unreadable:
            self._reader.replace(variable, value)
        return value


def planned_instances(declared: t.Iterable[Values], found: Values) -> list[Values]:
    """Return the instances that role compute would hand on: those that it declares, standing or not."""
    standing = {instance["name"]: instance for instance in reversed(found.get("instances", []))}
    return [
        standing.get(entry["name"], {"id": NO_INSTANCE, "name": entry["name"]})
        for entry in declared
        if entry["kind"] == "instance"
    ]
