# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the policies of whoever makes a call allow it, by IAM's rules, conditions and boundaries included.

moto asks IAM too, but knows neither resources nor conditions. The rules come from ministack, another emulator, which is needed
only where permissions are enforced. Keys that IAM does not know may do everything, as the root user.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.responses import BaseResponse
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from moto.ec2.models import ec2_backends
from moto.efs.models import efs_backends
from moto.guardduty.models import guardduty_backends
from moto.iam.access_control import CreateAccessKeyFailure, create_access_key
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.ssm.models import ssm_backends
from werkzeug.exceptions import HTTPException

from emulator.dlm import dlm_backends
from emulator.permissions import ec2, s3, services
from emulator.permissions.needs import Need, Where
from emulator.requests import Seen

# Always allowed, whatever policies say.
ALWAYS = {"sts:GetCallerIdentity"}


class Denied(Exception):
    """A call that its caller may not make; the text is AWS's."""


class Guard:
    """Looks at each call before moto answers it.

    Attributes:
        mode: `off`, `watched` to log what calls need, `enforced` to refuse what their callers may not do as well.
    """

    MODES = ("off", "watched", "enforced")

    def __init__(self) -> None:
        self.mode = "off"

    def __call__(self, seen: Seen) -> None:
        """Look at one call.

        Raises:
            Denied: see judge.
        """
        if self.mode != "off":
            seen.needs = needs_of(seen.response)
        if self.mode == "enforced":
            judge(seen.response, seen.caller, seen.needs)


def needs_of(response: BaseResponse) -> list[Need]:
    """Return what a request needs to be allowed; nothing for one that is no operation of its service.

    Args:
        response: moto's, set up for the request.
    """
    service = response.boto3_service_name
    request = response.normalized_request
    try:
        operation, in_path = get_service_router(service).match(request)
    except (HTTPException, NotImplementedError):
        return []
    model = get_service_model(service)
    parser = PROTOCOL_PARSERS[determine_request_protocol(model, request.content_type)](operation)
    parsed = parser.parse({
        "method": request.method,
        "values": request.values,
        "headers": request.headers,
        "body": request.data,
        "url_path": request.path,
        "url_params": in_path,
    })  # fmt: skip
    where = Where(response.partition, response.region, response.current_account)
    if service == "ec2":
        return ec2.needs(operation.name, parsed, where, _Standing(where))
    if service == "s3":
        return s3.needs(operation.name, parsed, where)
    if service == "efs" and parsed.get("MountTargetId"):
        target = efs_backends[where.account][where.region].mount_targets_by_id.get(parsed["MountTargetId"])
        parsed = {**parsed, "FileSystemId": target.file_system_id} if target else parsed
    return services.needs(service, operation.name, parsed, where, _tags_in(where))


def judge(response: BaseResponse, access_key: str, needs: list[Need]) -> None:
    """Ask the caller's policies about all that a call needs.

    Args:
        response: as in needs_of.
        access_key: the id of the key that signed the call.
        needs: what needs_of returned.

    Raises:
        Denied: when one of them is not allowed.
    """
    from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

    headers = response.headers
    try:
        key: Any = create_access_key(response.current_account, response.partition, access_key, headers)
    except CreateAccessKeyFailure:
        return
    policies = [parse_policy_document(_document(policy)) for policy in key.collect_policies()]
    limits = [[parse_policy_document(boundary)] for boundary in _boundaries(response, key)]
    for need in needs:
        if need.action in ALWAYS:
            continue
        context = EvalContext(
            principal_arn=key.arn,
            principal_type="User" if ":user/" in key.arn else "AssumedRole",
            principal_account=response.current_account,
            action=need.action,
            resource_arn=need.resource,
            region=response.region,
            secure_transport=response.normalized_request.scheme == "https",
            service_context={name.lower(): value for name, value in need.context.items()},
        )
        if evaluate(context, policies, *limits).decision != "Allow":
            raise Denied(f"User: {key.arn} is not authorized to perform: {need.action} on resource: {need.resource}")


def _document(policy: Any) -> str:
    if isinstance(policy, str):
        return policy
    if isinstance(policy, Mapping):
        return policy["policy_document"]
    return next(version.document for version in policy.versions if version.is_default)


def _boundaries(response: BaseResponse, key: Any) -> list[str]:
    backend = iam_backends[response.current_account][response.partition]
    name = getattr(key, "_owner_role_name", "")
    arn = backend.get_role(name).permissions_boundary_arn if name else None
    return [_document(backend.managed_policies[arn])] if arn else []


def _tags_in(where: Where) -> Callable[[str], Mapping[str, str]]:
    """Return what tells the tags of what has no name, by its ARN: keys, lifecycle policies, detectors, file systems, what Systems Manager has."""

    def tags(arn: str) -> Mapping[str, str]:
        service, kind, identifier = arn.split(":")[2], *arn.rpartition(":")[2].split("/", 1)
        if service == "kms":
            return kms_backends[where.account][where.region].tagger.get_tag_dict_for_resource(identifier)
        if service == "guardduty":
            detectors = guardduty_backends[where.account][where.region].detectors
            return detectors[identifier].tags if identifier in detectors else {}
        if service == "elasticfilesystem":
            return efs_backends[where.account][where.region].tagging_service.get_tag_dict_for_resource(identifier)
        if service == "dlm":
            return dlm_backends[where.account][where.region].policies.get(identifier, {}).get("Tags", {})
        if service == "ssm":
            types = {name: word for word, name in services.SSM_TYPES.items()}
            return ssm_backends[where.account][where.region]._resource_tags[types.get(kind, "")].get(identifier, {})
        return {}

    return lambda arn: tags(arn) if "/" in arn else {}


class _Standing:
    """What stands in EC2: see ec2.Known."""

    def __init__(self, where: Where) -> None:
        self._backend = ec2_backends[where.account][where.region]

    def tags(self, name: str) -> Mapping[str, str]:
        """See ec2.Known."""
        pair = self._backend.key_pairs.get(name)
        return self._backend.tags.get(pair.id if pair else name, {})

    def owner(self, name: str) -> str:
        """See ec2.Known."""
        tables, acls = self._backend.route_tables.values(), self._backend.network_acls.values()
        if name.startswith("rtbassoc-"):
            return next((table.id for table in tables if name in table.all_associations_ids), name)
        if name.startswith("aclassoc-"):
            return next((acl._associations[name].subnet_id for acl in acls if name in acl._associations), name)
        if name.startswith("eipassoc-"):
            addresses = self._backend.addresses.values()
            return next((each.allocation_id for each in addresses if each.association_id == name), name)
        return name
