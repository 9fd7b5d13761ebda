# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reads the shell command that is to start a module. What isn't understood to the letter is not understood."""

from __future__ import annotations

import dataclasses
import re
import shlex

# What Ansible appends to a command, so that no output is lost.
_TAIL = " && sleep 0"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Names that mean something to a shell itself.
_OF_THE_SHELL = re.compile(
    r"(BASH|ZSH|KSH)\w*|_|PPID|UID|EUID|SHELLOPTS|LINENO|OPTIND|OPTARG|RANDOM|SECONDS|IFS|ENV|PWD|OLDPWD|SHLVL"
)
# Names that a starting interpreter, its loader or its C library reads.
_OF_THE_INTERPRETER = re.compile(
    r"PYTHON\w*|LC_\w+|LANG|LANGUAGE|LD_\w+|DYLD_\w+|MALLOC_\w+|GLIBC_\w+|OPENSSL_\w+|LOCPATH|NLSPATH|GCONV_PATH"
)


class NotUnderstood(ValueError):
    """A command or a payload that has to go the plain way; the text says why."""


@dataclasses.dataclass(frozen=True)
class Command:
    """A command that starts a Python interpreter.

    Attributes:
        shell: the shell that is to run it.
        environment: variables that the command adds.
        interpreter: path of the interpreter.
        arguments: the interpreter's arguments: none, or a script and the script's arguments.
    """

    shell: str
    environment: dict[str, str]
    interpreter: str
    arguments: list[str]

    def with_interpreter(self, words: list[str]) -> str:
        """Return the same command with other words in place of the interpreter."""
        given = " ".join(
            [*(f"{name}={shlex.quote(value)}" for name, value in self.environment.items()), shlex.join(words)]
        )
        return f"{self.shell} -c {shlex.quote(given + _TAIL)}"


def parse(command: str) -> Command:
    """Take a shell command apart.

    Raises:
        NotUnderstood: it does anything else than start an interpreter.
    """
    words = _split(command)
    if len(words) != 3 or words[1] != "-c" or not words[2].endswith(_TAIL):
        raise NotUnderstood("it is not a plain command for the shell")
    inner = words[2][: -len(_TAIL)]
    environment: dict[str, str] = {}
    rest = _split(inner)
    while rest and "=" in rest[0]:
        name, _sign, value = rest.pop(0).partition("=")
        if not _NAME.fullmatch(name) or _OF_THE_SHELL.fullmatch(name) or name in environment:
            raise NotUnderstood(f"the shell has its own way with {name}")
        environment[name] = value
    if not rest or not rest[0].startswith("/"):
        raise NotUnderstood("no interpreter is named by its path")
    parsed = Command(words[0], environment, rest[0], rest[1:])
    # What the shell would expand, or what has quotes of another kind, doesn't come out as it went in.
    if parsed.with_interpreter(rest) != command:
        raise NotUnderstood("the shell would do more than start an interpreter")
    return parsed


def of_the_interpreter(name: str) -> bool:
    """Say whether an environment variable has to be there before the interpreter starts."""
    return bool(_OF_THE_INTERPRETER.fullmatch(name))


def _split(text: str) -> list[str]:
    """Split as a shell does."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise NotUnderstood("its quotes do not match") from error
