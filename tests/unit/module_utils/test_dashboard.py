# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bodies of dashboards: read, compared, written."""

from __future__ import annotations

import json

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.mlinfra.aws.plugins.module_utils.dashboard import api, transform
from hypothesis import given
from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)
BODIES = st.dictionaries(st.text(), JSON, max_size=4)


@given(BODIES)
def test_a_written_body_reads_as_the_same(body):
    assert transform.same_json(transform.parse_body(transform.render_body(body)), body)


@given(JSON, JSON)
def test_same_means_the_same_canonical_text(one, other):
    def canonical(value):
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, list):
            return [canonical(member) for member in value]
        if isinstance(value, dict):
            return {key: canonical(member) for key, member in value.items()}
        return value

    texts = [json.dumps(canonical(value), sort_keys=True) for value in (one, other)]
    assert transform.same_json(one, other) is (texts[0] == texts[1])


@given(BODIES)
def test_spaces_and_order_mean_nothing(body):
    spaced = json.dumps(dict(reversed(body.items())), indent=3)
    assert transform.same_json(transform.parse_body(spaced), body)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(1, 1.0, True), (1, True, False), (0, False, False), ([1], [True], False), ("1", 1, False), (None, False, False)],
)
def test_kinds_of_values(one, other, same):
    assert transform.same_json({"a": one}, {"a": other}) is same


@pytest.mark.parametrize(("text", "problem"), [("{", "not JSON: "), ("[]", "not a JSON object"), ("", "not JSON")])
def test_a_body_that_is_none(text, problem):
    with pytest.raises(ValueError, match=problem):
        transform.parse_body(text)


@pytest.mark.parametrize("code", ["ResourceNotFound", "DashboardNotFoundError"])
def test_a_missing_dashboard_is_an_answer(aws, code):
    aws.refuse("cloudwatch", "get_dashboard", code)
    assert api.get_dashboard(aws("cloudwatch"), "d") is None
    aws.refuse("cloudwatch", "delete_dashboards", code)
    api.delete_dashboard(aws("cloudwatch"), "d")


def test_remarks_on_a_body_that_was_written(aws):
    remarks = [{"DataPath": "/widgets/0", "Message": "no region"}, {"Message": "old"}]
    request = {"DashboardName": "d", "DashboardBody": "{}"}
    aws.answer("cloudwatch", "put_dashboard", {"DashboardValidationMessages": remarks}, request)
    assert api.put_dashboard(aws("cloudwatch"), "d", "{}") == ["/widgets/0: no region", "old"]


def test_all_remarks_on_a_body_that_was_refused(aws):
    remarks = [{"DataPath": "/widgets/0", "Message": "no type"}, {"DataPath": "/start", "Message": "no time"}]
    aws.refuse("cloudwatch", "put_dashboard", "InvalidParameterInput", "bad", dashboardValidationMessages=remarks)
    with pytest.raises(AnsibleAWSError, match="/widgets/0: no type; /start: no time"):
        api.put_dashboard(aws("cloudwatch"), "d", "{}")


@pytest.mark.parametrize("code", ["InvalidParameterInput", "DashboardInvalidInputError", "AccessDenied"])
def test_a_refusal_without_remarks(aws, code):
    aws.refuse("cloudwatch", "put_dashboard", code, "bad")
    with pytest.raises(AnsibleAWSError, match="Failed to write the dashboard"):
        api.put_dashboard(aws("cloudwatch"), "d", "{}")
