# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The callback mlinfra.aws.warm keeps compiled templates, and no result changes by that."""

from __future__ import annotations

import json
import marshal
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret

from .conftest import PLAIN, Player, Run

pytestmark = pytest.mark.weight(30)

SECRET = "hush-hush-hush"
FILTER = """
from jinja2 import {decorator}

class FilterModule:
    def filters(self):
        return {{"told": told}}

@{decorator}
def told(passed, value):
    return f"{{type(passed).__name__}} {{value}}"
"""
VARIABLES: dict[str, Any] = {
    "plain": "word",
    "nested": "{{ plain }} and {{ plain | upper }}",
    "numbers": "{{ [3, 1, 2] | map('int') | select('gt', 1) | sort }}",
    "loop": "{%- for one in numbers -%}{{ loop.index }}:{{ one }} {% endfor -%}",
    "escaped": "{{ 'a.b' | regex_replace('(\\.)', '<\\1>') }} \\n {{ 'tab\\t' }}",
    "made": "{% set x = {'a': [plain]} %}{{ x }}",
    "chosen": "{{ missing | default('nothing') }}",
    "faulty": "{{ plain | int + }}",
    "unknown": "{{ plain | no_such_filter }}",
    "undefined": "{{ missing.member }}",
}
TASKS: list[dict[str, Any]] = [
    *({"name": name, "ansible.builtin.debug": {"var": name}, "ignore_errors": True} for name in VARIABLES),
    {"name": "when", "ansible.builtin.debug": {"msg": "{{ nested }}"}, "when": ["plain is match('w')", "numbers | length == 2"]},
    {"name": "not when", "ansible.builtin.debug": {"msg": "no"}, "when": "plain == nested or 4 in numbers"},
    {"name": "wrong when", "ansible.builtin.debug": {"msg": "no"}, "when": "plain ==", "ignore_errors": True},
    {"name": "items", "ansible.builtin.debug": {"msg": "{{ item }} {{ loop_index }}"}, "loop": "{{ numbers }}",
     "loop_control": {"index_var": "loop_index"}},
    {"name": "omit", "ansible.builtin.set_fact": {"fact": "{{ plain }}", "left_out": "{{ omit }}"}},
    {"name": "look-up", "ansible.builtin.debug": {"msg": "{{ lookup('ansible.builtin.env', 'FROM_OUTSIDE') }}"}},
    {"name": "file", "ansible.builtin.debug": {"msg": "{{ lookup('ansible.builtin.template', file) }}"}},
]  # fmt: skip


class Book:
    """A play that shows templates, and the folder in which they are kept."""

    def __init__(self, player: Player, folder: Path) -> None:
        self.player, self.folder, self.cache = player, folder, folder / "cache"
        (folder / "file.j2").write_text("#jinja2: variable_start_string:'[%', variable_end_string:'%]'\n[% nested %] {{ }}\n")

    def __call__(self, *tasks: dict[str, Any], cache: Path | str, options: tuple[str, ...] = (), **more: str) -> Run:
        """Run it."""
        play = {"vars": {**VARIABLES, "file": str(self.folder / "file.j2")}, "tasks": [*TASKS, *tasks]}
        run = self.player(
            PLAIN,
            [[play]],
            *options,
            ANSIBLE_CALLBACKS_ENABLED="mlinfra.aws.warm",
            ANSIBLE_WARM_CACHE=str(cache),
            MLINFRA_CONNECTION=PLAIN,
            FROM_OUTSIDE="outside",
            **more,
        )
        assert run.status == 0, run.text
        return run

    def kept(self) -> dict[bytes, bytes]:
        """What is kept."""
        (file,) = self.cache.glob("templates-*.sqlite")
        with sqlite3.connect(file) as database:
            return dict(database.execute("SELECT key, code FROM template"))

    def replace(self, before: str, after: str) -> None:
        """Write another constant into what is kept."""
        (file,) = self.cache.glob("templates-*.sqlite")
        with sqlite3.connect(file) as database:
            for key, code in database.execute("SELECT key, code FROM template").fetchall():
                database.execute(
                    "UPDATE template SET code = ? WHERE key = ?",
                    (marshal.dumps(_with(marshal.loads(code), before, after)), key),
                )


def _with(code: Any, before: str, after: str) -> Any:
    """The same code with another constant, in the functions in it too."""
    constants = tuple(
        _with(one, before, after) if hasattr(one, "co_consts") else after if one == before else one for one in code.co_consts
    )
    return code.replace(co_consts=constants)


@pytest.fixture
def book(player: Player, tmp_path: Path) -> Book:
    """A play of its own for each test."""
    return Book(player, tmp_path)


def test_results_are_the_same_with_nothing_kept_and_with_all(book: Book) -> None:
    """Mistakes among them, and the second run compiles nothing more."""
    plain = book(cache="").results
    assert list(Path.cwd().glob("templates-*")) == [], "the empty path is none"
    assert book(cache=book.cache).results == plain
    kept = book.kept()
    assert len(kept) > len(VARIABLES)
    assert book(cache=book.cache).results == plain
    assert book.kept() == kept
    assert book.cache.stat().st_mode & 0o77 == 0
    assert [file for file in book.cache.glob("templates-*") if file.stat().st_mode & 0o77] == []


def test_what_is_kept_is_what_is_used(book: Book) -> None:
    """Else it would cost time and save none."""
    book(cache=book.cache)
    book.replace("nothing", "something")
    assert book(cache=book.cache).results["chosen", "host0"]["chosen"] == "something"


def test_a_filter_that_wants_something_else_is_no_longer_the_same(book: Book) -> None:
    """What it is passed is part of what a template compiles to."""
    filters = book.folder / "filters"
    filters.mkdir()
    task = {"name": "told", "ansible.builtin.debug": {"msg": "{{ plain | told }}"}}
    for decorator, passed in (("pass_environment", "AnsibleEnvironment"), ("pass_context", "AnsibleContext")) * 2:
        (filters / "own.py").write_text(FILTER.format(decorator=decorator))
        run = book(task, cache=book.cache, ANSIBLE_FILTER_PLUGINS=str(filters), PYTHONDONTWRITEBYTECODE="1")
        assert run.results["told", "host0"]["msg"] == f"{passed} word"


def test_what_is_encrypted_or_comes_from_the_command_line_is_not_kept(book: Book) -> None:
    """It works all the same."""
    password = book.folder / "password"
    password.write_text("password")
    vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, VaultSecret(b"password"))])
    variables = book.folder / "secrets.yml"
    variables.write_bytes(vault.encrypt(f"secret: \"{{{{ '{SECRET}' ~ plain }}}}\"".encode()))
    tasks = [
        {"name": "read", "ansible.builtin.include_vars": {"file": str(variables)}},
        {"name": "tell", "ansible.builtin.debug": {"msg": "{{ secret }} {{ given }}"}},
    ]
    given = ("-e", json.dumps({"given": f"{{{{ plain ~ '{SECRET}' }}}}"}))
    run = book(*tasks, options=given, cache=book.cache, ANSIBLE_VAULT_PASSWORD_FILE=str(password))
    assert run.results["tell", "host0"]["msg"] == f"{SECRET}word word{SECRET}"
    assert len(book.kept()) > len(VARIABLES)
    assert not any(SECRET.encode() in code for code in book.kept().values())


def test_where_nothing_can_be_kept_templates_are_compiled_as_ever(book: Book) -> None:
    """Others may write into the folder, a file stands in its place, or the database is none."""
    plain = book(cache="").results
    open_to_all = book.folder / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    assert book(cache=open_to_all).results == plain
    assert list(open_to_all.glob("templates-*")) == []
    (book.folder / "in the way").touch()
    assert book(cache=book.folder / "in the way").results == plain
    book(cache=book.cache)
    (database,) = book.cache.glob("templates-*.sqlite")
    for file in book.cache.glob("templates-*"):
        os.truncate(file, 0)
    database.write_bytes(b"no database" * 1000)
    assert book(cache=book.cache).results == plain
