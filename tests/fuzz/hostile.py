# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a setting may be given by mistake or by malice."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

# Each would act where it is not handled as text: on a shell, a template, a path, a pattern, a terminal or a format.
TEXTS = [
    "{{ 7 * 7 }}",
    "{% for x in [1] %}{{ x }}{% endfor %}",
    "{# nothing #}",
    "{{ lookup('ansible.builtin.pipe', 'touch executed') }}",
    "$(touch executed)",
    "`touch executed`",
    "; touch executed #",
    "a && touch executed",
    "| touch executed",
    "'; touch executed; '",
    '"; touch executed; "',
    "$HOME",
    "${IFS}",
    "~root",
    "line\nfeed",
    "last\n",
    "carriage\rreturn",
    "tab\tstop",
    "nul\0byte",
    "\x1b]0;title\x07\x1b[2J",
    "\x9b31m",
    "\u202egnp.exe",
    "ünï¢ødé 日本語 🙂",
    "e\u0301\u200b",
    "\ud800",
    "../../etc/passwd",
    "-rf",
    "--option=value",
    "%s%n{0}{}",
    "\\",
    "*",
    " ",
    "",
    "null",
    "1e999",
    "x" * 10_000,
]
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**70,
    1.5,
    float("inf"),
    float("nan"),
    [],
    [None],
    [[]],
    [{}],
    ["$(touch executed)", 7],
    {},
    {"": ""},
    {"{{ 7 * 7 }}": "$HOME"},
    {"a": None},
    {7: [1]},
    b"bytes",
    *TEXTS,
]

texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=40))
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
values = st.recursive(
    st.one_of(scalars, st.sampled_from(VALUES)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(texts, st.integers()), inner, max_size=3)
    ),
    max_leaves=6,
)
