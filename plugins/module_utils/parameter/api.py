# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parameter Store's calls on secrets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

# As many as one call takes.
AT_ONCE = 10


def _batches(names: Sequence[str]) -> list[list[str]]:
    """The names in lists that a call takes."""
    return [list(names[start : start + AT_ONCE]) for start in range(0, len(names), AT_ONCE)]


@AWSErrorHandler.common_error_handler("read the parameters")
def secrets(client: Any, names: Sequence[str]) -> dict[str, str]:
    """The values of those of the parameters that stand, by name."""
    answers = [client.get_parameters(Names=batch, WithDecryption=True) for batch in _batches(names)]
    return {entry["Name"]: entry["Value"] for answer in answers for entry in answer["Parameters"]}


@AWSErrorHandler.common_error_handler("store the parameter")
def create_secret(client: Any, name: str, value: str, tags: list[dict[str, str]], key: str = "") -> bool:
    """Stores a secret; tells False, and changes nothing, where the parameter stands already.

    Args:
        client: the client of Systems Manager.
        name: the parameter's name.
        value: the secret.
        tags: the parameter's tags.
        key: the KMS key that encrypts it, by its id, ARN or alias; empty for AWS's own.
    """
    encrypted = {"KeyId": key} if key else {}
    try:
        client.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=False, Tags=tags, **encrypted)
    except is_boto3_error_code("ParameterAlreadyExists"):
        return False
    return True


@AWSErrorHandler.common_error_handler("replace the parameter")
def replace_secret(client: Any, name: str, value: str, key: str = "") -> None:
    """Stores another value in a parameter that stands. Its tags stay.

    Args:
        client: the client of Systems Manager.
        name: the parameter's name.
        value: the secret.
        key: the KMS key that encrypts it, by its id, ARN or alias; empty for AWS's own.
    """
    client.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True, **({"KeyId": key} if key else {}))


@AWSErrorHandler.common_error_handler("delete the parameters")
def delete(client: Any, names: Sequence[str]) -> None:
    """Deletes parameters; those that are gone already are no error."""
    for batch in _batches(names):
        client.delete_parameters(Names=batch)
