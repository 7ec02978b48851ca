"""Bundles: a card and its weights, together or not at all."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.bundle import Card, InputSpec, current, next_version, promote, read_card, read_weights, versions, write_bundle
from engine.errors import ModelError


def a_card(version: str = "v1", **changes: Any) -> Card:
    return Card(
        task="clarity",
        version=version,
        network="small_cnn",
        labels=("clear", "unclear"),
        input=InputSpec(width=32, height=24),
        **changes,
    )


def some_weights(seed: int = 0) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(seed)
    return {"kernel": rng.normal(size=(4, 3)).astype(np.float32), "variance": np.full(4, 1e-9, np.float32), "steps": np.array(7)}


def test_a_written_bundle_reads_back_with_its_card(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path, a_card(thresholds={"unknown": 0.5}), some_weights())
    card = read_card(folder)
    assert folder == tmp_path / "clarity" / "v1"
    assert card.labels == ("clear", "unclear") and card.thresholds == {"unknown": 0.5}
    np.testing.assert_allclose(read_weights(folder)["kernel"], some_weights()["kernel"], rtol=1e-3)


def test_matrices_are_stored_in_half_precision_and_tiny_variances_survive(tmp_path: Path) -> None:
    stored = read_weights(write_bundle(tmp_path, a_card(), some_weights()))
    assert stored["kernel"].dtype == np.float16
    assert stored["variance"].dtype == np.float32 and (stored["variance"] > 0).all()
    assert stored["steps"] == 7


def test_a_tampered_weights_file_is_refused(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path, a_card(), some_weights())
    data = bytearray((folder / "weights.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "weights.safetensors").write_bytes(data)
    with pytest.raises(ModelError, match="sha256"):
        read_weights(folder)


def test_a_file_that_is_no_safetensors_is_refused_even_with_the_right_hash(tmp_path: Path) -> None:
    import hashlib

    folder = write_bundle(tmp_path, a_card(), some_weights())
    (folder / "weights.safetensors").write_bytes(b"\x80\x04not tensors")
    card = json.loads((folder / "card.json").read_text())
    card["weights_sha256"] = hashlib.sha256(b"\x80\x04not tensors").hexdigest()
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="safetensors"):
        read_weights(folder)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path, a_card(), some_weights())
    (folder / "weights.safetensors").unlink()
    with pytest.raises(ModelError, match=r"weights\.safetensors"):
        read_weights(folder)


@pytest.mark.parametrize("damage", ['{"task": "clarity"}', "not json", '{"surprise": 1}'])
def test_a_damaged_card_is_refused(tmp_path: Path, damage: str) -> None:
    folder = write_bundle(tmp_path, a_card(), some_weights())
    (folder / "card.json").write_text(damage)
    with pytest.raises(ModelError, match="damaged"):
        read_card(folder)


def test_a_card_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path, a_card(), some_weights())
    card = json.loads((folder / "card.json").read_text()) | {"pickle": "x"}
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="pickle"):
        read_card(folder)


def test_a_version_folder_is_never_overwritten(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path, a_card(), some_weights(0))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ModelError, match="never overwritten"):
        write_bundle(tmp_path, a_card(), some_weights(1))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in (tmp_path / "clarity").iterdir()] == ["v1"], "no draft is left behind"


@pytest.mark.parametrize("version", ["../v1", "", ".hidden", "a/b"])
def test_a_version_that_is_no_plain_name_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="version"):
        a_card(version)


def test_nothing_judges_before_a_version_is_promoted(tmp_path: Path) -> None:
    write_bundle(tmp_path, a_card(), some_weights())
    assert current(tmp_path, "clarity") is None


def test_promotion_and_rollback_move_the_pointer(tmp_path: Path) -> None:
    for version in ("v1", "v2"):
        write_bundle(tmp_path, a_card(version), some_weights())
    promote(tmp_path, "clarity", "v2")
    assert current(tmp_path, "clarity") == tmp_path / "clarity" / "v2"
    promote(tmp_path, "clarity", "v1")
    assert current(tmp_path, "clarity") == tmp_path / "clarity" / "v1"
    assert (tmp_path / "clarity" / "CURRENT").read_text() == "v1\n"


def test_promoting_what_is_not_there_changes_nothing(tmp_path: Path) -> None:
    write_bundle(tmp_path, a_card(), some_weights())
    promote(tmp_path, "clarity", "v1")
    with pytest.raises(ModelError, match="v9"):
        promote(tmp_path, "clarity", "v9")
    assert current(tmp_path, "clarity") == tmp_path / "clarity" / "v1"


@pytest.mark.parametrize("pointer", ["v9\n", "\n", "../clarity/v1\n"])
def test_a_pointer_to_nowhere_is_said_so(tmp_path: Path, pointer: str) -> None:
    write_bundle(tmp_path, a_card(), some_weights())
    (tmp_path / "clarity" / "CURRENT").write_text(pointer)
    with pytest.raises(ModelError, match="CURRENT"):
        current(tmp_path, "clarity")


def test_a_copied_folder_under_another_name_is_not_promoted(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path, a_card(), some_weights())
    shutil.copytree(folder, folder.parent / "v2")
    with pytest.raises(ModelError, match="v1"):
        promote(tmp_path, "clarity", "v2")


def test_versions_count_up_in_their_numbers_order(tmp_path: Path) -> None:
    assert next_version(tmp_path, "clarity") == "v1"
    for version in ("v2", "v10", "v1"):
        write_bundle(tmp_path, a_card(version), some_weights())
    assert versions(tmp_path, "clarity") == ("v1", "v2", "v10")
    assert next_version(tmp_path, "clarity") == "v11"
