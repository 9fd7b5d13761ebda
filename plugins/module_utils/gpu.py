# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the GPUs of an instance type can do, by the type's name. No API calls."""

from __future__ import annotations

import re

# By the generation of NVIDIA's GPUs. g4ad has GPUs of AMD; trn, inf and dl have none that CUDA runs on.
_CUDA = (
    # From Turing on: g4dn (T4), g5g (T4G), g5 (A10G), g6 and gr6 (L4), p4 (A100), p5 (H100, H200), p6 (B200, B300), …
    (13, r"g4dn|g[5-9][a-z]*|gr[0-9]+[a-z]*|p[4-9][a-z]*(-[a-z0-9]+)?"),
    # Volta (V100): no CUDA after 12, no driver after 580, and never the driver's open kernel module.
    (12, r"p3|p3dn"),
    # Kepler and Maxwell (K80, M60).
    (11, r"g2|g3|g3s|p2"),
)
# The oldest CUDA that a locked PyTorch is built with.
OLDEST_CUDA = 12


def instance_cuda(instance_type: str) -> int:
    """The newest major version of CUDA that runs on the GPUs of an instance type; 0 where it has none of NVIDIA's.

    Args:
        instance_type: such as g5.xlarge; empty for a host that is no instance.
    """
    family = instance_type.partition(".")[0]
    return next((cuda for cuda, pattern in _CUDA if re.fullmatch(pattern, family)), 0)
