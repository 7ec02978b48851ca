"""The serving runtime says what the training framework says, without importing it."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import pytest
import torch
from numpy.typing import NDArray

from engine import runtime
from engine.bundle import Card, InputSpec, write_bundle
from engine.convert import convert, main
from engine.errors import ModelError
from engine.networks import build, load_network, weights_of
from engine.runtime import converted_path, load


def a_bundle(models: Path, network: str = "small_cnn") -> Path:
    labels = ("a", "b", "c")
    torch.manual_seed(0)
    model = build(network, len(labels)).eval()
    card = Card(task="meter_type", version="v1", network=network, labels=labels, input=InputSpec(width=48, height=32))
    weights = dict(weights_of(model)) | {"open_set.means": np.ones((3, 4), np.float32)}
    return write_bundle(models, card, weights)


def a_batch(count: int = 3) -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(size=(count, 3, 32, 48)).astype(np.float32)


@pytest.mark.parametrize(("network", "dimensions"), [("small_cnn", 128), ("mobilenet_v2", 1280), ("resnet18", 512)])
def test_openvino_answers_what_torch_answers(tmp_path: Path, network: str, dimensions: int) -> None:
    folder = a_bundle(tmp_path / "models", network)
    convert(folder, tmp_path / "cache")
    output = load(folder, cache=tmp_path / "cache", threads=1).run(a_batch())
    model, _ = load_network(folder)
    with torch.inference_mode():
        logits, embedding = model(torch.from_numpy(a_batch()))
    np.testing.assert_allclose(output.logits, logits.numpy(), atol=2e-4)
    np.testing.assert_allclose(output.embedding, embedding.numpy(), atol=2e-4)
    assert output.embedding.shape == (3, dimensions)
    np.testing.assert_allclose(np.linalg.norm(output.embedding, axis=1), 1, atol=1e-4)


def test_a_photo_is_judged_the_same_alone_and_in_a_batch(tmp_path: Path) -> None:
    folder = a_bundle(tmp_path / "models")
    convert(folder, tmp_path / "cache")
    model = load(folder, cache=tmp_path / "cache", threads=1)
    np.testing.assert_allclose(model.run(a_batch()).logits[1:2], model.run(a_batch()[1:2]).logits, atol=1e-5)


def test_several_threads_get_their_own_answers(tmp_path: Path) -> None:
    folder = a_bundle(tmp_path / "models")
    convert(folder, tmp_path / "cache")
    model = load(folder, cache=tmp_path / "cache", threads=1)
    batches = [np.full((1, 3, 32, 48), value, np.float32) for value in np.linspace(-2, 2, 16)]
    alone = [model.run(batch).logits for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda batch: model.run(batch).logits, batches))
    np.testing.assert_allclose(together, alone, atol=1e-5)


FIRST_ANSWERS = """
import os, sys, threading
from pathlib import Path
import numpy as np
from engine.runtime import load
model = load(Path(sys.argv[1]), cache=Path(sys.argv[2]), threads=1)
sys.setswitchinterval(1e-6)
together = threading.Barrier(4)
def ask():
    together.wait()
    model.outputs(np.zeros((1, 3, 128, 128), np.float32))
threads = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def test_the_first_answers_of_a_process_may_be_asked_for_by_several_threads_at_once(tmp_path: Path) -> None:
    folder = a_bundle(tmp_path / "models")
    load(folder, cache=tmp_path / "cache", threads=1)  # converts
    for _ in range(6):  # they waited for each other for ever in one process of three
        subprocess.run([sys.executable, "-c", FIRST_ANSWERS, str(folder), str(tmp_path / "cache")], check=True, timeout=60)


def test_tensors_beside_the_network_are_handed_over_without_their_prefix(tmp_path: Path) -> None:
    folder = a_bundle(tmp_path / "models")
    convert(folder, tmp_path / "cache")
    assert list(load(folder, cache=tmp_path / "cache", threads=1).extras) == ["means"]


def test_processes_that_start_together_convert_a_model_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = a_bundle(tmp_path / "models")
    converted: list[Path] = []
    together = threading.Barrier(2)

    def counted(folder: Path, cache: Path) -> None:
        converted.append(folder)
        convert(folder, cache)

    def start() -> None:
        together.wait(30)
        load(folder, cache=tmp_path / "cache", threads=1)

    monkeypatch.setattr("engine.runtime._convert_in_subprocess", counted)
    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(start) for _ in range(2)]:
            each.result(120)
    assert converted == [folder]


def test_a_serving_process_converts_in_a_subprocess_says_so_once_and_imports_no_torch(tmp_path: Path) -> None:
    folder = a_bundle(tmp_path / "models")
    program = (
        "import sys; from pathlib import Path; from engine.runtime import load;"
        "[load(Path(sys.argv[1]), cache=Path(cache), threads=1) for cache in sys.argv[2:]];"
        "assert 'torch' not in sys.modules"
    )
    caches = [tmp_path / "cache", tmp_path / "another cache"]
    for said in ("Preparing the models for this machine, once: this takes a minute, on a busy machine some.\n", ""):
        done = subprocess.run([sys.executable, "-c", program, folder, *caches], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, said)
    assert all(converted_path(load_network(folder)[1], cache).is_file() for cache in caches)


def test_of_two_conversions_at_once_the_first_stays_and_the_second_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, cache = a_bundle(tmp_path / "models"), tmp_path / "cache"
    save, written = openvino.save_model, []

    def another_finishes_meanwhile(model: Any, path: Path, **options: Any) -> None:
        monkeypatch.setattr(openvino, "save_model", save)
        written.append(convert(folder, cache).stat().st_mtime_ns)
        save(model, path, **options)

    monkeypatch.setattr(openvino, "save_model", another_finishes_meanwhile)
    target = convert(folder, cache)
    assert [target.stat().st_mtime_ns] == written
    assert [path.name for path in cache.iterdir()] == [target.parent.name]


def test_what_a_killed_conversion_left_goes_at_the_next(tmp_path: Path) -> None:
    folder, cache = a_bundle(tmp_path / "models"), tmp_path / "cache"
    (cache / ".converting-killed").mkdir(parents=True)
    (cache / ".converting-killed" / "model.xml").write_text("<half")
    target = convert(folder, cache)
    assert [path.name for path in cache.iterdir()] == [target.parent.name]


def test_tampered_weights_are_refused_before_anything_runs(tmp_path: Path) -> None:
    folder = a_bundle(tmp_path / "models")
    convert(folder, tmp_path / "cache")
    (folder / "weights.safetensors").write_bytes(b"other")
    with pytest.raises(ModelError, match="sha256"):
        load(folder, cache=tmp_path / "cache", threads=1)


def test_weights_that_do_not_fit_their_card_are_named_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = Card(
        task="clarity", version="v1", network="small_cnn", labels=("clear", "unclear"), input=InputSpec(width=32, height=32)
    )
    folder = write_bundle(tmp_path / "models", card, {"head.weight": np.ones((2, 2), np.float32)})
    assert main([str(folder), "--cache", str(tmp_path / "cache")]) == 2
    assert "do not fit" in capsys.readouterr().err


def test_a_failed_conversion_reaches_the_caller_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = a_bundle(tmp_path / "models")
    failed = subprocess.CompletedProcess([], 2, stdout="", stderr="warning\nno torch here\n")
    monkeypatch.setattr(runtime.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(ModelError, match="no torch here"):
        load(folder, cache=tmp_path / "cache", threads=1)


def test_a_damaged_conversion_is_named(tmp_path: Path) -> None:
    folder = a_bundle(tmp_path / "models")
    convert(folder, tmp_path / "cache").write_text("<broken")
    with pytest.raises(ModelError, match="Delete that folder"):
        load(folder, cache=tmp_path / "cache", threads=1)
