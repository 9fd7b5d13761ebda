# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2's calls on what an account has EBS do by default in a region."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

# AWS's own key, which is the default where nobody chose another.
AWS_KEY = "alias/aws/ebs"
UNBLOCKED = "unblocked"
# By the attribute: the operation that reads it, and the member of the answer.
READS = {
    "EbsEncryptionByDefault": ("get_ebs_encryption_by_default", "EbsEncryptionByDefault"),
    "KmsKeyId": ("get_ebs_default_kms_key_id", "KmsKeyId"),
    "SnapshotBlockPublicAccess": ("get_snapshot_block_public_access_state", "State"),
}


def key_form(key: str) -> str:
    """A key in the form that it is compared in: AWS's own by its alias, whether it comes with an ARN or without."""
    return AWS_KEY if key.endswith(AWS_KEY) else key


@AWSErrorHandler.common_error_handler("read what EBS does by default")
def read(client: Any, attributes: Iterable[str]) -> dict[str, Any]:
    """These attributes as they stand, by their names."""
    return {name: getattr(client, READS[name][0])()[READS[name][1]] for name in attributes}


@AWSErrorHandler.common_error_handler("change what EBS does by default")
def write(client: Any, attribute: str, value: Any) -> None:
    """Writes one attribute.

    Args:
        client: the client of EC2.
        attribute: its name.
        value: what it shall be. AWS's own key is gone back to, and an unblocked access no more blocked.
    """
    if attribute == "EbsEncryptionByDefault":
        switch = client.enable_ebs_encryption_by_default if value else client.disable_ebs_encryption_by_default
        switch()
    elif attribute == "KmsKeyId" and value == AWS_KEY:
        client.reset_ebs_default_kms_key_id()
    elif attribute == "KmsKeyId":
        client.modify_ebs_default_kms_key_id(KmsKeyId=value)
    elif value == UNBLOCKED:
        client.disable_snapshot_block_public_access()
    else:
        client.enable_snapshot_block_public_access(State=value)
