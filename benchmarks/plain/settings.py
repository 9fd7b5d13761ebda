# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to stand: the settings that the bench inventory shares, and the names made of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "inventory" / "group_vars" / "bench" / "settings.yml"
SUFFIX_LENGTH = 10


@dataclass(frozen=True)
class Settings:
    """The settings of one environment in one account."""

    values: dict[str, Any]
    account: str
    region: str

    @classmethod
    def read(cls, account: str, region: str) -> Settings:
        """The settings of the bench inventory."""
        return cls(yaml.safe_load(FILE.read_text(encoding="utf-8")), account, region)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def name(self) -> str:
        """What every name begins with."""
        return f"{self['mlinfra_project']}-{self['mlinfra_environment']}"

    @property
    def host(self) -> str:
        """What the instances, their key pair and their log group are named after."""
        return f"{self.name}-ml-training"

    @property
    def instance_role(self) -> str:
        """The role of the instances, its profile and their security group."""
        return f"{self.name}-ml-instance"

    @property
    def flow_log_role(self) -> str:
        """The role that delivers the flow logs."""
        return f"{self.name}-flow-log"

    @property
    def vpc_log_group(self) -> str:
        """Where the flow logs go."""
        return f"/aws/vpc/{self.name}"

    @property
    def host_log_group(self) -> str:
        """Where the instances log."""
        return f"/aws/ec2/{self.host}"

    @property
    def token_parameter(self) -> str:
        """Where an instance keeps the token of its JupyterLab."""
        return f"/{self['mlinfra_project']}/{self['mlinfra_environment']}/jupyter-token"

    @property
    def topic_arn(self) -> str:
        """The topic of the alarms."""
        return f"arn:aws:sns:{self.region}:{self.account}:{self.name}-alarms"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of everything."""
        return {
            "Project": self["mlinfra_project"],
            "Environment": self["mlinfra_environment"],
            "ManagedBy": "mlinfra.aws",
        }

    def bucket(self, purpose: str) -> str:
        """The name of a bucket; names of buckets are unique in the whole world."""
        suffix = hashlib.sha256(f"{self.account}{self.region}".encode()).hexdigest()[:SUFFIX_LENGTH]
        return f"{self.name}-{purpose}-{suffix}"
