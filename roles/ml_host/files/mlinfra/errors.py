# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes wrong, as a sentence and what to do next. Each kind has its own exit status, for playbooks and scripts."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


class Problem(Exception):
    """A failure that a person can act upon.

    Args:
        text: what is wrong, in one sentence.
        advice: what to do next.
    """

    status = 1

    def __init__(self, text: str, advice: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.advice = advice


class Usage(Problem):
    """Asked for in a way that can't be done; nothing was tried."""

    status = 2


class Missing(Problem):
    """What was named does not exist."""

    status = 3


class Conflict(Problem):
    """Somebody else was there first; nothing was changed."""

    status = 4


class Invalid(Problem):
    """Data or a model is not what it has to be: a checksum, a validation, a health check."""

    status = 5


def told(error: Exception) -> Problem | None:
    """An error of a library as a problem; None where it is a fault of this program."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" of {error.filename}" if error.filename else ""
        return Problem(f"The disk{where} is full.", "Free some space and run the same command again: it goes on from there.")
    if isinstance(error, OSError) and error.filename:
        return Problem(f"{error.filename}: {error.strerror}.")
    if isinstance(error, NoCredentialsError):
        return Problem("No AWS credentials were found.", "On a host they come from its instance role; elsewhere from aws configure.")
    if isinstance(error, ClientError):
        return _refused(error)
    if isinstance(error, BotoCoreError):
        return Problem(f"AWS could not be asked: {error}.", "Run the same command again: it goes on from there.")
    return None


def _refused(error: ClientError) -> Problem:
    code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    call = error.operation_name
    if code in ("AccessDenied", "AccessDeniedException", "403"):
        return Problem(f"{call} is not allowed: {text}", "Have the right to it added to the instance role (role iam), or to yours.")
    if code in ("ExpiredToken", "ExpiredTokenException", "RequestExpired"):
        return Problem("The AWS credentials have expired.", "Renew them and run the same command again: it goes on from there.")
    if code == "NoSuchBucket":
        bucket = error.response["Error"].get("BucketName", "")
        return Missing(f"The bucket {bucket} does not exist.", "Make it: ansible-playbook playbooks/provision.yml")
    if code in ("NoSuchKey", "NoSuchVersion"):
        key = error.response["Error"].get("Key", "")
        return Missing(f"{key or 'What was asked for'} is not in the bucket.", "See what is there: mlinfra data list, mlinfra model list")
    if code == "InvalidObjectState":
        return Problem("It lies in the archive (Glacier).", "Have it restored: aws s3api restore-object --help")
    return Problem(f"{call} failed: {code}: {text}", "Run the same command again: it goes on from there.")
