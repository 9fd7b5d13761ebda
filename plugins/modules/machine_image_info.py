#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: machine_image_info
version_added: 0.1.0
short_description: Read a machine image by its id or by a public SSM parameter
description:
  - Tells which image a public parameter of the Systems Manager names now, and what instances need to know of it.
  - Reads only.
options:
  parameter:
    description:
      - Name of the SSM parameter whose value is the image's id, such as
        V(/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64).
      - Exactly one of O(parameter) and O(image_id) is needed.
    type: str
  image_id:
    description: Id of the image.
    type: str
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
from ansible_collections.mlinfra.aws.plugins.module_utils.machine_image import summarise_image

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
        argument_spec={"parameter": {"type": "str"}, "image_id": {"type": "str"}},
        mutually_exclusive=[("parameter", "image_id")],
        required_one_of=[("parameter", "image_id")],
        supports_check_mode=True,
    )
    image_id = module.params["image_id"] or resolve(module, module.params["parameter"])
    module.exit_json(changed=False, image=summarise_image(describe(module, image_id)))


if __name__ == "__main__":
    main()
