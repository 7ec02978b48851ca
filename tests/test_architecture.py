"""The house keeps its shape: layers, data folders without code, a repository that speaks of the product alone."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]


def test_imports_point_one_way() -> None:
    # In a process of its own, since it switches the loggers off that are there.
    lint = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(cache_dir=None))"
    done = subprocess.run([sys.executable, "-c", lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_packages_are_the_ones_of_this_checkout() -> None:
    import daemon
    import db
    import engine
    import ui

    for package in (daemon, db, engine, ui):
        assert Path(str(package.__file__)).is_relative_to(ROOT)


def test_data_folders_hold_no_code() -> None:
    assert [path for folder in ("models", "inbox", "sorted") for path in (ROOT / folder).rglob("*.py")] == []


def test_settings_are_read_where_programs_start_and_nowhere_else() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for package in ("engine", "db", "daemon", "ui")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.ImportFrom) and node.module == "settings")
        or (isinstance(node, ast.Import) and any(alias.name == "settings" for alias in node.names))
    }
    assert readers == {"engine/__main__.py", "daemon/__main__.py", "ui/__main__.py"}


def test_only_one_module_imports_torchvision_and_serving_imports_no_torch() -> None:
    code = "import sys, engine.appraise, daemon.intake, daemon.watch, ui.app; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
    imports = re.compile(r"^\s*(import|from) torchvision", re.MULTILINE)
    assert [path.name for path in (ROOT / "engine").rglob("*.py") if imports.search(path.read_text("utf-8"))] == ["networks.py"]


def test_nothing_is_unpickled() -> None:
    sources = [path for package in ("engine", "db", "daemon", "ui") for path in (ROOT / package).rglob("*.py")]
    texts = {path.name: path.read_text("utf-8") for path in sources}
    assert [name for name, text in texts.items() if "import pickle" in text or "allow_pickle=True" in text] == []


def test_tables_for_people_are_begun_in_one_place() -> None:
    for_programs = {"engine/degraded.py", "engine/manifest.py", "engine/commands/sample.py"}  # as they are read back
    in_memory = {"ui/api_models.py"}
    sources = {
        path.relative_to(ROOT).as_posix(): path
        for package in ("engine", "db", "daemon", "ui")
        for path in (ROOT / package).rglob("*.py")
    }
    writers = {name for name, path in sources.items() if re.search(r"csv\.(Dict[Ww]|w)riter\(", path.read_text("utf-8"))}
    assert writers == {"engine/tables.py"} | for_programs | in_memory


def test_every_file_fits_a_mind() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in tracked("engine/*.py", "db/*.py", "daemon/*.py", "ui/*.py", "settings.py")
        if "migrations" not in path.parts and (lines := len(path.read_text("utf-8").splitlines())) > 270
    }
    assert long == {}


def test_pictures_are_only_in_docs_and_ui() -> None:
    pictures = tracked("*.jpg", "*.jpeg", "*.png", "*.webp", "*.tif", "*.heic")
    assert [path for path in pictures if path.relative_to(ROOT).parts[0] not in ("docs", "ui")] == []
