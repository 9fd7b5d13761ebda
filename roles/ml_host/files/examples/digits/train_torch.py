# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Teach a small PyTorch network to read digits. Stopped at any step, it goes on to the very same result.

    mlinfra run --data processed/digits train_torch.py
    python train_torch.py   # by hand: with data/processed/digits, into ~/runs/digits-torch
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy
import torch
from mlinfra import training
from torch import nn

BATCH = 64
# With this a GPU computes the same each time, as a CPU does anyway.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def network() -> nn.Module:
    """Two convolutions, then a score for each digit."""
    convolutions = nn.Unflatten(1, (1, 8)), nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU()
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Dropout(0.3), nn.Linear(512, 10))


def validate(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """How good the model is on images that it has not learned from."""
    with torch.no_grad():
        scores = model.eval()(images)
    right = (scores.argmax(1) == labels).float().mean().item()
    return {"accuracy": right, "loss": nn.functional.cross_entropy(scores, labels).item()}


def train(run: training.Run, data: Path, epochs: int) -> list[float]:
    """Train from the newest checkpoint to the end, write the model, and return the accuracy after each epoch."""
    names = "train-images", "train-labels", "validation-images", "validation-labels"
    images, labels, *unseen = (torch.from_numpy(numpy.load(data / f"{name}.npy")).to(DEVICE) for name in names)
    # So small a network gains nothing from more threads, and loses much where other programs want the cores.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(0)
    model = network().to(DEVICE)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    done, newest = run.newest()
    if newest:
        state = torch.load(newest, map_location="cpu")
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        torch.cuda.set_rng_state_all(state["random_cuda"])

    accuracies = []
    steps = len(images) // BATCH
    with run.writer() as writer, training.stop_requested() as stop_requested:
        for step in range(done + 1, epochs * steps + 1):
            epoch, batch = divmod(step - 1, steps)
            # The order follows from the epoch alone: it is the same after a stop.
            rows = numpy.random.default_rng(epoch).permutation(len(images))[batch::steps]
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model.train()(images[rows]), labels[rows])
            loss.backward()
            optimizer.step()
            writer.add_scalar("loss/training", loss.item(), step)
            if whole := batch + 1 == steps:
                metrics = validate(model, *unseen)
                accuracies.append(metrics["accuracy"])
                for name, value in metrics.items():
                    writer.add_scalar(f"{name}/validation", value, step)
                print(f"Epoch {epoch + 1} of {epochs}: accuracy {metrics['accuracy']:.3f}", flush=True)
            if (stopping := stop_requested()) or whole:
                state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
                state |= {"random": torch.get_rng_state(), "random_cuda": torch.cuda.get_rng_state_all()}
                run.checkpoint(step, ".pt", lambda path, state=state: torch.save(state, path))
            if stopping:
                training.stop(step)

    metrics = validate(model, *unseen)
    served, example = nn.Sequential(model, nn.Softmax(1)).cpu().eval(), unseen[0][:3].cpu()
    program = torch.export.export(served, (example,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    training.write(run.model / "model.pt2", lambda path: torch.export.save(program, path))
    answer = served(example).detach().numpy()
    run.finish("torch", "model.pt2", {"images": example.numpy()}, {"probabilities": answer}, metrics)
    return accuracies


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=20)
    train(training.Run.open("digits-torch"), training.dataset("processed/digits"), parser.parse_args().epochs)
