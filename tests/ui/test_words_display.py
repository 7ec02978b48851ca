"""Every reason has its words and its advice."""

import pytest

from engine.verdict import Reason
from ui.words_display import advice, reason


@pytest.mark.parametrize("name", list(Reason))
def test_every_reason_has_a_name_and_advice(name: Reason) -> None:
    assert reason(name.value)
    assert advice(name.value).endswith(".")
