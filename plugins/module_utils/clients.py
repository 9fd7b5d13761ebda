# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""boto3 clients that share one session: the service models are read once, not once per client."""

from __future__ import annotations

import threading
from typing import Any

try:
    import boto3
    import botocore.config
except ImportError:
    pass  # AnsibleAWSModule reports the missing library.

from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

RETRIES = {"mode": "adaptive", "max_attempts": 10}


class Clients:
    """One client per service, made when it is first asked for; safe to share between threads.

    Args:
        module: the module whose arguments say how to reach AWS.
        connections: how many connections a client keeps open, at least the number of threads.
        elsewhere: a region in the place of the module's, for a service that answers in few.
        options: what else botocore's Config takes, such as other retries.
    """

    def __init__(self, module: AnsibleAWSModule, connections: int = 10, elsewhere: str = "", **options: Any) -> None:
        region, endpoint, arguments = get_aws_connection_info(module)
        config = botocore.config.Config(**{"retries": RETRIES, "max_pool_connections": connections, **options})
        given = arguments.pop("aws_config", None)
        self._arguments: dict[str, Any] = {
            **arguments,
            "config": config.merge(given) if given else config,
            "endpoint_url": endpoint,
        }
        self._session = boto3.session.Session(
            profile_name=self._arguments.pop("profile_name", None), region_name=elsewhere or region
        )
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str) -> Any:
        """The client of a service, by boto3's name of it."""
        with self._lock:  # making clients is what boto3 sessions can't do in several threads
            if service not in self._clients:
                self._clients[service] = self._session.client(service, **self._arguments)
            return self._clients[service]

    def has_lasting_key(self) -> bool:
        """Whether the credentials are a user's own access key. MFA never goes with such a one: it makes credentials for a while."""
        if self._arguments.get("aws_access_key_id"):
            return not self._arguments.get("aws_session_token")
        credentials = self._session.get_credentials()
        return credentials is not None and not credentials.get_frozen_credentials().token


@AWSErrorHandler.common_error_handler("reach AWS")
def one_client(module: AnsibleAWSModule, service: str, **options: Any) -> Any:
    """The client of a service, for a module that needs no other.

    Args:
        module: the module whose arguments say how to reach AWS.
        service: boto3's name of the service.
        options: what else `Clients` takes.

    Raises:
        AnsibleAWSError: where the arguments don't say how to reach AWS.
    """
    return Clients(module, **options)(service)
