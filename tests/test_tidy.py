"""Rules of the house that no linter knows; each message says which file broke which rule."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

_CHECKOUT = Path(__file__).resolve().parents[1]
_LINES_MAX = 400
_README_LINES_MAX = 150

# Put together here so that this file does not name what it forbids.
_REGISTRY_HOSTS = [f"{registry}.org" for registry in ("pypi", "pythonhosted", "npmjs", "debian")]
_TRACKER_NUMBER = re.compile(r"\b(?:issue|ticket|pull request|pr)\s#?\d+", re.IGNORECASE)
_BARE_NUMBER = re.compile(r"(?<![\w&#])#\d+\b")  # in pages and styles this is a colour or an entity


@cache
def _tracked() -> tuple[Path, ...]:
    """Every file of the repository, also those written but not yet added."""
    command = ["git", "-C", str(_CHECKOUT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    return tuple(path for name in listed if name and (path := _CHECKOUT / name).is_file())


def _texts() -> Iterator[tuple[str, str]]:
    for path in _tracked():
        try:
            yield path.relative_to(_CHECKOUT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a picture or another binary file
            continue


def _modules(*roots: str) -> Iterator[tuple[str, str]]:
    """Name and text of each Python module below ``roots`` (a directory, or a module without its ending)."""
    for name, text in _texts():
        if name.endswith(".py") and any(name == f"{root}.py" or name.startswith(f"{root}/") for root in roots):
            yield name, text


def _imported(text: str) -> Iterator[str]:
    """Dotted name of everything that ``text`` imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _deterministic_core() -> list[str]:
    """The modules that the last import contract of pyproject.toml keeps from clocks and randomness."""
    settings = tomllib.loads((_CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][-1]
    assert "deterministic" in contract["name"]
    return [module.replace(".", "/") for module in contract["source_modules"]]


def test_numba_has_one_door() -> None:
    """Only exchange/jit imports Numba, so that one room decides how kernels are compiled and cached."""
    outside = [
        name
        for name, text in _modules("exchange", "strategies")
        if not name.startswith("exchange/jit/") and any(module.split(".")[0] == "numba" for module in _imported(text))
    ]
    assert outside == []


def _draws_from_nowhere(text: str) -> bool:
    """Whether ``text`` reaches for a generator of random numbers that nobody handed it."""
    if any(module.startswith("numpy.random.") and module != "numpy.random.Generator" for module in _imported(text)):
        return True
    # `Generator` is only the name of the type; everything else below `random` draws, or makes one that can.
    return any(
        isinstance(node, ast.Attribute)
        and node.attr != "Generator"
        and ast.unparse(node.value) in ("np.random", "numpy.random")
        for node in ast.walk(ast.parse(text))
    )


def test_the_core_draws_no_random_numbers_of_its_own() -> None:
    """Generators are handed in, so that a seed decides everything."""
    assert [name for name, text in _modules(*_deterministic_core()) if _draws_from_nowhere(text)] == []


def test_no_file_names_a_package_registry() -> None:
    """Which registry a machine installs from is that machine's business."""
    assert [name for name, text in _texts() if any(host in text for host in _REGISTRY_HOSTS)] == []


@pytest.mark.parametrize("lock", ["constraints.txt", "constraints-dev.txt"])
def test_the_lock_names_packages_and_hashes_only(lock: str) -> None:
    """Each line is a version, an environment marker or a SHA-256, and every package has at least one hash."""
    lines = (_CHECKOUT / lock).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    pinned = re.compile(r"[a-z0-9.-]+==[\w.+]+\s+(;[^:]*)?(--hash=sha256:[0-9a-f]{64}\s*)+")
    assert [line for line in lines if not pinned.fullmatch(line)] == []


@pytest.mark.parametrize(
    ("lock", "groups"), [("constraints.txt", ["build"]), ("constraints-dev.txt", ["build", "dev"])]
)
def test_the_lock_is_of_this_project(lock: str, groups: list[str]) -> None:
    """Everything that pyproject.toml asks for is pinned, within the range it asks for."""
    settings = tomllib.loads((_CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    locked: dict[str, list[str]] = {}
    for name, version in re.findall(
        r"^([a-z0-9.-]+)==([\w.+]+)", (_CHECKOUT / lock).read_text(encoding="utf-8"), re.MULTILINE
    ):
        locked.setdefault(name, []).append(version)
    parts = [settings["project"]["dependencies"], *(settings["dependency-groups"][name] for name in groups)]
    asked = [Requirement(text) for part in parts for text in part]
    assert [
        str(requirement)
        for requirement in asked
        if not any(requirement.specifier.contains(version) for version in locked.get(requirement.name, []))
    ] == []


def test_no_file_mentions_numbers_of_a_tracker() -> None:
    """A reader has the repository, not the tracker: the reason stands where it is needed."""
    found = [
        f"{name}: {match.group()}"
        for name, text in _texts()
        for pattern in (
            [_TRACKER_NUMBER, _BARE_NUMBER] if name.endswith((".py", ".md", ".toml")) else [_TRACKER_NUMBER]
        )
        for match in pattern.finditer(text)
    ]
    assert found == []


def test_modules_hold_one_idea() -> None:
    """Four hundred lines are two files."""
    assert {
        name: lines
        for name, text in _modules("exchange", "strategies", "tests", "benchmarks", "examples")
        if (lines := text.count("\n")) > _LINES_MAX
    } == {}


def test_the_readme_is_short() -> None:
    """A newcomer reads it whole."""
    assert (_CHECKOUT / "README.md").read_text(encoding="utf-8").count("\n") < _README_LINES_MAX


def _gives_reason(call: ast.Call) -> bool:
    """Whether a call of skip, skipif or xfail says more than a word; only skip takes its reason by position."""
    reasons = [argument.value for argument in call.keywords if argument.arg == "reason"]
    if ast.unparse(call.func) == "pytest.skip":
        reasons += call.args[:1]
    return any(not isinstance(reason, ast.Constant) or " " in str(reason.value) for reason in reasons)


def test_every_skip_says_why() -> None:
    """Whoever reads the report learns what is missing and how to get it."""
    silent = []
    for name, text in _modules("tests", "benchmarks"):
        tree = ast.parse(text)
        called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute) or node.attr not in ("skip", "skipif", "xfail"):
                continue
            if not ast.unparse(node).startswith("pytest."):
                continue
            if id(node) not in called or not _gives_reason(called[id(node)]):
                silent.append(f"{name}:{node.lineno}")
    assert silent == []


def test_the_docs_point_at_files_that_exist() -> None:
    """Links from one page to another lead somewhere."""
    link = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(?:#[^)]*)?\)")
    broken = [
        f"{name}: {target}"
        for name, text in _texts()
        if name.endswith(".md")
        for target in link.findall(text)
        if not ((_CHECKOUT / name).parent / target).exists()
    ]
    assert broken == []
