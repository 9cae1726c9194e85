"""Make the pages of `docs/reference` from the code, or check that they are fresh.

python tools/generate.py            write them
python tools/generate.py --check    exit 1 if one is stale
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from prometheus_client import REGISTRY

import crossdock
from crossdock import conformance
from crossdock.base import json
from crossdock.base.errors import CrossdockError
from crossdock.catalog import load_catalog
from crossdock.control import described_api
from crossdock.kit import Action, Destination, Setting
from crossdock.main import cli

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
APP = REFERENCE.parents[1] / "web" / "app"
NODE = Path(sys.executable).with_name("node")
VECTORS = REFERENCE.parents[1] / "tests" / "vectors"
MADE_BY = "<!-- Made from the code by `make generate`; change it there. -->\n\n"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def commands_page() -> str:
    """Every command of the command line with its options and their environment variables."""
    parts = ["# Commands and settings\n", "Every option is also an environment variable.\n"]
    for name, command in sorted(cli.commands.items()):
        usage = " ".join(
            f"[{p.name.upper()}]" if p.name and not p.required else str(p.name).upper()
            for p in command.params
            if isinstance(p, click.Argument)
        )
        title = f"crossdock {name} {usage}".strip()
        parts.append(f"## `{title}`\n\n{inspect.cleandoc(command.help or '')}\n")
        rows = [
            (
                ", ".join(f"`{option}`" for option in parameter.opts),
                f"`{parameter.envvar}`" if parameter.envvar else "",
                default_of(parameter),
                parameter.help or "",
            )
            for parameter in command.params
            if isinstance(parameter, click.Option) and parameter.name != "help"
        ]
        if rows:
            parts.append(table(("option", "environment", "default", "what it does"), rows) + "\n")
    return "\n".join(parts)


def default_of(option: click.Option) -> str:
    """The default, in words if the option has words for it."""
    if isinstance(option.show_default, str):
        return f"`{option.show_default}`"
    return f"`{option.default}`" if option.show_default else ""


def metrics_page() -> str:
    """Every metric that the server exposes."""
    rows = [
        (f"`{family.name}`", family.type, family.documentation)
        for family in sorted(REGISTRY.collect(), key=lambda family: family.name)
        if family.name.startswith("crossdock_")
    ]
    return (
        "# Metrics\n\n`GET /metrics`, in Prometheus' format. Counters end in `_total` there.\n\n"
        + table(("metric", "type", "what it counts"), rows)
        + "\n"
    )


def errors_page() -> str:
    """Every error code, with what it stands for."""
    rows = sorted(
        {
            (f"`{error.code}`", (error.__doc__ or "").strip().split("\n")[0])
            for error in subclasses(CrossdockError)
            if error.__module__.startswith("crossdock.")
        }
    )
    return (
        "# Error codes\n\nStable: programs may rely on them. Each comes with a sentence that says "
        "what happened and one that says what to do.\n\n" + table(("code", "is"), rows) + "\n"
    )


def subclasses(parent: type[CrossdockError]) -> Iterator[type[CrossdockError]]:
    """All of them, however deep."""
    for child in parent.__subclasses__():
        yield child
        yield from subclasses(child)


def destination_page(destination: Destination) -> str:
    """What R6 promises: settings, presets, and each action's fields."""
    parts = [
        f"# {destination.name}\n",
        " ".join(filter(None, (destination.description, destination.suits)))
        + f" [Website]({destination.website})\n",
    ]
    prose = Path(crossdock.__file__).parent / "destinations" / destination.folder / "page.md"
    if prose.exists():
        parts.append(prose.read_text().partition("\n")[2].strip() + "\n")
    modes = [
        (
            kind,
            "yes" if any(mode.value == "device" for mode in modes) else "no",
            "yes" if any(mode.value == "cloud" for mode in modes) else "no",
        )
        for kind in ("web", "mobile", "server")
        for modes in [destination.connection_modes.get(kind, ())]
    ]
    parts.append(
        "## Connection modes\n\n" + table(("source", "device mode", "cloud mode"), modes) + "\n"
    )
    parts.append("## Settings\n\n" + settings_table(destination.settings) + "\n")
    if destination.presets:
        rows = [(p.name, f"`{p.trigger}`", p.action) for p in destination.presets]
        parts.append("## Presets\n\n" + table(("name", "trigger", "action"), rows) + "\n")
    parts.extend(action_part(action) for action in destination.actions)
    if destination.explanations:
        rows = [(e.symptom, e.what, e.do) for e in destination.explanations]
        parts.append(
            "## Troubleshooting\n\n" + table(("you see", "it means", "do this"), rows) + "\n"
        )
    return "\n".join(parts)


def settings_table(settings: tuple[Setting, ...]) -> str:
    """The settings as a table."""
    rows = [
        (
            s.label,
            f"`{s.key}`",
            s.type + (", secret" if s.secret else ""),
            "yes" if s.required else "no",
            "" if s.default is None else f"`{s.default}`",
            s.help,
        )
        for s in settings
    ]
    return table(("setting", "key", "type", "required", "default", "description"), rows)


def action_part(action: Action) -> str:
    """One action with its fields."""
    rows = [
        (
            f.label,
            f"`{f.key}`",
            f.type,
            "yes" if f.required else "no",
            "" if f.default is None else f"`{crossdock_json(f.default)}`",
            f.description,
        )
        for f in action.fields
    ]
    head = ("field", "key", "type", "required", "default", "description")
    return (
        f"## Action: {action.label}\n\n{action.description} Default trigger: `{action.trigger}`\n\n"
        + table(head, rows)
        + "\n"
    )


def crossdock_json(value: object) -> str:
    """The value as JSON on one line."""
    return json.encode(value).decode()


def fql_exempt() -> str:
    """Which FQL vectors depart from the documented language, and why, for the browser's kit."""
    lines: list[str] = []
    conformance.run("fql", VECTORS / "fql.jsonl", lines.append)
    exempt = (line.removeprefix("exempt ").split(": ") for line in lines if line[:7] == "exempt ")
    rows = ",\n".join(f'  "{number}": "{reasons}"' for number, reasons in exempt)
    return f"{{\n{rows}\n}}\n"


def api_types() -> str:
    """The management API as TypeScript types, made from its OpenAPI description."""
    described = described_api().openapi()
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(json.encode(described))
        file.flush()
        made = subprocess.run(
            [NODE, APP / "node_modules/openapi-typescript/bin/cli.js", file.name],
            capture_output=True,
            check=True,
            text=True,
        )
    return made.stdout


def pages() -> dict[Path, str]:
    """Every page by its place."""
    for module in pkgutil.walk_packages(crossdock.__path__, "crossdock."):
        if "migrations" not in module.name and "test_" not in module.name:
            importlib.import_module(module.name)
    made = {
        REFERENCE / "commands.md": commands_page(),
        REFERENCE / "metrics.md": metrics_page(),
        REFERENCE / "errors.md": errors_page(),
    }
    for destination in load_catalog():
        made[REFERENCE / "destinations" / f"{destination.slug}.md"] = destination_page(destination)
    marked = {path: MADE_BY + text.rstrip() + "\n" for path, text in made.items()}
    return marked | {
        VECTORS / "fql_exempt.json": fql_exempt(),
        APP / "src/api/schema.d.ts": api_types(),
    }


def main() -> int:
    """Write the pages, or with `--check` say which are stale."""
    stale = [p for p, text in pages().items() if not p.exists() or p.read_text() != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(REFERENCE.parents[1])} is stale. Run `make generate`.")
        return 1 if stale else 0
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
