# Copyright: mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write the generated pages: each role's README, pictures of the architecture and the data flow, costs, permissions, speed, security.

Nothing in them is written twice: variables and defaults come from the roles, outputs from the documentation of
environment_info, addresses, sizes and ports in the pictures from the roles' defaults as the seed's preset has them, costs from the
collection's prices, speed from the newest results of the benchmarks, security from the controls matrix and the audit's waivers,
permissions from what calls were seen to need.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

import costs
import jinja2
import permissions
import security
import speed
import yaml
from antsibull_docs_parser import dom
from antsibull_docs_parser.parser import Context, parse

ROOT = Path(__file__).parents[1]
TEMPLATES = ROOT / "tools" / "templates"


def markdown(text: str | list[str]) -> str:
    """Return Ansible's documentation markup, such as ``V(present)``, as Markdown on one line."""
    paragraphs = parse(text if isinstance(text, list) else [text], Context())
    return " ".join("".join(_part(part) for part in paragraph).strip() for paragraph in paragraphs)


def _part(part: dom.AnyPart) -> str:
    if isinstance(part, dom.TextPart):
        return part.text
    if isinstance(part, dom.LinkPart):
        return f"[{part.text}]({part.url})"
    if isinstance(part, dom.URLPart):
        return f"<{part.url}>"
    if isinstance(part, dom.BoldPart):
        return f"**{part.text}**"
    if isinstance(part, dom.ModulePart):
        return f"`{part.fqcn}`"
    value = getattr(part, "value", None)
    named = getattr(part, "name", None)
    code = f"{named}={value}" if named and value else named or value or part.text
    return f"`{code}`"


def inline(value: object) -> str:
    """Return a default as YAML on one line, and a template as it is."""
    if isinstance(value, str) and "{{" in value:
        return value.strip()
    return yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False).removesuffix("...\n").strip()


def load(path: Path) -> Any:
    """Return what a YAML file holds."""
    return yaml.safe_load(path.read_text())


def documentation(module: Path, part: str) -> dict:
    """Return a module's documentation by the name of its part, such as RETURN."""
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == part:
            return yaml.safe_load(ast.literal_eval(node.value))
    raise LookupError(f"{module} has no {part}")


def roles() -> list[str]:
    """Return the names of the roles that have an argument spec."""
    return sorted(path.parents[1].name for path in ROOT.glob("roles/*/meta/argument_specs.yml"))


def render() -> dict[Path, str]:
    """Return the text of every generated page by its path."""
    engine = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=jinja2.select_autoescape(["svg.j2"]),
    )
    engine.filters |= {"markdown": markdown, "inline": inline}
    outputs = documentation(ROOT / "plugins" / "modules" / "environment_info.py", "RETURN")
    page = engine.get_template("role.md.j2")
    pages, defaults = {}, load(ROOT / "group_vars" / "all.yml")
    for role in roles():
        home = ROOT / "roles" / role
        defaults |= (values := load(home / "defaults" / "main.yml"))
        pages[home / "README.md"] = page.render(
            role=role,
            spec=load(home / "meta" / "argument_specs.yml")["argument_specs"]["main"],
            defaults=values,
            outputs=yaml.safe_dump(outputs[role]["sample"], sort_keys=False) if role in outputs else "",
        )
    seed = {**defaults, "mlinfra_strict": False}
    for name in ("mlinfra_log_retention_days", "mlinfra_subnet_tier", "mlinfra_egress", "compute_subnet_tier"):
        seed[name] = yaml.safe_load(engine.from_string(seed[name]).render(seed))
    for picture in ("architecture", "workbench"):
        pages[ROOT / "docs" / f"{picture}.svg"] = engine.get_template(f"{picture}.svg.j2").render(seed)
    figures = costs.figures(seed)
    pages[ROOT / "docs" / "costs.md"] = engine.get_template("costs.md.j2").render(figures)
    pages[ROOT / "docs" / "costs.svg"] = costs.picture(figures)
    pages[ROOT / "docs" / "security.md"] = engine.get_template("security.md.j2").render(security.figures(defaults))
    table = engine.get_template("cost.md.j2").render(figures)
    pages[ROOT / "docs" / "permissions.md"] = engine.get_template("permissions.md.j2").render(permissions.figures())
    pages |= permissions.pages()

    measured = speed.newest(ROOT / "benchmarks" / "results")
    for name in ("speed.md", "speed.svg") if measured else ():
        pages[ROOT / "docs" / name] = engine.get_template(f"{name}.j2").render(speed.figures(measured))
    readme = ROOT / "README.md"
    pages[readme] = re.sub(
        r"(<!-- cost .*?-->\n).*?(<!-- /cost -->)", rf"\1{table}\2", readme.read_text(), flags=re.DOTALL
    )
    return pages


def main() -> None:
    """Write every page; with --check only name those that are not up to date, and fail if there are any."""
    pages = render()
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv[1:]:
        sys.exit("".join(f"{path.relative_to(ROOT)} is not up to date: run make docs\n" for path in stale) or 0)
    for path in stale:
        path.write_text(pages[path])


if __name__ == "__main__":
    main()
