#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: machine_image_info
version_added: 0.1.0
short_description: Read a machine image by its id, by a public SSM parameter or by its tags
description:
  - Tells which image a public parameter of the Systems Manager names now, and what instances need to know of it.
  - Reads only.
options:
  parameter:
    description:
      - Name of the SSM parameter whose value is the image's id, such as
        V(/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64).
      - One of O(parameter), O(image_id) and O(tags) is needed. O(image_id) goes with none of the others.
    type: str
  image_id:
    description: Id of the image.
    type: str
  tags:
    description:
      - Tags of images of this account. The newest that carries all of them is meant.
      - Where there is none, it is the image of O(parameter), or an error without it.
    type: dict
  architecture:
    description: Architecture that an image found by O(tags) must have. Empty for any.
    type: str
    default: ""
author:
  - The mlinfra.aws authors (!UNKNOWN)
attributes:
  check_mode:
    description: Reads only, with check mode or without.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Read the newest Amazon Linux 2023
  mlinfra.aws.machine_image_info:
    parameter: /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64
  register: newest

- name: Read the newest image of our own or, without one, Amazon's
  mlinfra.aws.machine_image_info:
    tags: {Role: ml-image}
    architecture: x86_64
    parameter: /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64
  register: newest
"""

RETURN = r"""
image:
  description: The image.
  returned: success
  type: dict
  contains:
    id:
      description: Id of the image.
      type: str
      sample: ami-0123456789abcdef0
    name:
      description: Name of the image.
      type: str
      sample: al2023-ami-2023.12.20260930.0-kernel-6.18-x86_64
    architecture:
      description: Architecture of its processor.
      type: str
      sample: x86_64
    root_device_name:
      description: Device name of its root volume.
      type: str
      sample: /dev/xvda
    root_volume_size:
      description: Size of its root volume in GiB, the least that an instance's root volume can have.
      type: int
      sample: 8
"""

from typing import Any

try:
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    pass  # AnsibleAWSModule reports the missing library.

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry
from ansible_collections.mlinfra.aws.plugins.module_utils.machine_image import (
    newest_image,
    own_images,
    summarise_image,
)

NO_SUCH_IMAGE = ("InvalidAMIID.NotFound", "InvalidAMIID.Malformed", "InvalidAMIID.Unavailable")


def error_code(error: Exception) -> str:
    """The code by which AWS names an error; an empty string where the error is not AWS's answer."""
    return getattr(error, "response", {}).get("Error", {}).get("Code", "")


def resolve(module: AnsibleAWSModule, parameter: str) -> str:
    """The image's id that an SSM parameter names; ends the module where there is no such parameter."""
    client = module.client("ssm", retry_decorator=AWSRetry.jittered_backoff())
    try:
        return client.get_parameter(Name=parameter, aws_retry=True)["Parameter"]["Value"]
    except (BotoCoreError, ClientError) as error:
        if error_code(error) == "ParameterNotFound":
            module.fail_json(
                msg=f"Region {module.region} has no SSM parameter {parameter}: no such image is offered there."
            )
        module.fail_json_aws(error, msg=f"Could not read the SSM parameter {parameter}")


def tagged(module: AnsibleAWSModule) -> dict[str, Any] | None:
    """The account's newest image with the tags that are asked for; None where there is none, or none is asked for."""
    if not module.params["tags"]:
        return None
    client = module.client("ec2", retry_decorator=AWSRetry.jittered_backoff())
    arguments = own_images(module.params["tags"], module.params["architecture"])
    try:
        pages = client.get_paginator("describe_images").paginate(**arguments)
        return newest_image(image for page in pages for image in page["Images"])
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg="Could not look for images of this account")


def describe(module: AnsibleAWSModule, image_id: str) -> dict[str, Any]:
    """The image as EC2 describes it; ends the module where the account can't see it."""
    client = module.client("ec2", retry_decorator=AWSRetry.jittered_backoff())
    try:
        found = client.describe_images(ImageIds=[image_id], aws_retry=True)["Images"]
    except (BotoCoreError, ClientError) as error:
        if error_code(error) not in NO_SUCH_IMAGE:
            module.fail_json_aws(error, msg=f"Could not describe the image {image_id}")
        found = []
    if not found:
        module.fail_json(msg=f"Region {module.region} has no image {image_id}, or this account may not use it.")
    return found[0]


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "parameter": {"type": "str"},
            "image_id": {"type": "str"},
            "tags": {"type": "dict"},
            "architecture": {"type": "str", "default": ""},
        },
        mutually_exclusive=[("parameter", "image_id"), ("tags", "image_id")],
        required_one_of=[("parameter", "image_id", "tags")],
        supports_check_mode=True,
    )
    image = tagged(module)
    if image is None and module.params["tags"] and not module.params["parameter"]:
        module.fail_json(msg=f"Region {module.region} has no image of this account that is tagged so: bake one first.")
    if image is None:
        image = describe(module, module.params["image_id"] or resolve(module, module.params["parameter"]))
    module.exit_json(changed=False, image=summarise_image(image))


if __name__ == "__main__":
    main()
