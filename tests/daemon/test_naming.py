from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.naming import free_name, numbered

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=255)


@given(NAMES)
def test_names_never_repeat_and_fit_a_file_system(name: str) -> None:
    names = [numbered(name, number) for number in (1, 2, 3, 10, 999)]
    assert len(set(names)) == len(names)
    assert all(0 < len(each.encode()) <= 255 for each in names)


@pytest.mark.parametrize(
    ("name", "taken", "free"),
    [
        ("IMG_1.jpg", 0, "IMG_1.jpg"),
        ("IMG_1.jpg", 1, "IMG_1 (2).jpg"),
        ("IMG_1.jpg", 2, "IMG_1 (3).jpg"),
        ("photo", 1, "photo (2)"),
        (".jpg", 1, ".jpg (2)"),
        ("IMG_1.jpg", 6, "IMG_1 (7).jpg"),
    ],
)
def test_a_taken_name_gets_the_next_number_before_its_ending(name: str, taken: int, free: str) -> None:
    names = {numbered(name, number) for number in range(1, taken + 1)}
    assert free_name(name, names.__contains__) == free


@given(NAMES, st.sets(st.integers(1, 60)))
def test_a_free_name_is_free_whatever_is_taken(name: str, numbers: set[int]) -> None:
    taken = {numbered(name, number) for number in numbers}
    assert free_name(name, taken.__contains__) not in taken


def test_the_ten_thousandth_photo_of_one_name_is_asked_for_a_few_times() -> None:
    taken, asked = {numbered("image.jpg", number) for number in range(1, 10_000)}, []

    def is_taken(name: str) -> bool:
        asked.append(name)
        return name in taken

    assert free_name("image.jpg", is_taken) == "image (10000).jpg"
    assert len(asked) < 30
