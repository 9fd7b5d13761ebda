# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Answers of AWS as its own service models describe them: whatever may be there, with any text and any number in it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.model import Shape
from hypothesis import strategies as st

from .hostile import texts

_DEEPEST = 2
_TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def entries(service: str, operation: str, *path: str, always: tuple[str, ...] = ()) -> st.SearchStrategy[Any]:
    """The entries of a list in an answer.

    Args:
        service: its name.
        operation: the call.
        path: the members that lead to the list.
        always: members that AWS always sends, though its model does not say so.
    """
    shape = _model(service).operation_model(operation).output_shape
    for name in path:
        shape = shape.members[name] if shape.type_name == "structure" else shape.member.members[name]
    return like(shape.member if shape.type_name == "list" else shape, always)


def like(shape: Shape, always: tuple[str, ...] = (), depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a shape."""
    kind = shape.type_name
    if kind == "structure":
        members = {
            name: member for name, member in shape.members.items() if depth <= _DEEPEST or name in shape.required_members
        }
        made = {name: like(member, (), depth + 1) for name, member in members.items()}
        # A tag is its key and its value, and so are other pairs; a part of an entry is whole where it is there.
        needed = {*shape.required_members, *always, *({"Key", "Value"} & made.keys())}
        return st.fixed_dictionaries(
            {name: made[name] for name in made if name in needed},
            optional={name: made[name] for name in made if name not in needed},
        )
    if kind == "list":
        return st.lists(like(shape.member, (), depth + 1), max_size=2)
    if kind == "map":
        return st.dictionaries(texts, like(shape.value, (), depth + 1), max_size=2)
    if kind == "string":
        return st.sampled_from(shape.enum) if shape.enum else texts
    simple: dict[str, st.SearchStrategy[Any]] = {
        "boolean": st.booleans(),
        "integer": st.integers(0, 2**31 - 1),
        "long": st.integers(0, 2**63 - 1),
        "float": st.floats(0, 1e12),
        "double": st.floats(0, 1e12),
        "timestamp": _TIMES,
        "blob": st.binary(max_size=20),
    }
    return simple[kind]
