# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m mlinfra`, and what the launcher in /usr/local/bin starts."""

from __future__ import annotations

import sys

from . import environment, output
from .errors import Problem, told


def main() -> None:
    """Run one command; a failure is told in one sentence with what to do next, and ends with its own exit status."""
    environment.load()
    from .commands import app

    try:
        app(prog_name="mlinfra")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        problem = error if isinstance(error, Problem) else told(error)
        if problem is None:
            raise
        output.problem(problem)
        sys.exit(problem.status)


if __name__ == "__main__":
    main()
