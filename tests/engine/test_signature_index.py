from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.signature import BITS, NEAR, distance
from engine.signature_index import SignatureIndex

signatures = st.binary(min_size=BITS // 8, max_size=BITS // 8)


def flipped(bits: bytes, places: set[int]) -> bytes:
    number = int.from_bytes(bits)
    for place in places:
        number ^= 1 << place
    return number.to_bytes(len(bits))


@given(st.lists(signatures, max_size=40), signatures, st.integers(0, BITS))
def test_the_index_finds_what_comparing_with_every_one_finds(stored: list[bytes], wanted: bytes, limit: int) -> None:
    index = SignatureIndex()
    for photo_id, bits in enumerate(stored, 100):
        index.add(photo_id, bits)
    closest = min(((distance(wanted, bits), photo_id) for photo_id, bits in enumerate(stored, 100)), default=None)
    expected = (closest[1], closest[0]) if closest and closest[0] <= limit else None
    assert index.nearest(wanted, limit) == expected


@given(signatures, st.sets(st.integers(0, BITS - 1), max_size=NEAR + 10))
def test_a_copy_is_near_up_to_the_limit(bits: bytes, places: set[int]) -> None:
    index = SignatureIndex()
    index.add(1, bits)
    assert (index.nearest(flipped(bits, places)) is not None) == (len(places) <= NEAR)


def test_an_inverted_picture_is_far() -> None:
    index = SignatureIndex()
    index.add(1, bytes(BITS // 8))
    assert index.nearest(b"\xff" * (BITS // 8)) is None


def test_the_index_grows() -> None:
    index = SignatureIndex()
    for photo_id in range(5000):
        index.add(photo_id, photo_id.to_bytes(BITS // 8))
    assert len(index) == 5000
    assert index.nearest((4321).to_bytes(BITS // 8)) == (4321, 0)
