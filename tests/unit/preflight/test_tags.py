# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags fit all services that take them."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight.tags import tags_problems


@pytest.mark.parametrize(
    "tags", [{}, {"Owner": "Ada Lovelace", "Cost:Centre": 42, "path": "a/b=c+d-e@f", "Ä": "ü", "empty": ""}]
)
def test_good_tags_pass(tags: dict) -> None:
    """Letters of any language, digits, spaces and AWS's own list of other characters."""
    assert tags_problems("x", tags) == []


@pytest.mark.parametrize(
    ("tags", "fault"),
    [
        ({"aws:owner": "a"}, "aws:"),
        ({"AWS:owner": "a"}, "aws:"),
        ({"k" * 129: "a"}, "129 characters"),
        ({"k": "v" * 257}, "257 characters"),
        ({"k": "$(id)"}, "x.k: $(id)"),
        ({"{{k}}": "a"}, "can't have"),
        ({"k": True}, "quotation marks"),
        ({"k": None}, "quotation marks"),
        ({"k": ["a"]}, "quotation marks"),
        ({"": "a"}, "no key"),
        ({"Owner": "a", "owner": "b"}, "case only"),
        ({f"k{number}": "a" for number in range(47)}, "too many"),
        (["a"], "not a dictionary"),
    ],
)
def test_bad_tags_are_named(tags: object, fault: str) -> None:
    """One line, with what is wrong."""
    found = tags_problems("x", tags)
    assert len(found) == 1
    assert fault in found[0]


def test_a_tag_that_is_judged_elsewhere_is_not_named_again() -> None:
    """A role's tags are the project's and more: only what is more is the role's mistake."""
    shared = {"Owner": "a;b", "owner": "c"}
    assert tags_problems("network_tags", shared, shared) == []
    assert len(tags_problems("network_tags", {**shared, "Team": "d;e"}, shared)) == 1
