"""Turns a model bundle into OpenVINO's format: `python -m engine.convert FOLDER --cache DIR`.

A process of its own, because it imports torch and serving processes do not.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

from engine.errors import EngineError, ModelError
from engine.outputs import draft_in
from engine.runtime import converted_path


def convert(folder: Path, cache: Path) -> Path:
    """Write `cache/<key>/model.{xml,bin}` and return the path of the xml.

    Written beside and renamed, so two processes starting at once cannot see each other's half; the first one wins. What was
    killed in the middle left a draft, which goes.
    """
    import openvino
    import torch

    from engine.networks import load_network

    model, card = load_network(folder)
    target = converted_path(card, cache)
    if target.is_file():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    channels = 1 if card.network == "detail_cnn" else 3
    example = torch.zeros(1, channels, card.input.height, card.input.width)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # OpenVINO traces; torch.export warns of its own parts too
        converted = openvino.convert_model(model, example_input=example, input=[-1, *example.shape[1:]])
    try:
        with draft_in(cache, ".converting-") as draft:
            draft.chmod(0o755)
            openvino.save_model(converted, draft / target.name, compress_to_fp16=False)
            draft.rename(target.parent)
    except OSError as error:
        if not target.is_file():  # another process may have renamed its own first: that one is as good
            raise ModelError(f"The converted model could not be written to {target.parent}: {error}.") from error
    return target


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, or 2 with one line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m engine.convert", description=__doc__)
    parser.add_argument("folder", type=Path, help="models/<task>/<version>")
    parser.add_argument("--cache", type=Path, required=True, help="where converted models are kept")
    args = parser.parse_args(arguments)
    try:
        convert(args.folder, args.cache)
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
