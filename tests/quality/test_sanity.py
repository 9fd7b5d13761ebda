# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tests that Ansible asks of every collection: ansible-test sanity, with nothing ignored."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from ansible_test._internal.python_requirements import get_venv_packages

# The only test that cannot run: it wants PowerShell, and the collection holds none.
SKIPPED = "pslint"

# ansible-test downloads a script that installs pip into its virtual environments; in its place this one asks uv.
PIP_BOOTSTRAP = """\
import os
import subprocess
import sys

wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
command = [{uv!r}, "pip", "install", "--quiet", "--python", sys.executable, *wanted]
subprocess.run(command, env={{**os.environ, **{settings!r}}}, check=True)
"""


def _pip_settings(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("pip_settings", root / "tools" / "pip_settings.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def collection(root: Path, tree: list[Path], tmp_path: Path) -> Path:
    """Return a copy of the collection where ansible-test accepts it: a real folder of that name in a git repository."""
    home = tmp_path / "ansible_collections"
    copy = home / "mlinfra" / "aws"
    for path in tree:
        target = copy / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / path, target, follow_symlinks=False)
    subprocess.run(["git", "init", "--quiet", copy], check=True)
    for dependency in ("amazon", "community"):
        installed = Path(
            importlib.util.find_spec(f"ansible_collections.{dependency}.aws").submodule_search_locations[0]
        )
        (home / dependency).mkdir()
        (home / dependency / "aws").symlink_to(installed, target_is_directory=True)
    return copy


@pytest.fixture
def home(root: Path) -> Path:
    """Return the home folder in which ansible-test keeps its virtual environments from run to run."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "mlinfra.aws" / "ansible-test"
    settings_tool = _pip_settings(root)
    settings = settings_tool.read_settings()

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    pip_version = get_venv_packages(SimpleNamespace(version=version))["pip"].replace(".", "_")
    bootstrap = folder / ".ansible" / "test" / "cache" / f"get_pip_{pip_version}.py"
    bootstrap.parent.mkdir(parents=True, exist_ok=True)
    # ansible-test passes none of these variables on.
    known = {name: value for name, value in os.environ.items() if name.startswith("UV_") or name == "SSL_CERT_FILE"}
    known |= settings_tool.for_uv(settings, known)
    bootstrap.write_text(PIP_BOOTSTRAP.format(uv=str(Path(sys.executable).with_name("uv")), settings=known))
    # ansible-test hides pip's variables from pip, so they go into a file.
    configuration = folder / ".config" / "pip" / "pip.conf"
    configuration.parent.mkdir(parents=True, exist_ok=True)
    configuration.write_text(settings_tool.as_pip_conf(settings))
    return folder


@pytest.mark.weight(100)
def test_sanity(collection: Path, home: Path, tool: Callable[..., str]) -> None:
    """ansible-test finds nothing to complain of."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    tool(
        *("ansible-test", "sanity", "--local", "--requirements", "--python", python),
        *("--skip-test", SKIPPED, "--color", "no", "--truncate", "0"),
        cwd=collection,
        HOME=str(home),
    )


def test_nothing_is_ignored(root: Path, tree: list[Path]) -> None:
    """The ignore files of ansible-test are empty, and the skipped test has nothing to look at."""
    ignored = [path for path in tree if path.parts[:2] == ("tests", "sanity") and (root / path).read_text().strip()]
    assert ignored == []
    assert [path for path in tree if path.suffix in (".ps1", ".psm1")] == []
