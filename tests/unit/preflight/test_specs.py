# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Argument specifications are applied to every part of a setting, and the part is named."""

from __future__ import annotations

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.preflight.specs import judge, required_problems

PORTS = {
    "type": "list",
    "elements": "dict",
    "options": {
        "port": {"type": "int", "required": True},
        "protocol": {"type": "str", "choices": ["tcp", "udp"], "default": "tcp"},
    },
}


@pytest.mark.parametrize(
    ("options", "value", "result"),
    [
        ({"type": "str"}, "a", "a"),
        ({}, "a", "a"),
        ({"type": "int"}, "80", 80),
        ({"type": "bool"}, "yes", True),
        ({"type": "list", "elements": "int"}, ["1", 2], [1, 2]),
        ({"type": "list", "elements": "str", "choices": ["a", "b"]}, ["a"], ["a"]),
        ({"type": "int", "required": True, "default": 3}, 4, 4),
        ({"type": "dict"}, {"any": "thing"}, {"any": "thing"}),
        (PORTS, [{"port": "22"}], [{"port": 22, "protocol": "tcp"}]),
    ],
)
def test_what_fits_gets_its_type(options: dict, value: object, result: object) -> None:
    """The settings come back as the role will use them."""
    assert judge({"x": options}, {"x": value}) == ({"x": result}, [])


@pytest.mark.parametrize(
    ("options", "value", "line"),
    [
        ({"type": "int"}, "many", "x: many has the wrong type; give a whole number"),
        ({"type": "bool"}, "perhaps", "x: perhaps has the wrong type; give true or false"),
        ({"choices": ["a", "b"]}, "c", "x: c is not known; choose one of a, b"),
        ({"type": "str"}, None, "x: (empty) has no value; give a text, or drop the line"),
        ({"type": "list", "elements": "int"}, [1, "two"], "x[1]: two has the wrong type; give a whole number"),
        ({"type": "list", "elements": "str", "choices": ["a"]}, ["a", "b"], "x[1]: b is not known; choose one of a"),
        (
            {"type": "list", "elements": "str"},
            {"a": "b"},
            "x: {'a': 'b'} has the wrong type; give a list of texts",
        ),
        (PORTS, [{"port": 22, "colour": "red"}], "x[0].colour: red is not known; use port, protocol"),
        (PORTS, [{"protocol": "tcp"}], "x[0].port: (empty) is missing; give a whole number"),
        (PORTS, [{"port": 22, "protocol": "icmp"}], "x[0].protocol: icmp is not known; choose one of tcp, udp"),
        (PORTS, [{"port": 22}, {"port": "ssh"}], "x[1].port: ssh has the wrong type; give a whole number"),
        (PORTS, [7], "x[0]: 7 has the wrong type; give a dictionary"),
    ],
)
def test_what_does_not_fit_is_named(options: dict, value: object, line: str) -> None:
    """By the part that is wrong, what it holds and what is allowed; and rules don't get to see it."""
    assert judge({"x": options}, {"x": value}) == ({}, [line])


def test_secrets_are_not_repeated() -> None:
    """Neither the value nor a part of it."""
    secret = "correct horse"
    for options in ({"type": "int"}, {"choices": ["a"]}, {"type": "list", "elements": "int"}):
        _fitting, found = judge(
            {"x": {**options, "no_log": True}}, {"x": [secret] if "elements" in options else secret}
        )
        assert len(found) == 1
        assert secret not in found[0]
        assert "(not shown)" in found[0]


def test_each_setting_is_judged_by_itself() -> None:
    """One mistake hides no other, and settings without a specification are none of its business."""
    spec = {name: {"type": "int"} for name in ("a", "b", "c")}
    fitting, found = judge(spec, {"a": "x", "b": "y", "c": 1, "d": "z"})
    assert fitting == {"c": 1}
    assert [line.split(":")[0] for line in found] == ["a", "b"]


def test_what_is_required_must_be_there() -> None:
    """Settings without a default are for the inventory to give."""
    spec = {"a": {"type": "int", "required": True}, "b": {"required": True}, "c": {}}
    assert required_problems(spec, {"b"}) == ["a: (empty) is missing; give a whole number"]
