"""Networks: what they start from and what they refuse."""

import pickle
import urllib.error
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch

from engine import networks
from engine.errors import ModelError
from engine.networks import build, start


def offline() -> NoReturn:
    raise urllib.error.URLError("no route")


@pytest.fixture(autouse=True)
def _no_downloads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "_DOWNLOADS", {"mobilenet_v2": offline, "resnet18": offline})


def test_without_a_file_and_without_a_network_the_start_is_random_and_says_so() -> None:
    assert start("mobilenet_v2", 2, None)[1] == "random"


def test_a_state_dict_in_torchvisions_layout_is_loaded_whole(tmp_path: Path) -> None:
    source = networks.tv.resnet18(weights=None)
    torch.save(source.state_dict(), tmp_path / "resnet18.pt")
    model, said = start("resnet18", 5, tmp_path / "resnet18.pt")
    assert said == "resnet18.pt"
    assert torch.equal(model.features.get_submodule("layer4.1.conv2").weight, source.layer4[1].conv2.weight)


def test_layers_missing_from_the_file_are_named(tmp_path: Path) -> None:
    state = {
        name: tensor
        for name, tensor in networks.tv.resnet18(weights=None).state_dict().items()
        if not name.startswith(("layer4", "fc"))
    }
    torch.save(state, tmp_path / "part.pt")
    assert start("resnet18", 5, tmp_path / "part.pt")[1] == "part.pt (random: layer4)"


def test_a_file_for_another_network_is_refused(tmp_path: Path) -> None:
    torch.save(networks.tv.resnet18(weights=None).state_dict(), tmp_path / "resnet18.pt")
    with pytest.raises(ModelError, match="no layer"):
        start("small_cnn", 2, tmp_path / "resnet18.pt")


class Harmful:
    """Would run a command when unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("harm",)


@pytest.mark.parametrize("content", [b"", b"not weights", pickle.dumps(Harmful())])
def test_a_file_that_is_no_dictionary_of_tensors_is_refused(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.pt").write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\.pt"):
        start("small_cnn", 2, tmp_path / "bad.pt")
    assert "harm" not in capsys.readouterr().out


@pytest.mark.parametrize("network", ["mobilenet_v2", "resnet18", "small_cnn"])
def test_any_input_size_gives_logits_and_a_unit_embedding(network: str) -> None:
    model = build(network, 4).eval()
    with torch.inference_mode():
        logits, embedding = model(torch.rand(2, 3, 64, 40))
    assert logits.shape == (2, 4)
    assert torch.allclose(embedding.norm(dim=1), torch.ones(2), atol=1e-5)
