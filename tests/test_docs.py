"""The documents tell the truth: their commands run, their links lead somewhere, their settings are the real ones."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

from settings import Settings

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
RUN_ELSEWHERE = {
    "make run": "tests/product/test_first_minute.py",
    "make test": "this very run",
}


def commands(document: Path) -> list[str]:
    """The lines of all sh blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", document.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line.partition("  #")[0].strip() for line in lines if line.strip() and not line.startswith("#")]


@pytest.mark.product
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_of_a_document_runs_as_written(document: Path, tmp_path: Path) -> None:
    for link in ("engine", "db", "daemon", "ui", "models", "settings.py", ".cache", "benchmarks"):
        (tmp_path / link).symlink_to(ROOT / link)
    for command in commands(document):
        if command in RUN_ELSEWHERE:
            continue
        words = [sys.executable if word in ("python", ".venv/bin/python") else word for word in shlex.split(command)]
        settings = dict(word.split("=", 1) for word in takewhile(lambda word: re.match(r"METERSIEVE_\w+=", word), words))
        words = words[len(settings) :]
        assert words[0] == sys.executable, f"{document.name} says a command no test runs: {command}"
        env = {**os.environ, **settings}
        done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=280, check=False)
        assert done.returncode == 0, f"{command}\n{done.stderr}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_setting_is_documented_with_its_default() -> None:
    text = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", text, re.MULTILINE))
    assert set(rows) == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        if not isinstance(field.default, Path):
            assert rows[name] == f"`{field.default}`", name
        assert str(field.description) in text, name


def test_no_document_speaks_of_a_machine_or_a_placeholder() -> None:
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        assert not re.search(r"/(work|root|home)/|TODO|FIXME|FIGURES|lorem", text), document.name


def test_every_test_and_benchmark_that_the_table_of_failure_modes_names_exists() -> None:
    text = (ROOT / "docs" / "intake.md").read_text("utf-8")
    sources = {path: path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    known = {path.name for path in sources} | {path.stem for path in sources}
    known |= {name for source in sources.values() for name in re.findall(r"^def (test_\w+)\(", source, re.MULTILINE)}
    assert [name for name in re.findall(r"\btest_\w+(?:\.py)?", text) if name not in known] == []
    assert [path for path in re.findall(r"\b(?:tests|benchmarks)/[\w/]+(?:\.py)?", text) if not (ROOT / path).exists()] == []
    table = text.partition("## The failure modes")[2]
    modes = [int(number) for number in re.findall(r"^\| (\d+) ", table, re.MULTILINE)]
    assert modes == list(range(1, 60))
