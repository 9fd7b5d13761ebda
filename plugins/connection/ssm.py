# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Session Manager with one trip to the host for each module."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ssm
short_description: Reach EC2 instances over Session Manager, with pipelining
version_added: 0.1.0
author:
  - mlinfra.aws authors (@mlinfra)
description:
  - Does what P(amazon.aws.aws_ssm#connection) does, and sends fewer commands. With O(pipelining) a module and its arguments go
    through the bucket straight into the host's Python, by one command in place of seven, and leave no file on the host.
  - Waits for long commands, and takes the endpoint of Session Manager as an option.
requirements:
  - session-manager-plugin on the controller
  - curl on the host
  - an S3 bucket without versions, in the region of the host
options:
  instance_id:
    description: The instance. Without it, the host's address in the inventory has to be its id.
    type: str
    vars:
      - name: ansible_aws_ssm_instance_id
  region:
    description: Region of the instance and of the bucket.
    type: str
    default: us-east-1
    vars:
      - name: ansible_aws_ssm_region
    env:
      - name: AWS_REGION
      - name: AWS_DEFAULT_REGION
  endpoint_url:
    description: Where Session Manager answers, if not at AWS.
    type: str
    vars:
      - name: ansible_aws_ssm_endpoint_url
  ca_bundle:
    description: File with the certificates that endpoints are checked against, if not those that boto3 uses by itself.
    type: path
    vars:
      - name: ansible_aws_ssm_ca_bundle
  bucket_name:
    description: Bucket that modules and files pass through. They are deleted from it as soon as the host has them.
    type: str
    vars:
      - name: ansible_aws_ssm_bucket_name
  bucket_endpoint_url:
    description: Where the bucket answers, if not at AWS.
    type: str
    vars:
      - name: ansible_aws_ssm_bucket_endpoint_url
  bucket_sse_mode:
    description: Encryption asked for with each upload, if not left to the bucket.
    type: str
    choices: [AES256, 'aws:kms']
    vars:
      - name: ansible_aws_ssm_bucket_sse_mode
  bucket_sse_kms_key_id:
    description: Key of O(bucket_sse_mode=aws:kms), if not the account's own.
    type: str
    vars:
      - name: ansible_aws_ssm_bucket_sse_kms_key_id
  s3_addressing_style:
    description: How URLs name the bucket, in their path or as part of the host.
    type: str
    choices: [path, virtual, auto]
    default: auto
    vars:
      - name: ansible_aws_ssm_s3_addressing_style
  plugin:
    description: Path of session-manager-plugin. Without it, it is looked for where Amazon installs it and in E(PATH).
    type: path
    vars:
      - name: ansible_aws_ssm_plugin
    env:
      - name: AWS_SESSION_MANAGER_PLUGIN
  ssm_document:
    description: Session document, such as one that names the user of the session.
    type: str
    vars:
      - name: ansible_aws_ssm_document
  ssm_timeout:
    description: Seconds to wait until a session is open.
    type: int
    default: 60
    vars:
      - name: ansible_aws_ssm_timeout
  command_timeout:
    description: Seconds that one command on the host may take, which is as long as its module runs.
    type: int
    default: 3600
    vars:
      - name: ansible_aws_ssm_command_timeout
  reconnection_retries:
    description: How often a command that failed with its session is tried again.
    type: int
    default: 3
    vars:
      - name: ansible_aws_ssm_retries
  profile:
    description: Profile of the AWS configuration.
    type: str
    vars:
      - name: ansible_aws_ssm_profile
    env:
      - name: AWS_PROFILE
  access_key_id:
    description: Access key, in place of boto3's own search.
    type: str
    vars:
      - name: ansible_aws_ssm_access_key_id
    env:
      - name: AWS_ACCESS_KEY_ID
  secret_access_key:
    description: Secret of O(access_key_id).
    type: str
    vars:
      - name: ansible_aws_ssm_secret_access_key
    env:
      - name: AWS_SECRET_ACCESS_KEY
  session_token:
    description: Token of temporary credentials.
    type: str
    vars:
      - name: ansible_aws_ssm_session_token
    env:
      - name: AWS_SESSION_TOKEN
extends_documentation_fragment:
  - connection_pipelining
"""

import shlex
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

try:
    from boto3.session import Session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    pass  # the parent says so

from ansible.errors import AnsibleConnectionFailure
from ansible_collections.amazon.aws.plugins.connection.aws_ssm import Connection as SessionManagerConnection
from ansible_collections.amazon.aws.plugins.plugin_utils.ssm.s3clientmanager import (
    S3ClientManager,
    generate_encryption_settings,
)

# A session's shell has read the host's profile, whose umask is for what people make. Over SSH nothing reads it. In parentheses, as
# the parent has the command read from a pipe.
UMASK = "umask 022"


class Connection(SessionManagerConnection):
    """One session for each task, one command for each module."""

    transport = "mlinfra.aws.ssm"
    has_pipelining = True

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, str, str]:
        """Run a command on the host; what it is to read comes through the bucket, as a session has no input of its own.

        :returns: return code, output, and errors where the terminal keeps them apart
        """
        if not in_data:
            return super().exec_command(f"({UMASK}; {cmd})", sudoable=sudoable)
        with self._in_bucket(in_data) as url:
            fetch = f"curl --fail --silent --show-error --retry 3 {shlex.quote(url)}"
            return super().exec_command(f"({UMASK}; {fetch} | {cmd})", sudoable=sudoable)

    def start_session(self) -> None:
        """Open a session, and from then on wait as long as a command may take.

        :raises AnsibleConnectionFailure: Session Manager opens none, as while a host restarts. Who waits for one knows it by that.
        """
        try:
            super().start_session()
        except (BotoCoreError, ClientError) as error:
            self.close()
            raise AnsibleConnectionFailure(f"Session Manager opens no session on {self.instance_id}: {error}") from error
        # The parent knows one time-out for both.
        self.session_manager._process_mgr._timeout = self.get_option("command_timeout")

    @property
    def s3_manager(self) -> S3ClientManager:
        """The bucket's client, made without asking where the bucket is: it stands in the host's region."""
        if self._s3_manager is None:
            self._s3_manager = S3ClientManager(
                self._get_boto_client(
                    "s3",
                    region_name=self.get_option("region"),
                    endpoint_url=self.get_option("bucket_endpoint_url"),
                    config={
                        "signature_version": "s3v4",
                        "s3": {"addressing_style": self.get_option("s3_addressing_style")},
                    },
                )
            )
        return self._s3_manager

    @contextmanager
    def _in_bucket(self, data: bytes) -> Iterator[str]:
        """Keep data in the bucket under a name of its own, and give the URL that it can be read from."""
        client, bucket = self.s3_manager.client, self.get_option("bucket_name")
        key = f"{self.instance_id}/{uuid.uuid4()}"
        encryption, _headers = generate_encryption_settings(
            self.get_option("bucket_sse_mode"), self.get_option("bucket_sse_kms_key_id")
        )
        client.put_object(Bucket=bucket, Key=key, Body=data, **encryption)
        try:
            yield self.s3_manager.get_url("get_object", bucket, key, "GET")
        finally:
            client.delete_object(Bucket=bucket, Key=key)

    def _get_boto_client(
        self,
        service: str,
        region_name: str | None = None,
        endpoint_url: str | None = None,
        config: dict[str, Any] | None = None,
    ) -> Any:
        """A boto3 client with the credentials, endpoints and certificates of the options."""
        session = Session(
            aws_access_key_id=self.get_option("access_key_id"),
            aws_secret_access_key=self.get_option("secret_access_key"),
            aws_session_token=self.get_option("session_token"),
            profile_name=self.get_option("profile"),
            region_name=region_name,
        )
        if service == "ssm":
            endpoint_url = endpoint_url or self.get_option("endpoint_url")
        return session.client(
            service,
            endpoint_url=endpoint_url,
            verify=self.get_option("ca_bundle"),
            config=Config(**config) if config else None,
        )
