# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a fork does: it takes the place of an interpreter that was started to execute one script."""

from __future__ import annotations

import atexit
import builtins
import gc
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
import typing as t

from . import environment


def take_place(files: t.Sequence[int], variables: t.Mapping[str, str], folder: str, mask: int) -> None:
    """Make this fork's surroundings those of a process that a shell started.

    Args:
        files: what standard output and standard error go to.
        variables: the environment.
        folder: the working directory.
        mask: the umask.
    """
    os.setsid()
    empty_input()
    for descriptor, target in zip(files, (1, 2), strict=True):
        os.dup2(descriptor, target)
        os.close(descriptor)
    os.umask(mask)
    os.chdir(folder)
    environment.replace(variables)
    time.tzset()
    tempfile.tempdir = None
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def empty_input() -> None:
    """Let standard input be a pipe that is at its end, as it is after an interpreter has read its script from it."""
    reader, writer = os.pipe()
    os.close(writer)
    os.dup2(reader, 0)
    os.close(reader)


def execute(script: bytes, arguments: t.Sequence[str], report: t.Callable[[], None]) -> t.NoReturn:
    """Execute a script as the main module, and end the process as the interpreter would.

    Args:
        script: its source.
        arguments: its path, empty for one that came by standard input, and its arguments.
        report: called when the script has ended.
    """
    main = sys.modules["__main__"]
    names = vars(main)
    names.clear()
    names.update(
        __name__="__main__", __doc__=None, __package__=None, __loader__=None, __spec__=None, __builtins__=builtins
    )
    if arguments[0]:
        names["__file__"] = arguments[0]
    sys.argv = list(arguments)
    deadly = 0
    known = set(sys.modules)
    try:
        exec(compile(script, arguments[0] or "<stdin>", "exec", dont_inherit=True), names)
        status = 0
    except SystemExit as end:
        status = _status(end.code)
    except BaseException as error:
        deadly = signal.SIGINT if isinstance(error, KeyboardInterrupt) else 0
        status = 1
        _show(error)
    status = _end(known, report, status)
    if deadly:
        signal.signal(deadly, signal.SIG_DFL)
        os.kill(os.getpid(), deadly)
    os._exit(status)


def _show(error: BaseException) -> None:
    """Report an exception as the interpreter does, without this file's own frame."""
    trace = error.__traceback__.tb_next if error.__traceback__ else None
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def _status(code: object) -> int:
    """Return the exit status for what sys.exit was given."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _end(known: set[str], report: t.Callable[[], None], status: int) -> int:
    """Do what an interpreter does at its end: wait for threads, call what wants to be called, let go of everything.

    Args:
        known: names of the modules that were there before the script.
        report: called before anything is let go of.
        status: the exit status so far.
    """
    threading._shutdown()
    atexit._run_exitfuncs()
    report()
    vars(sys.modules["__main__"]).clear()
    for name in set(sys.modules) - known:
        sys.modules.pop(name, None)
    gc.collect()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = 120  # the interpreter's own status for output that it can't get rid of
    return status


def survive(step: t.Callable[[], None]) -> t.NoReturn:
    """Run a fork's work. Nothing may return to the server's own loop."""
    try:
        step()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)
