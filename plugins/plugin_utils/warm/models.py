# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""botocore's parsed models of AWS' services: read once in the server, there for the clients of every fork."""

from __future__ import annotations

import importlib
import os
import re
import sys
import typing as t

from . import environment
from .payload import Payload

# Where a module names the service that it makes a client of.
_CLIENT = re.compile(rb"""\b(?:client|resource)\(\s*["']([a-z0-9-]+)["']""")
_KINDS = ("service-2", "endpoint-rule-set-1")
# What botocore would otherwise load while it makes a client or calls AWS for the first time.
_LIBRARY = (
    *("boto3", "boto3.session", "botocore.session", "botocore.client", "botocore.httpsession", "botocore.signers"),
    *("botocore.retries.adaptive", "botocore.retries.standard", "botocore.retryhandler", "botocore.docs.service"),
    *("boto3.ec2.createtags", "boto3.s3.inject"),
)
# In the place of the user's own files.
_NO_SETTINGS = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
_METHODS = frozenset(
    ("load_service_model", "load_data_with_path", "list_available_services", "list_api_versions")
    + ("determine_latest_version",)
)

Key = tuple[t.Any, ...]


class Models:
    """What botocore's loaders of all forks have in common.

    Args:
        services: names of services to read as soon as botocore is there.
    """

    def __init__(self, services: t.Iterable[str] = ()) -> None:
        self._cache: dict[Key, t.Any] = {}
        self._wanted = list(services)
        self._known: set[str] = set()
        self._loaders: list[t.Any] = []
        self._installed = False

    def install(self) -> None:
        """Let botocore's loaders begin with what is there already."""
        if self._installed or "botocore.loaders" not in sys.modules:
            return
        self._installed = True
        loader_class = sys.modules["botocore.loaders"].Loader
        original = loader_class.__init__

        def begin(loader: t.Any, *args: t.Any, **kwargs: t.Any) -> None:
            original(loader, *args, **kwargs)
            if self._is_plain(loader):
                loader._cache = dict(self._cache)
                self._loaders.append(loader)

        loader_class.__init__ = begin

    @staticmethod
    def _is_plain(loader: t.Any) -> bool:
        """Say whether a loader reads nothing but what comes with botocore."""
        others = [path for path in loader.search_paths if path != loader.BUILTIN_DATA_PATH]
        return others == [loader.CUSTOMER_DATA_PATH] and not os.path.exists(loader.CUSTOMER_DATA_PATH)

    def want(self, payload: Payload) -> None:
        """Read the models of the services that a module names."""
        if self._installed:
            for match in _CLIENT.finditer(payload.parts[payload.module].source):
                self._load_service(match[1].decode("ascii"))

    def idle(self) -> bool:
        """Read one of the wanted models, or load the library first; say whether there was anything to do."""
        if not self._wanted:
            return False
        if not self._installed:
            self._load_library()
            return bool(self._wanted)
        service = self._wanted.pop(0)
        self._load_service(service)
        self._rehearse(service)
        return True

    def _load_library(self) -> None:
        """Load what makes clients, with all that it would load by and by."""
        try:
            for name in _LIBRARY:
                importlib.import_module(name)
        except ImportError:
            self._wanted = []
        else:
            self.install()

    @staticmethod
    def _rehearse(service: str) -> None:
        """Make a client and forget it: what botocore works out once for a process is there for those of the forks.

        Nothing is called, and nothing of this process' environment, configuration or credentials is used.
        """
        with environment.replaced(_NO_SETTINGS):
            session = importlib.import_module("boto3.session").Session(
                aws_access_key_id="none", aws_secret_access_key="none", region_name="us-east-1"
            )
            session.client(service, endpoint_url="http://localhost")

    def _load_service(self, service: str) -> None:
        """Read what every client of a service needs."""
        if service not in self._known:
            self._known.add(service)
            self.load(
                [("load_data_with_path", name) for name in ("endpoints", "sdk-default-configuration", "partitions")]
            )
            self.load([("load_service_model", service, kind, "api_version", None) for kind in _KINDS])

    def load(self, keys: t.Iterable[Key]) -> None:
        """Read what loaders have under the keys of their caches."""
        import botocore.exceptions
        import botocore.loaders

        loader = botocore.loaders.Loader()
        if not self._is_plain(loader):
            return
        loader._cache = self._cache
        for method, *arguments in keys:
            if method not in _METHODS or (method, *arguments) in self._cache:
                continue
            named = {}
            if "api_version" in arguments:
                place = arguments.index("api_version")
                named = {"api_version": arguments[place + 1]}
                arguments = arguments[:place]
            try:
                getattr(loader, method)(*arguments, **named)
            except (botocore.exceptions.BotoCoreError, TypeError):
                continue  # the fork that asks for it will get the same answer

    def fresh(self) -> list[Key]:
        """Return the keys of what a fork had to read by itself."""
        return [key for loader in self._loaders for key in loader._cache if key not in self._cache]
