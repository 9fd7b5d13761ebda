# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Deep Learning base images, with NVIDIA's driver: what the emulator says of them."""

from __future__ import annotations

import hashlib

PARAMETER = "/aws/service/deeplearning/ami/{}/base-oss-nvidia-driver-gpu-amazon-linux-2023/latest/ami-id"
# By architecture.
IMAGES = {
    "x86_64": "Deep Learning Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023) 20260917",
    "arm64": "Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023) 20260917",
}
# Gibibytes of their root volume, about as on AWS, where it changes with the release.
ROOT_SIZE = 75


def image_id(region: str, architecture: str) -> str:
    """The id of an image: another one in each region, and always the same."""
    return f"ami-{hashlib.sha256(f'{region} {IMAGES[architecture]}'.encode()).hexdigest()[:17]}"
