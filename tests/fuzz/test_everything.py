# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every filter and every module's pure part has a property in this folder."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
FILTERS = sorted(file.stem for file in (ROOT / "plugins" / "filter").glob("*.py"))
TRANSFORMS = sorted(file.parent.name for file in (ROOT / "plugins" / "module_utils").glob("*/transform.py"))


def properties(file: Path) -> dict[str, set[str]]:
    """The tests of a file that get their input from hypothesis, each with the names that it uses."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {
        node.name: {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(
            isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "given"
            for decorator in node.decorator_list
        )
    }


@pytest.mark.parametrize(
    ("file", "name"),
    [*(("test_filters.py", name) for name in FILTERS), *(("test_transforms.py", name) for name in TRANSFORMS)],
)
def test_has_a_property(file: str, name: str) -> None:
    """Add a test with @given to the file, named after the filter or the package, which calls it."""
    found = properties(HERE / file)
    assert [test for test, used in found.items() if test.startswith(f"test_{name}") and name in used]
