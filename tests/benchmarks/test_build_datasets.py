"""The layout of the data: no meter on two sides, no type without a chance."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import build_datasets


def photo(kind: str, meter: str, source_path: str = "a/1.jpg") -> object:
    return build_datasets.Photo(
        path=Path("photos") / source_path,
        kind=kind,
        meter=meter,
        box=None,
        row={"source_path": source_path},
        source="s",
        licence="l",
    )


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 9)), min_size=1, max_size=60), st.integers(0, 5))
def test_every_meter_has_one_side_and_most_photos_train(drawn: list[tuple[str, int]], seed: int) -> None:
    photos = [photo(kind, f"{kind}{number}") for kind, number in drawn]
    sides = build_datasets.assign_sides(photos, seed)
    assert set(sides) == {photo.meter for photo in photos}
    for kind in {kind for kind, _ in drawn}:  # a type that nothing teaches could not be tested either
        counted = Counter(sides[photo.meter] for photo in photos if photo.kind == kind)
        assert counted["train"] > 0
    assert sides == build_datasets.assign_sides(photos, seed)


def test_a_type_with_few_meters_only_trains() -> None:
    photos = [photo("A", meter) for meter in ("m1", "m2") for _ in range(10)]
    assert set(build_datasets.assign_sides(photos, 0).values()) == {"train"}


def test_photos_taken_one_after_the_other_are_taken_for_the_same_meter() -> None:
    names = ["img-7-.jpg", "img-8-.jpg", "img-12-.jpg", "img-13-.jpg", "img-20-.jpg"]
    grouped = list(build_datasets._grouped([photo("A", "", f"x/{name}") for name in names]))
    meters = [photo.meter for photo in grouped]
    assert meters[0] == meters[1] != meters[2] == meters[3] != meters[4]


def test_a_table_keeps_commas_inside_quotes(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('file,note\n1.jpg,"a, b"\n')
    assert build_datasets.read_table(tmp_path / "t.csv") == [{"file": "1.jpg", "note": "a, b"}]


@pytest.mark.parametrize(("text", "box"), [("", None), ("1 2 30 40", (1, 2, 30, 40))])
def test_a_box_is_read_as_pixels(text: str, box: object) -> None:
    assert build_datasets._box(text) == box
