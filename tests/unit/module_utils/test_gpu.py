# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which CUDA runs on which instance type."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.gpu import instance_cuda

TURING_AND_LATER = (
    *("g4dn.xlarge", "g5.xlarge", "g5g.2xlarge", "g6.xlarge", "g6e.48xlarge", "g6f.large", "gr6.4xlarge", "gr6f.4xlarge"),
    *("g7e.2xlarge", "p4d.24xlarge", "p4de.24xlarge", "p5.48xlarge", "p5e.48xlarge", "p5en.48xlarge", "p6-b200.48xlarge"),
)


@pytest.mark.parametrize(
    ("cuda", "types"),
    [
        (13, TURING_AND_LATER),
        (12, ("p3.2xlarge", "p3.16xlarge", "p3dn.24xlarge")),
        (11, ("g3.4xlarge", "g3s.xlarge", "p2.xlarge", "g2.2xlarge")),
        (0, ("t3.medium", "m7g.large", "g4ad.xlarge", "trn1.2xlarge", "inf2.xlarge", "dl1.24xlarge", "")),
    ],
)
def test_by_the_generation_of_its_gpus(cuda: int, types: tuple[str, ...]) -> None:
    assert {one: instance_cuda(one) for one in types} == dict.fromkeys(types, cuda)
