import argparse
import csv
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from engine import bundle, runtime
from engine.bundle import Card, InputSpec
from engine.commands import group as command
from engine.errors import ArgumentError, DataError, ModelError
from engine.runtime import Output
from tests.engine.grouping.drawn import plate_photo
from tests.photos import encoded, read, write

Run = Callable[..., int]


class FakeModel:
    """Embeds a photo as its mean colours: enough for a command that compares plates."""

    card = Card(
        task="meter_type", version="v1", network="resnet18", labels=("ACME_1", "ACME_2"), input=InputSpec(width=8, height=8)
    )
    extras: dict[str, np.ndarray] = {}  # noqa: RUF012

    def run(self, batch: np.ndarray) -> Output:
        embedding = batch.mean(axis=(2, 3))
        embedding = embedding / np.linalg.norm(embedding, axis=1, keepdims=True)
        return Output(logits=np.tile(np.array([[2.0, 0.0]], np.float32), (len(batch), 1)), embedding=embedding)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command as the command line calls it, with a model installed."""
    monkeypatch.setattr(bundle, "current", lambda models_dir, task: tmp_path / "models" / task / "v1")
    monkeypatch.setattr(runtime, "load", lambda folder, *, cache, threads: FakeModel())
    monkeypatch.setattr(runtime, "load_current", lambda *_, **__: None)  # nothing describes details: SIFT alone
    return run_command


def run_command(*words: object) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    args = parser.parse_args([str(word) for word in words])
    return command.run(argparse.Namespace(**vars(args), models_dir=Path("models"), cache_dir=Path(".cache")))


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def jpeg(design: int, shot: int) -> bytes:
    return encoded(plate_photo(design, shot), quality=92)


def test_a_folder_of_photos_becomes_tables_and_a_folder_per_group(tmp_path: Path, run: Run) -> None:
    photos, out = tmp_path / "photos", tmp_path / "groups"
    files = {f"day {shot % 2}/IMG_{design}{shot // 2}.jpg": jpeg(design, shot) for design in (1, 2) for shot in range(5)}
    write(photos, {**files, "stranger.jpg": jpeg(3, 0), "truth.csv": b"not a photo", ".thumbs/x.jpg": jpeg(1, 9)})
    assert run(photos, "--out", out) == 0
    rows = {Path(row["file"]).relative_to(photos).as_posix(): row for row in table(out / "groups.csv")}
    assert set(rows) == {*files, "stranger.jpg"}
    assert rows["stranger.jpg"]["group_id"] == "-1"
    ids = {design: {rows[name]["group_id"] for name in files if f"IMG_{design}" in name} for design in (1, 2)}
    assert ids in ({1: {"0"}, 2: {"1"}}, {1: {"1"}, 2: {"0"}})
    assert all(row["image"] == row["file"] and row["cluster_id"] == row["group_id"] for row in rows.values())
    assert (rows["stranger.jpg"]["top1"], rows["stranger.jpg"]["top1_confidence"]) == ("ACME_1", "0.8808")
    copied = read(out)
    assert sorted(copied[name] for name in copied if name.startswith("group_")) == sorted(files.values())
    summary = {row["group_id"]: row["photos"] for row in table(out / "summary.csv")}
    assert summary == {"0": "5", "1": "5", "-1": "1"}


def test_one_photo_is_said_to_be_one(tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "photos", {"a.jpg": jpeg(1, 0)})
    assert run(tmp_path / "photos", "--out", tmp_path / "out") == 0
    assert capsys.readouterr().out.startswith("1 photo: 0 groups, 1 photo in none. See ")


def test_a_photo_that_cannot_be_read_is_named_and_the_rest_grouped(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, out = tmp_path / "photos", tmp_path / "groups"
    write(photos, {**{f"{shot}.jpg": jpeg(1, shot) for shot in range(4)}, "cut.jpg": jpeg(1, 5)[:2000]})
    assert run(photos, "--out", out) == 3
    assert "cut.jpg" in capsys.readouterr().err
    assert [row["group_id"] for row in table(out / "groups.csv")] == ["0"] * 4


@pytest.mark.parametrize("out", ["photos", "photos/groups", "full", "full/note.txt"])
def test_results_never_mix_with_photos_or_other_files(tmp_path: Path, run: Run, out: str) -> None:
    write(tmp_path, {"photos/a.jpg": jpeg(1, 1), "full/note.txt": b"mine"})
    before = read(tmp_path)
    with pytest.raises(ArgumentError, match="--out"):
        run(tmp_path / "photos", "--out", tmp_path / out)
    assert read(tmp_path) == before


def test_without_a_model_the_command_says_what_to_do(tmp_path: Path) -> None:
    write(tmp_path, {"photos/a.jpg": jpeg(1, 1)})
    with pytest.raises(ModelError, match="engine train meter_type"):
        run_command(tmp_path / "photos", "--out", tmp_path / "groups", "--models", tmp_path / "models")


def test_a_folder_without_photos_is_refused(tmp_path: Path, run: Run) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(DataError, match="no photos"):
        run(tmp_path / "photos", "--out", tmp_path / "groups")


def test_saved_embeddings_are_grouped_without_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    vectors = (np.eye(3, 16)[np.arange(18) % 3] + rng.normal(0, 0.05, (18, 16))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = [str(tmp_path / f"{index}.jpg") for index in range(18)]
    write(tmp_path, {"0.jpg": b"first", "1.jpg": b"second"})
    np.savez_compressed(tmp_path / "e.npz", files=np.array(names), embeddings=vectors, stamp=np.array("v1"))
    assert run_command(tmp_path / "e.npz", "--out", tmp_path / "groups") == 0
    rows = table(tmp_path / "groups" / "groups.csv")
    assert [row["file"] for row in rows] == names
    assert [row["group_id"] for row in rows] == ["0", "1", "2"] * 6
    assert set(read(tmp_path / "groups")) == {"groups.csv", "summary.csv", "group_0/0.jpg", "group_1/1.jpg"}
    assert "16 grouped photos are not where" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"files": np.array(["a"]), "embeddings": np.zeros((2, 4), np.float32)},
        {"files": np.array([None])},
        {"files": np.array(["a"]), "embeddings": np.zeros((1, 0), np.float32)},
        {"files": np.array([], str), "embeddings": np.zeros((0, 4), np.float32)},
    ],
)
def test_an_embeddings_file_of_another_kind_is_refused(tmp_path: Path, content: dict[str, np.ndarray]) -> None:
    np.savez(tmp_path / "e.npz", **content)
    with pytest.raises(DataError, match="judge --embeddings"):
        run_command(tmp_path / "e.npz", "--out", tmp_path / "groups")


def test_a_file_that_is_no_archive_is_refused_without_advice_to_unpickle_it(tmp_path: Path) -> None:
    (tmp_path / "e.npz").write_text("file,x\n")
    with pytest.raises(DataError, match=r"no whole \.npz file"):
        run_command(tmp_path / "e.npz", "--out", tmp_path / "groups")


def test_embeddings_of_two_model_versions_are_refused(tmp_path: Path) -> None:
    names = np.array(["a", "b"])
    np.savez(tmp_path / "e.npz", files=names, embeddings=np.eye(2, dtype=np.float32), stamp=np.array(["v1", "v2"]))
    with pytest.raises(DataError, match="two model versions, which cannot be compared"):
        run_command(tmp_path / "e.npz", "--out", tmp_path / "groups")


def test_where_hard_links_are_impossible_photos_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("other file system")

    monkeypatch.setattr(command, "os", SimpleNamespace(link=refuse))
    write(tmp_path, {"a/x.jpg": b"one", "b/x.jpg": b"two", "out/.keep": b""})
    for folder in ("a", "b"):
        command._copy(tmp_path / folder / "x.jpg", tmp_path / "out")
    assert read(tmp_path / "out") == {".keep": b"", "x.jpg": b"one", "x (2).jpg": b"two"}
