# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What comes from hosts and AWS is read and steers nothing."""

from __future__ import annotations

from ansible_collections.mlinfra.aws.plugins.module_utils.visible import visible
from hypothesis import given
from hypothesis import strategies as st


def test_what_would_steer_is_spelled_out() -> None:
    assert visible("\x1b]0;title\x07\x1b[2J\r\x9b31m\u202ea\ud800") == r"\x1b]0;title\x07\x1b[2J\r\x9b31m\u202ea\ud800"


def test_text_stays() -> None:
    text = "ünï 日本語 🙂\tline\nnext 'quoted' \\ {{ x }}"
    assert visible(text) == text


def test_colors_stay_where_they_are_ours() -> None:
    assert visible("\x1b[0;32m+ line\x1b[0m\x1b[2J", colored=True) == "\x1b[0;32m+ line\x1b[0m\\x1b[2J"


@given(st.text())
def test_twice_is_once(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert not any(letter in visible(text) for letter in "\x1b\r\x9b\x00")
