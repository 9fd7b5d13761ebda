# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""RDS's calls on one database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags
from ansible_collections.mlinfra.aws.plugins.module_utils.discovery.identity import tags_of

from .transform import STOPPED, creation, described, modification, refusals, tag_list

Entry = Mapping[str, Any]
# Seconds between two looks at a database that becomes something else.
_DELAY = 15


class Database:
    """The database; see `owned.Owned`.

    Args:
        client: the client of the service rds.
        name: its identifier.
        present: whether it is to stand.
        check: whether nothing may be changed.
        timeout: seconds to wait for what a further call needs.
        major_upgrade: whether another major version is allowed.
        unprotect: whether its protection against deletion may be lifted to delete it.
        final_snapshot: the snapshot that is taken of it before it is deleted; empty for none.
    """

    kind = "db_instance"

    def __init__(
        self,
        client: Any,
        name: str,
        present: bool = True,
        check: bool = False,
        timeout: int = 3600,
        major_upgrade: bool = False,
        unprotect: bool = False,
        final_snapshot: str = "",
    ) -> None:
        self._client = client
        self._name = {"DBInstanceIdentifier": name}
        self._present = present
        self._check = check
        self._timeout = timeout
        self._major_upgrade = major_upgrade
        self._unprotect = unprotect
        self._final_snapshot = final_snapshot

    @AWSErrorHandler.common_error_handler("read the database")
    def read(self) -> dict[str, Any] | None:
        """See Owned. One that is on its way out is gone where it is to be made anew."""
        found = self._described()
        if found is None or not self._present or found["DBInstanceStatus"] != "deleting":
            return found
        if not self._check:
            self._wait("db_instance_deleted")
        return None

    def _described(self) -> dict[str, Any] | None:
        try:
            return described(self._client.describe_db_instances(**self._name)["DBInstances"][0])
        except is_boto3_error_code("DBInstanceNotFound"):
            return None

    @AWSErrorHandler.common_error_handler("create the database")
    def create(self, wanted: Entry) -> None:
        """See Owned. It can be used some ten minutes later, which nothing here waits for."""
        self._client.create_db_instance(**creation(wanted))

    @AWSErrorHandler.common_error_handler("change the database")
    def update(self, standing: Entry, wanted: Entry, changed: set[str]) -> None:
        """See Owned."""
        refused = refusals(standing, wanted, changed, self._major_upgrade)
        if refused:
            raise AnsibleAWSError(message=f"database {self._name['DBInstanceIdentifier']}: {'; '.join(refused)}")
        request = modification(standing, wanted, changed)
        if request:
            if standing["DBInstanceStatus"] != "available":
                self._wait("db_instance_available")
            self._client.modify_db_instance(**self._name, **request, ApplyImmediately=True)
        if "Tags" in changed:
            to_set, to_unset = compare_aws_tags(tags_of(standing), wanted["Tags"])
            if to_unset:
                self._client.remove_tags_from_resource(ResourceName=standing["DBInstanceArn"], TagKeys=to_unset)
            if to_set:
                self._client.add_tags_to_resource(ResourceName=standing["DBInstanceArn"], Tags=tag_list(to_set))

    @AWSErrorHandler.common_error_handler("delete the database")
    def delete(self, standing: Entry) -> None:
        """See Owned. Its network interfaces are gone with it, hence the wait."""
        if standing["DBInstanceStatus"] != "deleting":
            if standing.get("DeletionProtection"):
                self._lift_protection(standing)
            last = {"FinalDBSnapshotIdentifier": self._final_snapshot} if self._final_snapshot else {}
            self._client.delete_db_instance(
                **self._name, SkipFinalSnapshot=not last, DeleteAutomatedBackups=True, **last
            )
        self._wait("db_instance_deleted")

    def _lift_protection(self, standing: Entry) -> None:
        """One that stands stopped can't be changed: it is started for that."""
        if not self._unprotect:
            raise AnsibleAWSError(message=f"database {self._name['DBInstanceIdentifier']} is protected against deletion")
        if standing["DBInstanceStatus"] == "stopping":
            raise AnsibleAWSError(message=f"database {self._name['DBInstanceIdentifier']} is being stopped: try again once it is")
        if standing["DBInstanceStatus"] in STOPPED:
            self._client.start_db_instance(**self._name)
        if standing["DBInstanceStatus"] != "available":
            self._wait("db_instance_available")
        self._client.modify_db_instance(**self._name, DeletionProtection=False, ApplyImmediately=True)

    def _wait(self, waiter: str) -> None:
        config = {"Delay": _DELAY, "MaxAttempts": max(1, self._timeout // _DELAY)}
        self._client.get_waiter(waiter).wait(**self._name, WaiterConfig=config)
