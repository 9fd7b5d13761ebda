# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""torchrun over hosts of a Ray cluster: `python -m mlinfra.cluster HOSTS PROCESSES SCRIPT [ARGUMENTS]`, as a job of it.

Ray brings the code to the hosts and starts torchrun once on each; these find each other by torchrun's own rendezvous.
"""

from __future__ import annotations

import os
import subprocess
import sys

# How long hosts may take to become free for it.
SECONDS_TO_BEGIN = 600


def command(hosts: int, processes: int, rank: int, endpoint: str, address: str, script: list[str]) -> list[str]:
    """How torchrun is called on one host.

    Args:
        hosts: how many there are.
        processes: on each of them.
        rank: of this host; the first one has the rendezvous.
        endpoint: address and port of the rendezvous.
        address: this host's, at which the others reach it.
        script: the script and its arguments.
    """
    return [
        *(sys.executable, "-m", "torch.distributed.run"),
        *(f"--nnodes={hosts}", f"--nproc-per-node={processes}", "--rdzv-backend=c10d", f"--rdzv-endpoint={endpoint}"),
        *(f"--rdzv-id={os.environ.get('MLINFRA_RUN', 'run')}", f"--rdzv-conf=is_host={int(rank == 0)}"),
        *(f"--local-addr={address}", *script),
    ]


def launch(hosts: int, processes: int, script: list[str]) -> int:
    """Run torchrun on so many hosts, and wait. Returns 0, or an exit status of one that failed.

    Args:
        hosts: how many; 0 for all that are there.
        processes: on each of them.
        script: the script and its arguments.
    """
    import ray
    from ray.util.placement_group import placement_group
    from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

    ray.init(address="auto")
    hosts = hosts or sum(node["Alive"] for node in ray.nodes())
    needs = {"CPU": processes, **({"GPU": processes} if ray.cluster_resources().get("GPU") else {})}
    group = placement_group([needs] * hosts, strategy="STRICT_SPREAD")
    if not group.wait(SECONDS_TO_BEGIN):
        print(f"There are no {hosts} hosts with {processes} free cores each.", file=sys.stderr)
        return 1

    @ray.remote(num_cpus=processes, num_gpus=needs.get("GPU", 0), max_retries=0)
    def address() -> str:
        return ray.util.get_node_ip_address()

    @ray.remote(num_cpus=processes, num_gpus=needs.get("GPU", 0), max_retries=0)
    def work(rank: int, endpoint: str) -> int:
        call = command(hosts, processes, rank, endpoint, ray.util.get_node_ip_address(), script)
        return subprocess.run(call, check=False).returncode

    places = [PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=rank) for rank in range(hosts)]
    first = ray.get(address.options(scheduling_strategy=places[0]).remote())
    endpoint = f"{first}:{os.environ.get('MLINFRA_RENDEZVOUS_PORT', '29400')}"
    running = [work.options(scheduling_strategy=place).remote(rank, endpoint) for rank, place in enumerate(places)]
    return next((status for status in ray.get(running) if status), 0)


if __name__ == "__main__":
    sys.exit(launch(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
