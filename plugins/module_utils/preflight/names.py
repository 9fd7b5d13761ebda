# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What names may look like. The limits are those of the AWS service models and of S3's naming rules."""

from __future__ import annotations

import re
import typing as t

from .problems import problem

SHORTEN = "shorten mlinfra_project or mlinfra_environment, or set this name"


class NameRule(t.NamedTuple):
    """How long a name may be, in characters, and what it is made of."""

    what: str
    longest: int
    pattern: str
    allowed: str
    shortest: int = 1


RULES: dict[str, NameRule] = {
    "bucket": NameRule(
        "an S3 bucket's name",
        63,
        r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?",
        "lower-case letters, digits and hyphens, with a letter or a digit at both ends",
        shortest=3,
    ),
    "patching": NameRule("a name in Systems Manager", 128, r"[A-Za-z0-9_.-]+", "letters, digits and _.-", shortest=3),
    "role": NameRule("an IAM role's name", 64, r"[A-Za-z0-9_+=,.@-]+", "letters, digits and _+=,.@-"),
    "profile": NameRule("an instance profile's name", 128, r"[A-Za-z0-9_+=,.@-]+", "letters, digits and _+=,.@-"),
    "log_group": NameRule("a log group's name", 512, r"[A-Za-z0-9_./#-]+", "letters, digits and _./#-"),
    "alarm": NameRule("an alarm's name", 255, r"[A-Za-z0-9 _.:/@+=-]+", "letters, digits, spaces and _.:/@+=-"),
    "dashboard": NameRule("a dashboard's name", 255, r"[A-Za-z0-9_-]+", "letters, digits, _ and -"),
    "topic": NameRule("an SNS topic's name", 256, r"[A-Za-z0-9_-]+", "letters, digits, _ and -"),
    "key_pair": NameRule("a key pair's name", 255, r"[A-Za-z0-9_.:/@+=-]+", "letters, digits and _.:/@+=-"),
    "security_group": NameRule(
        "a security group's name",
        255,
        r"(?!sg-)(?!default$)[A-Za-z0-9 _.:/@+=-]+",
        "letters, digits, spaces and _.:/@+=-, neither sg- at its start nor the name default",
    ),
    "namespace": NameRule(
        "a namespace of metrics",
        255,
        r"(?!AWS/)[A-Za-z0-9_.#/-]+",
        "letters, digits and _.#/-, and not AWS/ at its start",
    ),
    "parameter": NameRule(
        "a parameter's name",
        1011,
        r"/(?!(?i:aws|ssm))[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*",
        "a path of letters, digits and _.-, a slash before each part, and neither aws nor ssm at its start",
    ),
    "resource": NameRule("a name tag", 128, r"[A-Za-z0-9 _.:/@+=-]+", "letters, digits, spaces and _.:/@+=-"),
    "region": NameRule(
        "a region's name",
        32,
        r"[a-z]{2,}(-[a-z]+)+-\d+",
        "a region such as us-east-1 or eu-central-1",
    ),
    "key_alias": NameRule(
        "an alias of a KMS key",
        256,
        r"alias/(?!aws/)[A-Za-z0-9/_-]+",
        "alias/ and then letters, digits and /_-, and not aws/ at its start",
    ),
    "budget": NameRule("a budget's name", 100, r"[A-Za-z0-9 _.@+=-]+", "letters, digits, spaces and _.@+=-"),
    "schedule_group": NameRule("a schedule group's name", 64, r"[0-9a-zA-Z_.-]+", "letters, digits and _.-"),
    "trail": NameRule(
        "a trail's name",
        128,
        r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*",
        "letters and digits, with single ., _ or - between them",
        shortest=3,
    ),
    "scaling_group": NameRule("a group's name", 255, r"[A-Za-z0-9_.+=@-]+", "letters, digits and _.+=@-"),
    "launch_template": NameRule(
        "a launch template's name", 128, r"[A-Za-z0-9()./_-]+", "letters, digits and ()./_-", shortest=3
    ),
    "balancing": NameRule(
        "a name of a load balancer or a target group",
        32,
        r"(?!internal-)[A-Za-z0-9]+(-[A-Za-z0-9]+)*",
        "letters and digits, with single hyphens between them, and not internal- at its start",
    ),
    "analyzer": NameRule(
        "an analyzer's name", 255, r"[A-Za-z][A-Za-z0-9_.-]*", "a letter first, then letters, digits and _.-"
    ),
    "event_rule": NameRule("a rule's name", 64, r"[A-Za-z0-9_.-]+", "letters, digits and _.-"),
    "file_system": NameRule("a file system's name", 64, r"[A-Za-z0-9 _.:/@+=-]+", "letters, digits, spaces and _.:/@+=-"),
    "replication_group": NameRule(
        "a replication group's id",
        40,
        r"[a-z](-?[a-z0-9])*",
        "lower-case letters, digits and single hyphens, a letter first and no hyphen at the end",
    ),
    "cache_subnet_group": NameRule("a subnet group's name", 255, r"[a-z][a-z0-9-]*", "a letter first, then lower-case letters, digits and hyphens"),
    # Secrets Manager ends ARNs with a hyphen and six characters: a name that ends so could be taken for one.
    "secret": NameRule(
        "a secret's name",
        512,
        r"(?!.*-[A-Za-z0-9]{6}$)[A-Za-z0-9/_+=.@-]+",
        "letters, digits and /_+=.@-, and no hyphen before the last six characters",
    ),
    "stream": NameRule("a stream's name", 64, r"[A-Za-z0-9_.-]+", "letters, digits and _.-"),
    "database": NameRule(
        "a database's identifier", 63, r"[a-z](-?[a-z0-9])*", "a lower-case letter first, then such letters, digits and single hyphens"
    ),
    "database_group": NameRule(
        "a name of RDS", 200, r"[a-z](-?[a-z0-9])*", "a lower-case letter first, then such letters, digits and single hyphens"
    ),
    "postgres_name": NameRule(
        "a name in PostgreSQL", 63, r"[A-Za-z_][A-Za-z0-9_]*", "a letter or _ first, then letters, digits and _"
    ),
    "login": NameRule("a login's name", 32, r"[a-z_][a-z0-9_-]*", "lower-case letters, digits, _ and -"),
}

BUCKET_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
BUCKET_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def name_problems(variable: str, value: t.Any, kind: str) -> list[str]:
    """Return what is wrong with one name.

    Args:
        variable: the setting that holds it.
        value: the name.
        kind: a key of RULES.
    """
    rule = RULES[kind]
    if not isinstance(value, str) or not value:
        return [problem(variable, value, f"is not {rule.what}", f"set {rule.allowed}")]
    found = []
    if len(value) > rule.longest:
        fault = f"has {len(value)} characters, and {rule.what} has at most {rule.longest}"
        found.append(problem(variable, value, fault, SHORTEN))
    if len(value) < rule.shortest:
        fault = f"has {len(value)} characters, and {rule.what} has at least {rule.shortest}"
        found.append(problem(variable, value, fault, "choose a longer one"))
    if not re.fullmatch(rule.pattern, value):
        found.append(problem(variable, value, f"is not {rule.what}", f"use {rule.allowed}"))
    elif kind == "bucket":
        found.extend(_bucket_problems(variable, value))
    return found


def _bucket_problems(variable: str, value: str) -> list[str]:
    """Return what S3 refuses in a bucket's name beyond its characters."""
    found = []
    if "." in value:
        # S3 allows dots, but its certificate does not cover such names, and the buckets take TLS only.
        found.append(problem(variable, value, "has a dot, which TLS to S3 does not allow", "use hyphens"))
    for start in BUCKET_RESERVED_STARTS:
        if value.startswith(start):
            found.append(problem(variable, value, f"starts with {start}, which S3 keeps to itself", "choose another"))
    for end in BUCKET_RESERVED_ENDS:
        if value.endswith(end):
            found.append(problem(variable, value, f"ends with {end}, which S3 keeps to itself", "choose another"))
    return found


def names_problems(settings: t.Mapping[str, t.Any], kinds: t.Mapping[str, str]) -> list[str]:
    """Return what is wrong with the names among the settings.

    Args:
        settings: all settings. One that isn't there was reported already.
        kinds: setting's name to a key of RULES.
    """
    found = []
    for variable, kind in kinds.items():
        if variable in settings:
            found.extend(name_problems(variable, settings[variable], kind))
    return found
