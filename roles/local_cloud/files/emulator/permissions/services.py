# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What calls of the other services need, by what names their resources. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from emulator.permissions.needs import Need, Parameters, Where, pass_role, tags_context, tags_of

# Where IAM calls a service otherwise than botocore does.
PREFIXES = {
    "accessanalyzer": "access-analyzer",
    "resourcegroupstaggingapi": "tag",
    "elbv2": "elasticloadbalancing",
    "efs": "elasticfilesystem",
}
BUDGETS = {
    **dict.fromkeys(
        (
            "DescribeBudget",
            "DescribeBudgets",
            "DescribeNotificationsForBudget",
            "DescribeSubscribersForNotification",
        ),
        "ViewBudget",
    ),
    **dict.fromkeys(
        (
            "CreateBudget",
            "UpdateBudget",
            "DeleteBudget",
            "CreateNotification",
            "UpdateNotification",
            "DeleteNotification",
            "CreateSubscriber",
            "UpdateSubscriber",
            "DeleteSubscriber",
        ),
        "ModifyBudget",
    ),
}

# Whoever sets tags while making something must be allowed to tag it, too.
TAGGING = {
    "budgets:CreateBudget": "budgets:TagResource",
    "budgets:CreateBudgetAction": "budgets:TagResource",
    "accessanalyzer:CreateAnalyzer": "access-analyzer:TagResource",
    "cloudtrail:CreateTrail": "cloudtrail:AddTags",
    "cloudwatch:PutMetricAlarm": "cloudwatch:TagResource",
    "config:PutConfigRule": "config:TagResource",
    "config:PutConfigurationRecorder": "config:TagResource",
    "dlm:CreateLifecyclePolicy": "dlm:TagResource",
    "efs:CreateAccessPoint": "elasticfilesystem:TagResource",
    "efs:CreateFileSystem": "elasticfilesystem:TagResource",
    "elasticache:CreateCacheSubnetGroup": "elasticache:AddTagsToResource",
    "elasticache:CreateReplicationGroup": "elasticache:AddTagsToResource",
    "events:PutRule": "events:TagResource",
    "firehose:CreateDeliveryStream": "firehose:TagDeliveryStream",
    "guardduty:CreateDetector": "guardduty:TagResource",
    "iam:CreateInstanceProfile": "iam:TagInstanceProfile",
    "iam:CreateRole": "iam:TagRole",
    "kms:CreateKey": "kms:TagResource",
    "logs:CreateLogGroup": "logs:TagResource",
    "rds:CreateDBInstance": "rds:AddTagsToResource",
    "rds:CreateDBParameterGroup": "rds:AddTagsToResource",
    "rds:CreateDBSubnetGroup": "rds:AddTagsToResource",
    "scheduler:CreateScheduleGroup": "scheduler:TagResource",
    "secretsmanager:CreateSecret": "secretsmanager:TagResource",
    "securityhub:EnableSecurityHub": "securityhub:TagResource",
    "sns:CreateTopic": "sns:TagResource",
    "ssm:CreateAssociation": "ssm:AddTagsToResource",
    "ssm:CreatePatchBaseline": "ssm:AddTagsToResource",
    "ssm:PutParameter": "ssm:AddTagsToResource",
}


# What gets its id by the call that makes it, which therefore knows no resource, or only what it is made of.
NAMELESS = {
    "CreateAccessPoint": "access-point",
    "CreateAssociation": "association",
    "CreateDetector": "detector",
    "CreateFileSystem": "file-system",
    "CreateKey": "key",
    "CreateLifecyclePolicy": "policy",
    "CreatePatchBaseline": "patchbaseline",
    "PutConfigurationRecorder": "configuration-recorder",
}


def needs(
    service: str, operation: str, parameters: Parameters, where: Where, tags: Callable[[str], Mapping[str, str]] = lambda arn: {}
) -> list[Need]:
    """Return what a call needs: see ec2.needs.

    Args:
        service: its name in botocore.
        operation: see there.
        parameters: see there.
        where: see there.
        tags: tells the tags of a resource that has no name, by its ARN.
    """
    prefix = PREFIXES.get(service, service)
    name = BUDGETS.get(operation, operation) if service == "budgets" else operation
    context = tags_context("RequestTag", tags_of(parameters))
    if service == "iam" and operation in ("AttachRolePolicy", "DetachRolePolicy"):
        context["iam:PolicyARN"] = parameters["PolicyArn"]
    resources = list(RESOURCES[service](operation, parameters, where)) if service in RESOURCES else []
    found = [
        Need(f"{prefix}:{name}", resource, {**context, **tags_context("ResourceTag", tags(resource))}) for resource in resources or ["*"]
    ]
    tagging = TAGGING.get(f"{service}:{operation}")
    if context and tagging:
        made = [where.arn(prefix, f"{NAMELESS[operation]}/*")] if operation in NAMELESS else resources
        found.extend(Need(tagging, resource, context) for resource in made)
    return found + list(_passed(service, operation, parameters, where)) + list(_done_for_it(operation, parameters, tags))


def _passed(service: str, operation: str, parameters: Parameters, where: Where) -> Iterator[Need]:
    if service == "iam" and operation == "AddRoleToInstanceProfile":
        yield pass_role(where.arn("iam", f"role/{parameters['RoleName']}", regional=False), "ec2.amazonaws.com")
    elif service == "cloudtrail" and parameters.get("CloudWatchLogsRoleArn"):
        yield pass_role(parameters["CloudWatchLogsRoleArn"], "cloudtrail.amazonaws.com")
    elif service == "scheduler" and operation in ("CreateSchedule", "UpdateSchedule"):
        yield pass_role(parameters["Target"]["RoleArn"], "scheduler.amazonaws.com")
    elif service == "logs" and operation == "PutSubscriptionFilter":
        yield pass_role(parameters["roleArn"], "logs.amazonaws.com")
    elif service == "firehose":
        for name in ("ExtendedS3DestinationConfiguration", "ExtendedS3DestinationUpdate"):
            if parameters.get(name, {}).get("RoleARN"):
                yield pass_role(parameters[name]["RoleARN"], "firehose.amazonaws.com")
    elif service in ("budgets", "dlm") and parameters.get("ExecutionRoleArn"):
        yield pass_role(parameters["ExecutionRoleArn"], f"{service}.amazonaws.com")


# What EFS does in EC2 with its caller's permissions, where it makes a mount target and where it deletes one.
_OF_MOUNT_TARGETS = {
    "CreateMountTarget": ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets"),
    "DeleteMountTarget": ("DeleteNetworkInterface",),
    "ModifyMountTargetSecurityGroups": ("ModifyNetworkInterfaceAttribute",),
}


def _done_for_it(operation: str, parameters: Parameters, tags: Callable[[str], Mapping[str, str]]) -> Iterator[Need]:
    """What EFS does in other services with its caller's permissions."""
    for action in _OF_MOUNT_TARGETS.get(operation, ()):
        yield Need(f"ec2:{action}", "*", {})
    if operation == "CreateFileSystem" and parameters.get("KmsKeyId"):
        key = parameters["KmsKeyId"]
        for action in ("CreateGrant", "DescribeKey", "GenerateDataKeyWithoutPlaintext"):
            yield Need(f"kms:{action}", key, tags_context("ResourceTag", tags(key)))


def _iam(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    if operation == "CreateServiceLinkedRole":
        yield where.arn("iam", f"role/aws-service-role/{parameters['AWSServiceName']}/*", regional=False)
    elif parameters.get("InstanceProfileName"):
        yield where.arn("iam", f"instance-profile/{parameters['InstanceProfileName']}", regional=False)
    elif parameters.get("RoleName"):
        yield where.arn("iam", f"role/{parameters['RoleName']}", regional=False)
    elif parameters.get("UserName"):
        yield where.arn("iam", f"user/{parameters['UserName']}", regional=False)
    elif parameters.get("PolicyArn"):
        yield parameters["PolicyArn"]


def _logs(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    arn = parameters.get("resourceArn") or parameters.get("logGroupIdentifier", "")
    groups = [parameters["logGroupName"]] if parameters.get("logGroupName") else parameters.get("logGroupNames", [])
    if arn.startswith("arn:"):
        yield arn
    for group in groups or ([arn] if arn and not arn.startswith("arn:") else []):
        stream = f":log-stream:{parameters['logStreamName']}" if operation in ("PutLogEvents", "GetLogEvents") else ""
        yield where.arn("logs", f"log-group:{group}{stream}")
    if operation == "DescribeLogGroups":
        yield where.arn("logs", "log-group:*")


def _cloudtrail(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    names = [parameters.get(name) for name in ("Name", "TrailName", "ResourceId")] + parameters.get("ResourceIdList", [])
    # DescribeTrails is judged by no trail.
    for name in filter(None, names):
        yield name if name.startswith("arn:") else where.arn("cloudtrail", f"trail/{name}")


def _sns(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    arn = parameters.get("TopicArn") or parameters.get("ResourceArn")
    if arn:
        yield arn
    elif operation == "CreateTopic":
        yield where.arn("sns", parameters["Name"])


def _cloudwatch(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    names = parameters.get("AlarmNames") or ([parameters["AlarmName"]] if parameters.get("AlarmName") else [])
    boards = parameters.get("DashboardNames") or (
        [parameters["DashboardName"]] if parameters.get("DashboardName") else []
    )
    if parameters.get("ResourceARN"):
        yield parameters["ResourceARN"]
    for name in names or (["*"] if operation == "DescribeAlarms" else []):
        yield where.arn("cloudwatch", f"alarm:{name}")
    for name in boards:
        yield where.arn("cloudwatch", f"dashboard/{name}", regional=False)


def _ssm(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    if operation == "StartSession":
        yield where.arn("ec2", f"instance/{parameters['Target']}")
        return
    if any(word in operation for word in ("Association", "PatchBaseline")):
        yield from _ssm_patching(operation, parameters, where)
        return
    if parameters.get("ResourceType") in SSM_TYPES:
        yield where.arn("ssm", f"{SSM_TYPES[parameters['ResourceType']]}/{parameters['ResourceId']}")
        return
    name = parameters.get("Name") or parameters.get("ResourceId") or parameters.get("Path")
    for each in parameters.get("Names") or ([name] if name else []):
        # AWS's own parameters are nobody's.
        owner = Where(where.partition, where.region, "") if each.startswith("/aws/service/") else where
        yield owner.arn("ssm", f"parameter/{each.lstrip('/')}")


def _ssm_patching(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    """What associations and patch baselines are judged by: their ids, and documents. Lists of them know no resources."""
    for kind, member in (("association", "AssociationId"), ("patchbaseline", "BaselineId")):
        if parameters.get(member) or (operation, kind) == ("CreateAssociation", "association"):
            yield where.arn("ssm", f"{kind}/{parameters.get(member) or '*'}")
    if parameters.get("Name", "").startswith("AWS-"):
        # AWS's own documents are nobody's.
        yield Where(where.partition, where.region, "").arn("ssm", f"document/{parameters['Name']}")


def _scheduler(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    if parameters.get("ResourceArn"):
        yield parameters["ResourceArn"]
    elif operation == "ListSchedules":
        return
    elif "ScheduleGroup" in operation:
        name = parameters.get("Name")
        yield where.arn("scheduler", f"schedule-group/{name}" if name else "schedule-group/*")
    else:
        yield where.arn("scheduler", f"schedule/{parameters.get('GroupName') or '*'}/{parameters.get('Name') or '*'}")


def _budgets(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    described = parameters.get("Budget") or parameters.get("NewBudget") or {}
    budget = parameters.get("BudgetName") or described.get("BudgetName")
    if parameters.get("ResourceARN"):
        yield parameters["ResourceARN"]
    elif parameters.get("ActionId") or operation == "CreateBudgetAction":
        yield where.arn("budgets", f"budget/{budget}/action/{parameters.get('ActionId') or '*'}", regional=False)
    else:
        yield where.arn("budgets", f"budget/{budget or '*'}", regional=False)


def _kms(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    """The alias and the key that a call names; a key that is asked for by its alias alone is any key."""
    named = parameters.get("TargetKeyId") or parameters.get("KeyId", "")
    if parameters.get("AliasName"):
        yield where.arn("kms", parameters["AliasName"])
    if named.startswith("arn:"):
        yield named if ":key/" in named else where.arn("kms", "key/*")
    elif named:
        yield where.arn("kms", "key/*" if named.startswith("alias/") else f"key/{named}")


def _autoscaling(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    # Lists know no resources. The tags of a group name it themselves.
    tagged = {tag["ResourceId"] for tag in parameters.get("Tags", []) if tag.get("ResourceId")}
    if not operation.startswith("Describe"):
        for name in [parameters["AutoScalingGroupName"]] if parameters.get("AutoScalingGroupName") else sorted(tagged):
            yield where.arn("autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{name}")


def _elbv2(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    # Lists know no resources. What is made is called by its name, with an id behind it.
    if operation.startswith("Describe"):
        return
    named = {"CreateLoadBalancer": "loadbalancer/app/{}/*", "CreateTargetGroup": "targetgroup/{}/*"}.get(operation)
    if named:
        yield where.arn("elasticloadbalancing", named.format(parameters.get("Name", "*")))
    yield from parameters.get("ResourceArns", [])
    told = [parameters[name] for name in ("ListenerArn", "LoadBalancerArn", "TargetGroupArn") if parameters.get(name)]
    yield from told[:1]


def _accessanalyzer(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    if parameters.get("resourceArn"):
        yield parameters["resourceArn"]
    elif parameters.get("analyzerName"):
        yield where.arn("access-analyzer", f"analyzer/{parameters['analyzerName']}")


def _config(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    # Channels know no resources, and a recorder gets its id when it is put.
    if parameters.get("ResourceArn"):
        yield parameters["ResourceArn"]
    elif operation in ("PutConfigRule", "DeleteConfigRule", "DescribeConfigRules"):
        # A rule's ARN has an id in the place of its name.
        yield where.arn("config", "config-rule/*")
    elif parameters.get("ConfigurationRecorderName") or operation.startswith("DescribeConfigurationRecorder"):
        yield where.arn("config", f"configuration-recorder/{parameters.get('ConfigurationRecorderName') or '*'}/*")


def _events(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    name = parameters.get("Rule") or parameters.get("Name")
    if parameters.get("ResourceARN"):
        yield parameters["ResourceARN"]
    elif name:
        yield where.arn("events", f"rule/{name}")


def _firehose(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    # Lists know no resources.
    if parameters.get("DeliveryStreamName"):
        yield where.arn("firehose", f"deliverystream/{parameters['DeliveryStreamName']}")


def _guardduty(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    if parameters.get("ResourceArn"):
        yield parameters["ResourceArn"]
    elif parameters.get("DetectorId"):
        yield where.arn("guardduty", f"detector/{parameters['DetectorId']}")


def _securityhub(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    # A region has one hub.
    yield parameters.get("ResourceArn") or where.arn("securityhub", "hub/default")


def _rds(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    # Lists of all of a kind, and what is offered, know no resources.
    if parameters.get("ResourceName"):
        yield parameters["ResourceName"]
    for member, kind in RDS_MEMBERS.items():
        if parameters.get(member):
            yield where.arn("rds", f"{kind}:{parameters[member]}")


# What calls of RDS name their resources by, and the types in ARNs.
RDS_MEMBERS = {
    "DBInstanceIdentifier": "db",
    "DBSubnetGroupName": "subgrp",
    "DBParameterGroupName": "pg",
    "DBSnapshotIdentifier": "snapshot",
    "FinalDBSnapshotIdentifier": "snapshot",
}


def _dlm(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    # Lists know no resources.
    if parameters.get("ResourceArn"):
        yield parameters["ResourceArn"]
    elif parameters.get("PolicyId"):
        yield where.arn("dlm", f"policy/{parameters['PolicyId']}")


def _efs(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    """The file system or access point; a mount target is judged by its file system."""
    named = parameters.get("ResourceId") or parameters.get("AccessPointId") or parameters.get("FileSystemId") or "*"
    kind = "access-point" if named.startswith("fsap-") else "file-system"
    yield where.arn("elasticfilesystem", f"{kind}/{named}")


def _elasticache(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    """The group, the subnet group, the snapshot and the nodes that a call names. A list of nodes is of all."""
    if parameters.get("ResourceName"):
        yield parameters["ResourceName"]
    kinds = {
        "ReplicationGroupId": "replicationgroup",
        "CacheSubnetGroupName": "subnetgroup",
        "SnapshotName": "snapshot",
        "FinalSnapshotIdentifier": "snapshot",
    }
    for member, kind in kinds.items():
        if parameters.get(member):
            yield where.arn("elasticache", f"{kind}:{parameters[member]}")
    everything = {"DescribeCacheClusters": "cluster", "DescribeSnapshots": "snapshot"}
    if operation in everything and not parameters.get("ReplicationGroupId"):
        yield where.arn("elasticache", f"{everything[operation]}:*")


def _secretsmanager(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    """The secret. Its ARN ends with six characters that its name does not tell."""
    named = parameters.get("SecretId") or parameters.get("Name")
    if named:
        yield named if named.startswith("arn:") else where.arn("secretsmanager", f"secret:{named}-??????")


def _sts(operation: str, parameters: Parameters, where: Where) -> Iterator[str]:
    if parameters.get("RoleArn"):
        yield parameters["RoleArn"]


# Systems Manager's types of what it tags, but for parameters, as ARNs have them.
SSM_TYPES = {"Association": "association", "PatchBaseline": "patchbaseline"}
RESOURCES: dict[str, Callable[[str, Parameters, Where], Iterator[str]]] = {
    "accessanalyzer": _accessanalyzer,
    "autoscaling": _autoscaling,
    "budgets": _budgets,
    "cloudtrail": _cloudtrail,
    "cloudwatch": _cloudwatch,
    "config": _config,
    "dlm": _dlm,
    "efs": _efs,
    "elbv2": _elbv2,
    "elasticache": _elasticache,
    "events": _events,
    "firehose": _firehose,
    "guardduty": _guardduty,
    "iam": _iam,
    "kms": _kms,
    "logs": _logs,
    "rds": _rds,
    "scheduler": _scheduler,
    "secretsmanager": _secretsmanager,
    "securityhub": _securityhub,
    "sns": _sns,
    "ssm": _ssm,
    "sts": _sts,
}
