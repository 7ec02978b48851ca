"""OpenVINO, set up one way: on the CPU, in float32, safe to use from several threads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino

# OpenVINO makes its table of number types when a tensor is first seen as an array, under a C++ lock that gives Python's away:
# two threads whose first inferences meet would wait for each other for ever. Imports are made by one thread.
_ = openvino.Tensor(np.zeros(1, np.float32)).data


def compiled(model: openvino.Model | Path, *, threads: int) -> Any:
    """The model, or the one in a file, ready for `create_infer_request`, which each call should make for itself.

    Computes in float32, so that a verdict does not depend on the CPU's own half-precision units. Raises `RuntimeError`.
    """
    options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    return openvino.Core().compile_model(model, "CPU", options)
