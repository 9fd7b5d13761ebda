# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the least policies of whoever runs roles and playbooks, of what `make permissions` saw their calls need.

    python tools/permissions.py --project mlinfra --environment dev --account 123456789012 --region us-east-1 \\
        [--mfa] [--boundary ARN] [network-present provision-run …]

prints the policies with an account's own values, for the runs that are named, or for all of them.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / ".cache" / "collections"))

from ansible_collections.mlinfra.aws.plugins.module_utils.roles import ROLES

FOLDER = ROOT / "docs" / "permissions"
OBSERVED = FOLDER / "observed.json"
# The environment of the benchmarks, which the calls were seen on.
SEEN = {"project": "bench", "environment": "seed", "account": "123456789012"}
# What IAM takes in one managed policy. Characters, without white space.
MOST = 6144
# Services without regions, and one whose prices are asked for in us-east-1.
EVERYWHERE = {"budgets", "ce", "iam", "pricing", "s3", "sts"}
# The only managed policy that a role gets.
ATTACHED = "arn:<partition>:iam::aws:policy/AmazonSSMManagedInstanceCore"
# Whoever may do this to a role without a boundary may give it, and thereby get, any permission at all.
BOUND = {"iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"}
UNBINDING = "iam:DeleteRolePermissionsBoundary"
DESTRUCTIVE = re.compile(r"\w+:(?:Delete|Deregister|Detach|Release|Remove|Terminate)")
# Resources of other services than EC2 that have no names, which policies know by their tags.
NAMELESS = re.compile(
    r"arn:[^:]+:(?:kms|dlm|elasticfilesystem|ssm|guardduty):[^:]*:\d*:"
    r"(key|policy|file-system|access-point|association|patchbaseline|detector)/"
)
# Playbooks that run roles may come to do all that these do, whatever there was to do when they were seen.
COMPOSED = {
    "provision-run": ("plan-run", *(f"{role}-present" for role in ROLES)),
    "destroy-run": tuple(f"{role}-absent" for role in ROLES),
}
OURS = {"Project": "<project>", "Environment": "<environment>"}
CONDITIONS: dict[str, dict[str, Any]] = {
    "": {},
    "region": {"StringEquals": {"aws:RequestedRegion": "<region>"}},
    # It carries the environment's tags, or is made with them.
    "own": {"StringEquals": {f"aws:ResourceTag/{key}": value for key, value in OURS.items()}},
    "new": {"StringEquals": {f"aws:RequestTag/{key}": value for key, value in OURS.items()}},
    # What AWS makes with a VPC carries no tags: its default security group.
    "untagged": {"Null": {"aws:ResourceTag/Project": "true"}},
}

Observed = dict[str, list[list[str]]]


def observed_of(calls: Iterable[Mapping[str, Any]]) -> Observed:
    """Return what each run needs: by its name (`network-present`), triples of action, resource and condition.

    Args:
        calls: those that the emulator logged; the access key id is the run's name.
    """
    found: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for call in calls:
        for need in call["needs"]:
            found[call["caller"]].add((need["action"], general(need["resource"]), condition(need)))
    for run, parts in COMPOSED.items():
        found[run].update(*(found[part] for part in parts))
    return {run: [list(triple) for triple in sorted(triples)] for run, triples in sorted(found.items())}


def general(resource: str) -> str:
    """Return the ARN of what was seen as that of all of its kind in any environment."""
    if not resource.startswith("arn:"):
        return resource
    _arn, _partition, service, region, account, rest = resource.split(":", 5)
    name = f"{SEEN['project']}-{SEEN['environment']}"
    if service == "ec2":
        kind, _slash, which = rest.partition("/")
        rest = f"{kind}/<name>-*" if which.startswith(name) else f"{kind}/*"
    elif NAMELESS.match(resource) or service == "config":
        rest = f"{rest.partition('/')[0]}/*"
    elif rest.startswith("parameter/aws/"):
        rest = "parameter/aws/service/*"
    else:
        rest = rest.replace(f"parameter/{SEEN['project']}/{SEEN['environment']}/", "parameter/<project>/<environment>/*/")
        rest = re.sub(rf"{name}(?:-[^/:]*)?", lambda found: "<name>" if found[0] == name else "<name>-*", rest)
        # Whatever lies below a thing of the environment.
        rest = re.sub(r"^(<name>(?:-\*)?/|schedule/<name>/|budget/<name>/action/|parameter/.*?/\*/).*", r"\1*", rest)
        rest = rest.replace("/*/*", "/*")
    account = "<account>" if account == SEEN["account"] else account
    return f"arn:<partition>:{service}:{'<region>' if region else ''}:{account}:{rest}"


def condition(need: Mapping[str, Any]) -> str:
    """Return the condition that a need can be allowed under: a word of CONDITIONS, or a key and its value."""
    service, context, resource = need["action"].partition(":")[0], need["context"], need["resource"]
    for key in ("iam:PassedToService", "ec2:CreateAction"):
        if key in context:
            return f"{key}={context[key]}"
    if need["action"] == "iam:AttachRolePolicy":
        return f"iam:PolicyARN={ATTACHED}"
    if NAMELESS.match(resource) or (resource == "*" and "aws:RequestTag/Project" in context):
        return "own" if context.get("aws:ResourceTag/Project") == SEEN["project"] else "new" if "aws:RequestTag/Project" in context else ""
    if resource == "*" or service != "ec2":
        return "region" if resource == "*" and service not in EVERYWHERE else ""
    if resource.endswith("/*") or need["action"] == "ec2:ImportKeyPair":
        return "new" if "aws:RequestTag/Project" in context else ""
    if "::image/" in resource or ("::snapshot/" in resource and context.get("aws:ResourceTag/Project") != SEEN["project"]):
        return ""
    return "own" if context.get("aws:ResourceTag/Project") == SEEN["project"] else "untagged"


def statements(triples: Iterable[Iterable[str]], mfa: bool = False, boundary: str = "") -> list[dict[str, Any]]:
    """Return the statements that allow what was needed.

    Args:
        triples: of observed_of.
        mfa: whether what removes things takes a session with a second factor.
        boundary: the ARN of the policy that must bound every role which is made or changed; empty for none.
    """
    by_action: dict[tuple[str, str], set[str]] = defaultdict(set)
    actions: dict[tuple[str, str, bool], set[str]] = defaultdict(set)
    for action, resource, word in triples:
        key, _sign, value = word.partition("=")
        # All that makes a resource and tags it at once makes one statement.
        by_action[action, key if key == "ec2:CreateAction" else word].add(resource)
        if key == "ec2:CreateAction":
            actions[action, key, False].add(value)
    grouped: dict[tuple[str, tuple[str, ...], bool, bool], list[str]] = defaultdict(list)
    for (action, word), resources in by_action.items():
        if not (boundary and action == UNBINDING):
            second_factor, bound = mfa and bool(DESTRUCTIVE.match(action)), bool(boundary) and action in BOUND
            grouped[word, tuple(sorted(resources)), second_factor, bound].append(action)
    made = []
    for (word, resources, second_factor, bound), names in sorted(grouped.items()):
        conditions = _conditions(word, sorted(actions.get((names[0], word, False), ())))
        if second_factor:
            conditions["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
        if bound:
            conditions.setdefault("StringEquals", {})["iam:PermissionsBoundary"] = boundary
        statement = {"Effect": "Allow", "Action": _one(sorted(names)), "Resource": _one(resources)}
        made.append(statement | ({"Condition": conditions} if conditions else {}))
    return made


def _conditions(word: str, creating: list[str]) -> dict[str, Any]:
    if word == "ec2:CreateAction":
        return {"StringEquals": {"ec2:CreateAction": _one(creating), **CONDITIONS["new"]["StringEquals"]}}
    if "=" in word:
        key, _sign, value = word.partition("=")
        return {"ArnEquals" if key == "iam:PolicyARN" else "StringEquals": {key: value}}
    return {name: dict(tests) for name, tests in CONDITIONS[word].items()}


def _one(values: Iterable[str]) -> str | list[str]:
    values = list(values)
    return values[0] if len(values) == 1 else values


def policies(observed: Observed, runs: Iterable[str] = (), mfa: bool = False, boundary: str = "") -> list[dict[str, Any]]:
    """Return the policies of runs, as few as IAM's limit of their size permits, with placeholders such as <account>.

    Args:
        observed: of observed_of.
        runs: their names; none are all.
        mfa: see statements.
        boundary: see statements.
    """
    triples = {tuple(triple) for run in (list(runs) or observed) for triple in observed[run]}
    made: list[list[dict[str, Any]]] = [[]]
    for statement in statements(sorted(triples), mfa, boundary):
        if _size([*made[-1], statement]) > MOST:
            made.append([])
        made[-1].append(statement)
    return [{"Version": "2012-10-17", "Statement": each} for each in made]


def _size(made: list[dict[str, Any]]) -> int:
    # Names may be longer than their placeholders.
    return int(len(json.dumps({"Version": "2012-10-17", "Statement": made}, separators=(",", ":"))) * 1.15)


def filled_in(policy: Any, project: str, environment: str, account: str, region: str, partition: str = "aws") -> Any:
    """Return a policy with an account's own values in the place of placeholders."""
    text = json.dumps(policy)
    values = {"name": f"{project}-{environment}", "project": project, "environment": environment}
    for name, value in {**values, "account": account, "region": region, "partition": partition}.items():
        text = text.replace(f"<{name}>", value)
    return json.loads(text)


def read() -> Observed:
    """Return what was observed and committed."""
    return json.loads(OBSERVED.read_text())


def write_observed(calls: Iterable[Mapping[str, Any]]) -> None:
    """Write what calls needed, one need a line."""
    runs = [
        f"  {json.dumps(run)}: [\n" + ",\n".join(f"    {json.dumps(triple)}" for triple in triples) + "\n  ]"
        for run, triples in observed_of(calls).items()
    ]
    FOLDER.mkdir(exist_ok=True)
    OBSERVED.write_text("{\n" + ",\n".join(runs) + "\n}\n")


def figures() -> dict[str, Any]:
    """Return what the page says: the runs, each with the numbers of its actions and of those on named resources, and the policies for all of them."""
    observed = read()

    def row(run: str) -> dict[str, Any]:
        actions = {action for action, _resource, _word in observed[run]}
        narrowed = {action for action, resource, _word in observed[run] if resource != "*"}
        return {"run": run, "actions": len(actions), "narrowed": len(narrowed)}

    return {"runs": [row(run) for run in observed], "policies": policies(observed), "most": MOST}


def pages() -> dict[Path, str]:
    """Return the policies of all runs, each as the text of its file."""
    observed = read()
    return {
        FOLDER / f"{run}.json": json.dumps(made[0] if len(made) == 1 else made, indent=2) + "\n"
        for run in observed
        for made in [policies(observed, [run])]
    }


def main() -> None:
    """Print policies with an account's own values."""
    parser = argparse.ArgumentParser(description="Print the least policies of whoever runs roles and playbooks.")
    for name in ("project", "environment", "account", "region"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--partition", default="aws")
    parser.add_argument("--mfa", action="store_true", help="what removes things takes a session with a second factor")
    parser.add_argument("--boundary", default="", help="ARN of the policy that must bound every role which is made")
    parser.add_argument("runs", nargs="*", help="such as network-present or provision-run (default: all)")
    options = parser.parse_args()
    values = {name: getattr(options, name) for name in ("project", "environment", "account", "region", "partition")}
    print(json.dumps(filled_in(policies(read(), options.runs, options.mfa, options.boundary), **values), indent=2))


if __name__ == "__main__":
    main()
