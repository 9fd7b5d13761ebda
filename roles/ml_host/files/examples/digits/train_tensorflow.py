# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Teach a small TensorFlow network to read digits. Stopped at any step, it goes on to the very same result.

    mlinfra run --data processed/digits train_tensorflow.py
    python train_tensorflow.py   # by hand: with data/processed/digits, into ~/runs/digits-tensorflow
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy
import tensorflow
from mlinfra import training
from tensorflow import keras

BATCH = 64


def network() -> keras.Model:
    """Two convolutions, then a probability for each digit."""
    layers = keras.layers
    model = keras.Sequential(
        [
            *(keras.Input((8, 8), name="images"), layers.Reshape((8, 8, 1))),
            *(layers.Conv2D(16, 3, activation="relu"), layers.Conv2D(32, 3, activation="relu")),
            *(layers.Flatten(), layers.Dropout(0.3), layers.Dense(10, activation="softmax")),
        ]
    )
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def validate(model: keras.Model, images: numpy.ndarray, labels: numpy.ndarray) -> dict[str, float]:
    """How good the model is on images that it has not learned from."""
    model.reset_metrics()
    return {name: float(value) for name, value in model.test_on_batch(images, labels, return_dict=True).items()}


def train(run: training.Run, data: Path, epochs: int) -> list[float]:
    """Train from the newest checkpoint to the end, write the model, and return the accuracy after each epoch."""
    names = "train-images", "train-labels", "validation-images", "validation-labels"
    images, labels, *unseen = (numpy.load(data / f"{name}.npy") for name in names)
    keras.utils.set_random_seed(0)
    tensorflow.config.experimental.enable_op_determinism()
    model = network()
    model.optimizer.build(model.trainable_variables)
    # All that changes on the way, the random state of the dropout too, which a .keras file would not hold.
    state = model.variables + model.optimizer.variables
    done, newest = run.newest()
    if newest:
        with numpy.load(newest) as saved:
            for variable, value in zip(state, saved.values(), strict=True):
                variable.assign(value)

    accuracies = []
    steps = len(images) // BATCH
    writer = tensorflow.summary.create_file_writer(str(run.logs))
    with writer.as_default(), training.stop_requested() as stop_requested:
        for step in range(done + 1, epochs * steps + 1):
            epoch, batch = divmod(step - 1, steps)
            # The order follows from the epoch alone: it is the same after a stop.
            rows = numpy.random.default_rng(epoch).permutation(len(images))[batch::steps]
            model.reset_metrics()
            loss = model.train_on_batch(images[rows], labels[rows], return_dict=True)["loss"]
            tensorflow.summary.scalar("loss/training", loss, step)
            if whole := batch + 1 == steps:
                metrics = validate(model, *unseen)
                accuracies.append(metrics["accuracy"])
                for name, value in metrics.items():
                    tensorflow.summary.scalar(f"{name}/validation", value, step)
                print(f"Epoch {epoch + 1} of {epochs}: accuracy {metrics['accuracy']:.3f}", flush=True)
            if (stopping := stop_requested()) or whole:
                run.checkpoint(step, ".npz", lambda path: numpy.savez(path, *(variable.numpy() for variable in state)))
            if stopping:
                training.stop(step)

    metrics = validate(model, *unseen)
    training.write(run.model / "model.keras", model.save)
    example = unseen[0][:3]
    answer = model(example, training=False).numpy()
    run.finish("tensorflow", "model.keras", {"images": example}, {"probabilities": answer}, metrics)
    return accuracies


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=20)
    train(training.Run.open("digits-tensorflow"), training.dataset("processed/digits"), parser.parse_args().epochs)
