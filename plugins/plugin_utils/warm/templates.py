# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keeps compiled templates. Ansible compiles a template whenever it meets it, and each fork begins with none.

What a template compiles to depends on its text, on the settings of its environment, and on what the filters and tests
in it want to be passed. All of that is compared before what is kept is used. For the next run is kept what stands in a
file in clear, and nothing of an encrypted file or of the command line.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import marshal
import os
import pathlib
import sqlite3
import sys
import threading
import types
import typing as t

import ansible
import jinja2
from ansible._internal._datatag._tags import Origin
from ansible._internal._templating._jinja_bits import (
    _TEMPLATE_OVERRIDE_FIELD_NAMES,
    AnsibleEnvironment,
    _TemplateCompileContext,
    _TemplateConfig,
)
from ansible.parsing.vault import is_encrypted_file
from jinja2 import nodes
from jinja2.environment import TemplateExpression

from . import store

# How many are kept at most. This collection has some hundreds; beyond it all are forgotten.
MOST = 5000
# Seconds to wait for another process that writes.
PATIENCE = 0.2
_VERSIONS = json.dumps([1, ansible.__version__, jinja2.__version__, sys.version])
_TABLE = "CREATE TABLE IF NOT EXISTS template (key BLOB PRIMARY KEY, plugins TEXT, code BLOB) WITHOUT ROWID"

Environment = t.Any
Compile = t.Callable[[], types.CodeType]


@dataclasses.dataclass
class Compiled:
    """A compiled template.

    Attributes:
        plugins: its filters and tests, each with its kind, its name, and what it wants to be passed.
        marshalled: what it was compiled to, as marshal writes it.
    """

    plugins: list[list[str]]
    marshalled: bytes

    @functools.cached_property
    def code(self) -> types.CodeType:
        """What it was compiled to."""
        return marshal.loads(self.marshalled)


class Own(threading.local):
    """What each thread of each process has for itself.

    Attributes:
        expression: the expression that is being compiled, and its key.
        process: the process that the connection belongs to; it must not be used in a fork.
        connection: a connection to the database.
    """

    expression: tuple[bytes, str] | None = None
    process: int = 0
    connection: sqlite3.Connection | None = None


class Templates:
    """The compiled templates of this process and its forks.

    Args:
        folder: the folder to keep them in for the next run.

    Raises:
        OSError, sqlite3.Error: they can't be kept there.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        store.make(folder)
        if not store.is_own(folder):
            raise OSError(f"others can write into {folder}")
        self._file = folder / f"templates-{hashlib.sha256(_VERSIONS.encode()).hexdigest()[:16]}.sqlite"
        self._file.touch(mode=0o600)
        self._main = os.getpid()
        self._own = Own()
        self._unsaved: list[bytes] = []
        self._known = self._read()

    def install(self) -> None:
        """Let templates be looked for here before they are compiled."""
        of_template, of_expression = AnsibleEnvironment.compile, AnsibleEnvironment.compile_expression

        @functools.wraps(of_template)
        def compile_template(environment: Environment, source: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
            original = functools.partial(of_template, environment, source, *args, **kwargs)
            if isinstance(source, nodes.Template):
                return self._tree(environment, source, original)
            if args or kwargs:
                return original()
            return self._template(environment, source, original)

        @functools.wraps(of_expression)
        def compile_expression(environment: Environment, source: str, undefined_to_none: bool = True) -> t.Any:
            key = _key(environment, "expression", source)
            code = self._take(environment, key)
            if code:
                found = environment.template_class.from_code(environment, code, environment.make_globals(None))
                return TemplateExpression(found, undefined_to_none)
            # Jinja parses it, and has the tree compiled.
            self._own.expression = (key, source)
            try:
                return of_expression(environment, source, undefined_to_none)
            finally:
                self._own.expression = None

        AnsibleEnvironment.compile = compile_template
        AnsibleEnvironment.compile_expression = compile_expression

    def save(self) -> None:
        """Keep what the main process has compiled."""
        rows = [self._row(key) for key in self._unsaved]
        self._unsaved = []
        self._ask(lambda connection: connection.executemany("INSERT OR REPLACE INTO template VALUES (?, ?, ?)", rows))

    def _template(self, environment: Environment, source: str, original: Compile) -> types.CodeType:
        key = _key(environment, "template", source)
        code = self._take(environment, key)
        if not code:
            code = original()
            self._put(key, source, Compiled(_plugins(environment, environment.parse(source)), marshal.dumps(code)))
        return code

    def _tree(self, environment: Environment, tree: nodes.Template, original: Compile) -> types.CodeType:
        """Compile the tree of an expression. That changes it, so that it has to be looked through before."""
        expression, self._own.expression = self._own.expression, None
        if not expression:
            return original()
        plugins = _plugins(environment, tree)
        code = original()
        self._put(*expression, Compiled(plugins, marshal.dumps(code)))
        return code

    def _take(self, environment: Environment, key: bytes) -> types.CodeType | None:
        """Return what is kept under a key, unless one of its plugins is another one now."""
        kept = self._known.get(key) or self._look_up(key)
        if kept and all(_passed(environment, kind, name) == passed for kind, name, passed in kept.plugins):
            return kept.code
        return None

    def _look_up(self, key: bytes) -> Compiled | None:
        """Return what another fork has kept meanwhile."""
        select = "SELECT plugins, code FROM template WHERE key = ?"
        for plugins, code in self._ask(lambda connection: connection.execute(select, (key,))):
            self._known[key] = Compiled(json.loads(plugins), code)
        return self._known.get(key)

    def _put(self, key: bytes, source: str, compiled: Compiled) -> None:
        self._known[key] = compiled
        origin = Origin.get_tag(source)
        if origin and origin.path and _in_clear(origin.path):
            self._unsaved.append(key)
            if os.getpid() != self._main:
                self.save()

    def _row(self, key: bytes) -> tuple[bytes, str, bytes]:
        return key, json.dumps(self._known[key].plugins), self._known[key].marshalled

    def _read(self) -> dict[bytes, Compiled]:
        """Return all that is kept, or forget it where it has become too much."""
        with self._connect() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(_TABLE)
            rows = connection.execute("SELECT key, plugins, code FROM template").fetchall()
            if len(rows) > MOST:
                connection.execute("DELETE FROM template")
                rows = []
        # Forks must not inherit it.
        connection.close()
        return {key: Compiled(json.loads(plugins), code) for key, plugins, code in rows}

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=PATIENCE)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    def _ask(self, question: t.Callable[[sqlite3.Connection], sqlite3.Cursor]) -> list[t.Any]:
        """Ask the database; where it does not answer, templates are compiled as ever."""
        try:
            if self._own.process != os.getpid():
                self._own.process, self._own.connection = os.getpid(), self._connect()
            with self._own.connection as connection:
                return question(connection).fetchall()
        except sqlite3.Error:
            return []


@functools.cache
def _in_clear(path: str) -> bool:
    """Say whether a file can be read without a password."""
    try:
        with open(path, "rb") as file:
            return not is_encrypted_file(file)
    except OSError:
        return False


def _key(environment: Environment, kind: str, source: str) -> bytes:
    """Return a name for a text in an environment."""
    context = _TemplateCompileContext.current(optional=True)
    settings = [getattr(environment, name) for name in _TEMPLATE_OVERRIDE_FIELD_NAMES]
    ways = [_TemplateConfig.allow_embedded_templates, [str(one) for one in _TemplateConfig.jinja_extensions]]
    whole = repr([kind, bool(context and context.escape_backslashes), settings, ways, str(source)])
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).digest()


def _plugins(environment: Environment, tree: nodes.Template) -> list[list[str]]:
    """Return the filters and tests of a tree, each with what it wants to be passed."""
    found = {
        ("filters" if isinstance(node, nodes.Filter) else "tests", node.name)
        for node in tree.find_all((nodes.Filter, nodes.Test))
    }
    return [[kind, name, _passed(environment, kind, name)] for kind, name in sorted(found)]


def _passed(environment: Environment, kind: str, name: str) -> str:
    """Return what a filter or test wants to be passed before its own arguments. One that there is not wants nothing."""
    plugin = getattr(environment, kind).get(name)
    return str(getattr(plugin, "jinja_pass_arg", ""))
