"""Fits a line over hosts of a cluster, step by step, with a checkpoint after each: fit.py STEPS SECONDS_A_STEP."""

from __future__ import annotations

import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import ray
import torch
from mlinfra.training import Run, write
from ray import train
from ray.train import Checkpoint, FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer, prepare_model

STATE = "state.pt"
WORKERS = 3


def work(settings: dict[str, Any]) -> None:
    """One worker's part: its third of the points, with the gradients of all."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rank = train.get_context().get_world_rank()
    points = torch.linspace(-1, 1, 96).reshape(-1, 1)[rank::WORKERS]
    model = prepare_model(torch.nn.Linear(1, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    done = 0
    if checkpoint := train.get_checkpoint():
        with checkpoint.as_directory() as folder:
            state = torch.load(Path(folder) / STATE)
        model.module.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        done = state["step"]
    print(f"worker {rank} on {socket.gethostname()} begins after step {done}", flush=True)
    for step in range(done + 1, settings["steps"] + 1):
        optimizer.zero_grad()
        loss = (model(points) - (3 * points + 1)).square().mean()
        loss.backward()
        optimizer.step()
        time.sleep(settings["pause"])
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = None
            if rank == 0:
                state = {"model": model.module.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
                torch.save(state, Path(folder) / STATE)
                checkpoint = Checkpoint.from_directory(folder)
            train.report({"loss": loss.item(), "step": step}, checkpoint=checkpoint)
        if rank == 0:
            print(f"step {step} is kept", flush=True)


def main() -> None:
    """Train, and write the model as any other run does."""
    run = Run.open("fit")
    trainer = TorchTrainer(
        work,
        train_loop_config={"steps": int(sys.argv[1]), "pause": float(sys.argv[2])},
        scaling_config=ScalingConfig(num_workers=WORKERS, placement_strategy="SPREAD"),
        run_config=RunConfig(failure_config=FailureConfig(max_failures=3), **run.in_bucket()),
    )
    result = trainer.fit()
    with result.checkpoint.as_directory() as folder:
        state = torch.load(Path(folder) / STATE)
    model = torch.nn.Linear(1, 1)
    model.load_state_dict(state["model"])
    example = torch.tensor([[0.0], [0.5], [1.0]])
    program = torch.export.export(model.eval(), (example,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    write(run.model / "model.pt2", lambda path: torch.export.save(program, path))
    answer = model(example).detach().numpy()
    metrics = {"slope": model.weight.item(), "offset": model.bias.item(), "step": state["step"]}
    run.finish("torch", "model.pt2", {"x": example.numpy()}, {"y": answer}, metrics)
    print(f"fitted {metrics}", flush=True)


if __name__ == "__main__":
    ray.init(address="auto")
    main()
