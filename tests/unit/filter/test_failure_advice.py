# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter failure_advice, which says what to do next, by what was said of a failure."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.filter.failure_advice import FilterModule

failure_advice = FilterModule().filters()["failure_advice"]
GOES_ON = (
    ". What was done until then stays, and nothing is done twice: run the same command again, and it goes on from there."
)


def called(code: str) -> str:
    return f"Failed to make it: An error occurred ({code}) when calling the CreateVpc operation: Request has expired."


@pytest.mark.parametrize(
    ("said", "advised"),
    [
        (called("RequestExpired"), "AWS credentials: RequestExpired means that they have expired; log in again, or renew the keys"),
        (called("ExpiredToken"), "AWS credentials: ExpiredToken means that they have expired; log in again, or renew the keys"),
        (called("ExpiredTokenException"), "AWS credentials: ExpiredTokenException means that they have expired"),
        (
            "Error when retrieving token from sso: Token has expired and refresh failed",
            "AWS credentials: UnauthorizedSSOTokenError means that they have expired",
        ),
        (called("AuthFailure"), "AWS credentials: AuthFailure means that AWS does not accept them; check the keys"),
        ("Unable to locate credentials", "AWS credentials: Unable to locate credentials; set AWS_PROFILE"),
        (
            'Could not connect to the endpoint URL: "https://ec2.us-east-1.amazonaws.com/"',
            "AWS endpoint: https://ec2.us-east-1.amazonaws.com/ can't be reached; check mlinfra_region, the network",
        ),
        (
            'Connect timeout on endpoint URL: "https://127.0.0.1:4500/"',
            "AWS endpoint: https://127.0.0.1:4500/ can't be reached; start the emulator of the rehearsal: make local",
        ),
        (called("UnauthorizedOperation"), "AWS permissions: this user may not call CreateVpc; allow it"),
        (
            f"{called('UnauthorizedOperation')} User: arn:aws:sts::123456789012:assumed-role/dev/jane is not authorized",
            "AWS permissions: arn:aws:sts::123456789012:assumed-role/dev/jane may not call CreateVpc; allow it",
        ),
        (
            "An error occurred (AccessDenied) when calling the PutBucketEncryption operation: User: arn:aws:iam::123456789012:user/jane "
            "is not authorized to perform: s3:PutEncryptionConfiguration on resource: arn:aws:s3:::b because no policy allows it",
            "AWS permissions: arn:aws:iam::123456789012:user/jane may not call s3:PutEncryptionConfiguration on arn:aws:s3:::b; "
            "allow it in a policy of yours: docs/permissions.md has the least one for each role and playbook",
        ),
        (called("ThrottlingException"), "AWS: ThrottlingException means that AWS gets too many calls of this account"),
        (called("RequestLimitExceeded"), "AWS: RequestLimitExceeded means that AWS gets too many calls of this account"),
        (called("InsufficientInstanceCapacity"), "AWS: InsufficientInstanceCapacity means that AWS has no such machine"),
        (
            "Waited too long for new instances to become viable. Sun Nov 29 12:00:00 2026",
            "AWS: Waited too long for new instances to become viable means that a group's members do not come, or are not healthy",
        ),
        (called("AddressLimitExceeded"), "AWS: AddressLimitExceeded means that the account has as many as its quota"),
        ("cp: error writing 'x': No space left on device", "Disk: No space left on device; free space there, or raise"),
        ("At least 12MB more space needed on the / filesystem.", "Disk: more space needed on the / filesystem; free"),
        (called("InvalidParameterValue"), "What went wrong is said above"),
        ("", "What went wrong is said above"),
    ],
)
def test_the_cause_is_named_with_what_to_do(said, advised):
    text = failure_advice({"msg": said, "failed": True})
    assert text.startswith(advised)
    assert text.endswith(GOES_ON)


def test_what_a_host_says_is_not_said_of_the_operator():
    assert failure_advice({"msg": "Unable to locate credentials"}, on_host=True).startswith("What went wrong is said above")
    assert failure_advice({"msg": "No space left on device"}, on_host=True).startswith("Disk: No space left on device")


def test_loops_and_programs_are_read_too():
    """And not what the task was given."""
    assert "have expired" in failure_advice({"results": [{"ok": True}, {"msg": called("ExpiredToken")}]})
    assert "have expired" in failure_advice({"module_stderr": called("ExpiredToken"), "rc": 1})
    assert "said above" in failure_advice({"msg": "no", "invocation": {"module_args": {"name": "ExpiredToken"}}})
