# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may take on a role, or use a topic, on whose behalf: no service is talked into it by somebody else's account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .conftest import ACCOUNT, BOUNDARY, Made

# EC2 hands a role to instances of its own account alone, and knows no condition on whose they are.
NO_DEPUTY = {"ec2.amazonaws.com"}


def statements_for_services(made: Made) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each statement that lets a service in: what it is of, the service, the statement."""
    for name, policy in {**made.trusts, **made.resource_policies}.items():
        for statement in policy["Statement"]:
            principal = statement["Principal"]
            if statement["Effect"] == "Allow" and isinstance(principal, dict) and "Service" in principal:
                yield name, principal["Service"], statement


def test_services_act_for_this_account_and_its_resources_only(made: Made) -> None:
    seen = set()
    for name, service, statement in statements_for_services(made):
        seen.add(service)
        if service not in NO_DEPUTY:
            condition = statement["Condition"]
            sources = {**condition.get("ArnLike", {}), **condition["StringEquals"]}
            # The ARN of a bucket names no account.
            account = sources.get("aws:SourceAccount")
            assert account in (None, ACCOUNT), name
            assert account or f":{ACCOUNT}:" in sources["aws:SourceArn"], name
            assert len(sources["aws:SourceArn"].split(":")) >= 6, name
    assert seen == NO_DEPUTY | {
        "budgets.amazonaws.com",
        "cloudtrail.amazonaws.com",
        "cloudwatch.amazonaws.com",
        "logging.s3.amazonaws.com",
        "scheduler.amazonaws.com",
        "vpc-flow-logs.amazonaws.com",
    }


def test_nobody_else_is_let_in(made: Made) -> None:
    for name, policy in {**made.trusts, **made.resource_policies}.items():
        others = [one for one in policy["Statement"] if one["Effect"] == "Allow" and "Service" not in one["Principal"]]
        assert others == [], name


def test_the_boundary_bounds_every_role(made: Made) -> None:
    bounds = {name: role["PermissionsBoundary"] for name, role in made.of_kind("iam_role").items()}
    assert len(bounds) == 5
    assert set(bounds.values()) == {BOUNDARY}
