# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs on the host: raw/ to processed/, one training step each in PyTorch and TensorFlow, checkpoints to experiments/.

The host's own means only: bucket names from its environment, credentials from its instance role.
"""

import io
import os
import tempfile
from pathlib import Path

import boto3
import pandas
import tensorflow
import torch
from torch.utils.tensorboard import SummaryWriter

datasets, models = os.environ["MLINFRA_DATASETS_BUCKET"], os.environ["MLINFRA_MODELS_BUCKET"]
s3 = boto3.client("s3")

raw = pandas.read_csv(io.BytesIO(s3.get_object(Bucket=datasets, Key="raw/points.csv")["Body"].read()))
processed = raw.dropna().assign(x=lambda frame: (frame.x - frame.x.mean()) / frame.x.std())
s3.put_object(Bucket=datasets, Key="processed/points.csv", Body=processed.to_csv(index=False).encode())
x, y = processed[["x"]].to_numpy("float32"), processed[["y"]].to_numpy("float32")

with tempfile.TemporaryDirectory() as folder, SummaryWriter(os.environ["TENSORBOARD_RUN"]) as writer:
    network = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    before = torch.nn.functional.mse_loss(network(torch.tensor(x)), torch.tensor(y))
    before.backward()
    optimizer.step()
    after = torch.nn.functional.mse_loss(network(torch.tensor(x)), torch.tensor(y))
    assert after < before, (after, before)
    for step, loss in enumerate((before, after)):
        writer.add_scalar("loss", loss.item(), step)
    torch.save(network.state_dict(), Path(folder) / "model.pt")
    s3.upload_file(str(Path(folder) / "model.pt"), models, "experiments/e2e/model.pt")

    keras = tensorflow.keras.Sequential([tensorflow.keras.Input((1,)), tensorflow.keras.layers.Dense(1)])
    keras.compile(optimizer=tensorflow.keras.optimizers.SGD(0.1), loss="mse")
    before = keras.evaluate(x, y, verbose=0)
    keras.train_on_batch(x, y)
    assert keras.evaluate(x, y, verbose=0) < before
    keras.save(Path(folder) / "model.keras")
    s3.upload_file(str(Path(folder) / "model.keras"), models, "experiments/e2e/model.keras")

print("trained")
