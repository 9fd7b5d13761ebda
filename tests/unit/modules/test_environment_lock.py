# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module of the lock calls, and what it makes of what S3 answers: botocore checks each request."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.lock.api import Place, standing
from ansible_collections.mlinfra.aws.plugins.module_utils.lock.transform import FREE, HELD, Lock, Run, to_bytes
from ansible_collections.mlinfra.aws.plugins.modules.environment_lock import HeldByOthersError, LostError, Taking
from botocore.response import StreamingBody
from botocore.stub import ANY

ACCOUNT = "123456789012"
WHERE = {"Bucket": "b", "ExpectedBucketOwner": ACCOUNT}
READ = {**WHERE, "Key": "lock.json"}
WRITE = {**READ, "Body": ANY, "ContentType": "application/json"}
OURS = Run("jane", "laptop", "site.yml", 42, "100", "boot-1")
OTHER = Run("joe", "desk", "destroy.yml", 77, "5", "boot-2")
NOBODY = {"etag": "", "state": "none"}
FREED = {"etag": '"1"', "state": FREE}
PRIVATE = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


class Slept:
    """Counts the seconds that nobody slept."""

    seconds = 0.0

    def __call__(self, seconds: float) -> None:
        self.seconds += seconds


def taking(aws: Any, check: bool = False, sleep: Any = None, goes_on: bool = True, **params: Any) -> Taking:
    given = {"seen": None, "timeout": 0, "minutes": 30, "force": False, "tags": {"Project": "p"}, **params}
    return Taking(Place(aws("s3"), "b", ACCOUNT), OURS, given, check, sleep or Slept(), lambda _run: goes_on)


def answer_lock(aws: Any, etag: str, run: Run = OTHER, state: str = HELD, age: float = 0) -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    content = to_bytes(Lock(state, run, "2026-01-01T11:00:00+00:00", 30, etag))
    aws.answer(
        "s3",
        "get_object",
        {
            "ETag": etag,
            "LastModified": now.replace(hour=11),
            "Body": StreamingBody(io.BytesIO(content), len(content)),
            "ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(datetime.fromtimestamp(now.replace(hour=11).timestamp() + age, UTC))}},
        },
        READ,
    )  # fmt: skip


def answer_written(aws: Any, new: str, old: str = "") -> None:
    aws.answer("s3", "put_object", {"ETag": new}, {**WRITE, **({"IfMatch": old} if old else {"IfNoneMatch": "*"})})


def test_what_nobody_held_is_written_at_once(aws):
    """On condition that it still stands as it was seen: one call."""
    answer_written(aws, '"2"', '"1"')
    result = taking(aws, seen=FREED).take()
    assert (result["changed"], result["stale"], result["waited"]) == (True, False, 0.0)
    assert (result["lock"]["etag"], result["lock"]["user"], result["lock"]["state"]) == ('"2"', "jane", HELD)


def test_a_new_environment_gets_a_bucket_that_is_closed_from_the_start(aws):
    aws.refuse("s3", "put_object", "NoSuchBucket")
    aws.answer("s3", "create_bucket", {}, {"Bucket": "b", "ObjectOwnership": "BucketOwnerEnforced"})
    tags = {"TagSet": [{"Key": "Project", "Value": "p"}]}
    aws.answer("s3", "put_bucket_tagging", {}, {**WHERE, "Tagging": tags})
    aws.answer("s3", "put_public_access_block", {}, {**WHERE, "PublicAccessBlockConfiguration": PRIVATE})
    aws.refuse("s3", "get_object", "NoSuchKey")
    answer_written(aws, '"1"')
    assert not taking(aws, seen=NOBODY).take()["stale"]


@pytest.mark.parametrize("code", ["BucketAlreadyOwnedByYou", "OperationAborted"])
def test_a_bucket_that_somebody_else_is_making_is_no_error(aws, code):
    aws.refuse("s3", "put_object", "NoSuchBucket")
    aws.refuse("s3", "create_bucket", code)
    answer_lock(aws, '"1"')
    with pytest.raises(HeldByOthersError):
        taking(aws, seen=NOBODY).take()


def test_a_bucket_of_another_account_is_told(aws):
    aws.refuse("s3", "put_object", "NoSuchBucket")
    aws.refuse("s3", "create_bucket", "BucketAlreadyExists")
    with pytest.raises(AnsibleAWSError, match="The bucket b is another account's: set storage_operations_bucket"):
        taking(aws, seen=NOBODY).take()


def test_a_bucket_that_cant_be_made_is_not_waited_for_for_ever(aws):
    for _try in range(42):
        aws.refuse("s3", "put_object", "NoSuchBucket")
        aws.refuse("s3", "create_bucket", "OperationAborted")
        aws.refuse("s3", "get_object", "NoSuchBucket")
    aws.refuse("s3", "put_object", "NoSuchBucket")
    aws.refuse("s3", "create_bucket", "OperationAborted")
    slept = Slept()
    with pytest.raises(AnsibleAWSError, match="deleted a moment ago"):
        taking(aws, seen=NOBODY, sleep=slept).take()
    assert slept.seconds == 120


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"])
def test_who_was_quicker_is_told(aws, code):
    """With whom, what and when, and what to do; the first look was for nothing."""
    aws.refuse("s3", "put_object", code)
    answer_lock(aws, '"2"')
    with pytest.raises(HeldByOthersError) as refused:
        taking(aws, seen=FREED).take()
    assert refused.value.lock["etag"] == '"2"'
    for part in ("joe@desk", "destroy.yml (process 77)", "2026-01-01 11:00:00 UTC", "Nothing was changed", "11:30", "lock=break"):
        assert part in str(refused.value)


def test_it_is_waited_for_and_says_then_that_everything_may_be_otherwise(aws):
    aws.refuse("s3", "put_object", "PreconditionFailed")
    answer_lock(aws, '"2"')
    answer_lock(aws, '"2"')
    answer_lock(aws, '"3"', state=FREE)
    answer_written(aws, '"4"', '"3"')
    slept = Slept()
    result = taking(aws, seen=FREED, timeout=60, sleep=slept).take()
    assert (result["stale"], result["waited"], slept.seconds) == (True, 6.0, 6.0)


def test_a_run_that_was_killed_while_it_waited_does_not_get_it(aws):
    answer_lock(aws, '"2"')
    with pytest.raises(AnsibleAWSError, match="has ended"):
        taking(aws, timeout=60, goes_on=False).take()


def test_the_wait_ends(aws):
    for _look in range(4):
        answer_lock(aws, '"2"')
    with pytest.raises(HeldByOthersError) as refused:
        taking(aws, timeout=9).take()
    assert refused.value.waited == 9.0


@pytest.mark.parametrize(
    ("run", "age", "force", "why"),
    [
        (OTHER, 1801, False, "it has expired"),
        (replace(OURS, pid=2**22 + 1), 0, False, "the run that held it has ended"),
        (OTHER, 0, True, "it was taken by force"),
    ],
)
def test_it_is_taken_over_on_condition_that_nobody_else_has(aws, run, age, force, why):
    """It is told, and what was seen before counts for nothing."""
    answer_lock(aws, '"1"', run, age=age)
    answer_written(aws, '"2"', '"1"')
    attempt = taking(aws, seen={"etag": '"1"', "state": HELD}, force=force)
    assert attempt.take()["stale"]
    [warning] = attempt.warnings
    assert why in warning
    assert f"{run.user}@{run.host}" in warning


def test_two_that_take_an_expired_lock_over(aws):
    """The slower one does not get it."""
    answer_lock(aws, '"1"', age=1801)
    aws.refuse("s3", "put_object", "PreconditionFailed")
    answer_lock(aws, '"2"', replace(OTHER, user="jim"))
    with pytest.raises(HeldByOthersError, match="jim@desk"):
        taking(aws).take()


def test_our_own_is_not_written_again(aws):
    """Such as one whose answer got lost on the way."""
    aws.refuse("s3", "put_object", "PreconditionFailed")
    answer_lock(aws, '"2"', OURS)
    assert not taking(aws, seen=FREED).take()["changed"]


@pytest.mark.parametrize("method", ["take", "renew", "give_back"])
def test_what_is_not_allowed_is_told(aws, method):
    aws.refuse("s3", "get_object", "AccessDenied", "no s3:GetObject for you")
    with pytest.raises(AnsibleAWSError, match="read the lock of the environment.*AccessDenied.*no s3:GetObject for you"):
        getattr(taking(aws), method)()


def test_a_write_that_is_not_allowed_is_told(aws):
    aws.refuse("s3", "put_object", "AccessDenied")
    with pytest.raises(AnsibleAWSError, match="write the lock of the environment.*AccessDenied"):
        taking(aws, seen=NOBODY).take()


def test_check_mode_writes_nothing_and_waits_for_nobody(aws):
    assert taking(aws, check=True, seen=FREED).take()["changed"]
    answer_lock(aws, '"1"')
    assert taking(aws, check=True, timeout=60).take()["changed"]
    answer_lock(aws, '"1"', OURS, age=601)
    assert taking(aws, check=True).renew()["changed"]
    answer_lock(aws, '"1"', OURS)
    assert taking(aws, check=True).give_back()["changed"]


def test_it_is_renewed_when_a_third_is_over(aws):
    answer_lock(aws, '"1"', OURS, age=599)
    assert not taking(aws).renew()["changed"]
    answer_lock(aws, '"1"', OURS, age=600)
    answer_written(aws, '"2"', '"1"')
    assert taking(aws).renew()["lock"]["etag"] == '"2"'


def test_it_is_not_lost_with_an_answer(aws):
    answer_lock(aws, '"1"', OURS, age=600)
    aws.refuse("s3", "put_object", "PreconditionFailed")
    answer_lock(aws, '"2"', OURS)
    assert taking(aws).renew()["lock"]["etag"] == '"2"'


def test_a_run_that_has_lost_it_stops(aws):
    answer_lock(aws, '"2"')
    with pytest.raises(LostError, match="lost the lock.*joe@desk works on this environment.*Run it again"):
        taking(aws).renew()
    aws.refuse("s3", "get_object", "NoSuchKey")
    with pytest.raises(LostError, match="Somebody else has worked"):
        taking(aws).renew()
    answer_lock(aws, '"1"', OURS, age=600)
    aws.refuse("s3", "put_object", "PreconditionFailed")
    answer_lock(aws, '"2"')
    with pytest.raises(LostError, match="joe@desk"):
        taking(aws).renew()


def test_given_back_it_says_who_had_it(aws):
    answer_lock(aws, '"1"', OURS)
    answer_written(aws, '"2"', '"1"')
    lock = taking(aws).give_back()["lock"]
    assert (lock["state"], lock["user"], lock["expires"]) == (FREE, "jane", "")


def test_only_ours_is_given_back(aws):
    answer_lock(aws, '"1"')
    assert not taking(aws).give_back()["changed"]
    aws.refuse("s3", "get_object", "NoSuchBucket")
    assert not taking(aws).give_back()["changed"]


@pytest.mark.parametrize("code", ["NoSuchBucket", "PreconditionFailed"])
def test_what_is_gone_needs_no_giving_back(aws, code):
    answer_lock(aws, '"1"', OURS)
    aws.refuse("s3", "put_object", code)
    assert taking(aws).give_back()["lock"] == NOBODY


@pytest.mark.parametrize(
    ("header", "age"),
    [
        ("Thu, 01 Jan 2026 12:00:10 GMT", 10),
        ("Thu, 01 Jan 2026 12:00:10 -0000", 10),
        ("Thu, 01 Jan 2026 12:00:10 GMT, Thu, 01 Jan 2026 12:00:10 GMT", 10),
        ("", 0),
        ("noon", 0),
    ],
)
def test_the_age_is_told_by_the_clock_of_s3(header, age):
    """Whatever stands between here and there made of its header."""
    answer = {"ETag": '"1"', "LastModified": datetime(2026, 1, 1, 12, tzinfo=UTC), "Body": io.BytesIO(b"")}
    assert standing({**answer, "ResponseMetadata": {"HTTPHeaders": {"date": header}}}).age == age


def test_no_two_writings_are_alike(aws):
    """Or else they had the same ETag."""
    bodies = set()
    aws("s3").meta.events.register("provide-client-params.s3.PutObject", lambda params, **_more: bodies.add(params["Body"]))
    for _each in range(2):
        answer_written(aws, '"2"', '"1"')
        taking(aws, seen=FREED).take()
    assert len(bodies) == 2
