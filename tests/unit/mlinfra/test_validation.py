# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which models are fit for production."""

from __future__ import annotations

import pytest
from mlinfra import s3
from mlinfra.errors import Invalid, Missing, Usage
from mlinfra.models.validation import Requirement, validate
from trained import train


@pytest.mark.parametrize(
    ("text", "metrics", "said"),
    [
        ("accuracy>=0.9", {"accuracy": 0.9}, ""),
        (" loss < 1e-1 ", {"loss": 0.05}, ""),
        ("epochs==3", {"epochs": 3}, ""),
        ("accuracy>0.9", {"accuracy": 0.9}, "accuracy>0.9 is required, and it is 0.9."),
        ("accuracy>=0.9", {"accuracy": float("nan")}, "accuracy>=0.9 is required, and it is nan."),
        ("f1>=0.9", {"accuracy": 1, "loss": 0}, "f1>=0.9 is required, and the run has no such metric. It has accuracy, loss."),
        ("done==1", {"done": True}, "done==1 is required, and the run has no such metric. It has done."),
        ("f1>=0.9", {}, "f1>=0.9 is required, and the run has no such metric. It has none at all."),
    ],
)
def test_what_a_metric_has_to_be(text, metrics, said):
    assert Requirement.parse(text).unmet(metrics) == said


@pytest.mark.parametrize("text", ["accuracy", "accuracy>=", ">=0.9", "accuracy=>0.9", "accuracy>=high", ""])
def test_what_is_no_requirement(text):
    with pytest.raises(Usage, match="is no requirement"):
        Requirement.parse(text)


def test_a_model_that_is_fit(buckets):
    files = train(buckets.models, "first")
    found = validate("first", [Requirement.parse("accuracy>=0.9")])
    assert (found.requirements, found.metrics, set(found.files)) == (["accuracy>=0.9"], {"accuracy": 0.95}, set(files))


def test_all_that_is_wrong_is_told_at_once(buckets):
    train(buckets.models, "bad", 0.5, checksums=False, state="failed")
    s3.client().put_object(Bucket=buckets.models, Key="experiments/bad/model/manifest.json", Body=b"{}")
    with pytest.raises(Invalid) as caught:
        validate("bad", [Requirement.parse("accuracy>=0.9")])
    assert caught.value.text == (
        "The model of bad is not fit for production. The run has not succeeded: it is failed. "
        "These names are taken in production: manifest.json. Without a checksum, because nobody sent it by mlinfra: "
        "assets/words, manifest.json, model.json, model.pt2. accuracy>=0.9 is required, and it is 0.5."
    )


def test_a_run_without_a_model(buckets):
    train(buckets.models, "empty")
    for key in buckets.keys(buckets.models, "experiments/empty/model/"):
        s3.client().delete_object(Bucket=buckets.models, Key=key)
    with pytest.raises(Invalid, match="It has no model"):
        validate("empty")


def test_a_run_that_does_not_exist(buckets):
    with pytest.raises(Missing, match="There is no run none"):
        validate("none")
    with pytest.raises(Usage, match="can't name a run"):
        validate("../x")


def test_a_model_that_does_not_answer_its_example(buckets):
    train(buckets.models, "odd", model=b"broken")
    with pytest.raises(Invalid, match="does not answer its example"):
        validate("odd")


def test_a_model_that_is_corrupt(buckets):
    train(buckets.models, "torn")
    where = {"Bucket": buckets.models, "Key": "experiments/torn/model/model.pt2"}
    metadata = s3.client().head_object(**where)["Metadata"]
    s3.client().put_object(**where, Body=b"weights of tOrn", Metadata=metadata)
    with pytest.raises(Invalid, match="it is corrupt"):
        validate("torn")
