"""Compiled modules run as long as the sources are those they were made of."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

import hccassist
from hccassist.machine_code import RECORD, sources_digest

ROOT = Path(__file__).parents[1]
PACKAGE = Path(hccassist.__file__).parent


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of one module that says "source", and a compiled one of it, which no Python can load."""
    made = tmp_path / "hccassist"
    (made / "nlp").mkdir(parents=True)
    for name in ("__init__.py", "machine_code.py"):
        (made / name).write_text((PACKAGE / name).read_text(encoding="utf-8"), encoding="utf-8")
    (made / "nlp" / "__init__.py").touch()
    (made / "nlp" / "scope.py").write_text("says = 'source'\n")
    (made / "nlp" / f"scope{EXTENSION_SUFFIXES[0]}").write_text("no machine code")
    (made / RECORD).write_text(sources_digest(made))
    return made


def said_by(package: Path) -> str:
    program = "import hccassist.nlp.scope as scope; print(scope.says)"
    run = subprocess.run([sys.executable, "-c", program], cwd=package.parent, capture_output=True, text=True, check=False)
    return run.stdout.strip() or run.stderr.splitlines()[-1]


def test_a_compiled_module_is_the_one_that_runs(package: Path) -> None:
    assert "ImportError" in said_by(package)


@pytest.mark.parametrize("changed", ["nlp/scope.py", "nlp/__init__.py", "machine_code.py"])
def test_where_any_source_has_changed_the_sources_run(package: Path, changed: str) -> None:
    with (package / changed).open("a") as file:
        file.write("# changed\n")
    assert said_by(package) == "source"


def test_where_a_source_is_new_or_gone_the_sources_run(package: Path) -> None:
    (package / "new.py").touch()
    assert said_by(package) == "source"
    (package / "new.py").unlink()
    (package / "nlp" / "__init__.py").unlink()
    assert said_by(package) == "source"


def test_where_a_build_was_broken_off_the_sources_run(package: Path) -> None:
    (package / RECORD).unlink()
    assert said_by(package) == "source"


@pytest.mark.skipif(not (PACKAGE / RECORD).is_file(), reason="nothing is compiled here: no C compiler was at hand")
def test_what_pyproject_names_is_compiled() -> None:
    hook = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]
    named = [PACKAGE / name for name in hook["modules"]]
    files = [file for path in named for file in (path.glob("*.py") if path.is_dir() else [path])]
    modules = {".".join(f.relative_to(PACKAGE.parent).with_suffix("").parts) for f in files if f.stat().st_size}
    left = {f"hccassist.{name.removesuffix('.py').replace('/', '.')}" for name in hook["but"]}
    loaded = {name: str(importlib.import_module(name.removesuffix(".__init__")).__file__) for name in modules}
    assert {name for name, file in loaded.items() if file.endswith(".py")} == left
