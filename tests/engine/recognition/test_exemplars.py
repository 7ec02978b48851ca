import numpy as np
import pytest

from engine.errors import DataError
from engine.recognition import Exemplars, merge, thinned
from tests.engine.grouping.drawn import plate


def of(stamp: str = "v1", labels: tuple[str, ...] = ("A", "A", "B")) -> Exemplars:
    vectors = [np.float32([0.6, 0.8]), np.float32([0.8, 0.6]), np.float32([1.0, 0.0])]
    return Exemplars.of(stamp, labels, vectors[: len(labels)], [plate(1, 1), None, plate(2, 1)][: len(labels)])


def test_exemplars_come_back_from_their_bytes() -> None:
    before = of()
    after = Exemplars.from_bytes(before.to_bytes())
    assert (after.stamp, after.labels, after.types()) == ("v1", ("A", "A", "B"), ("A", "B"))
    assert np.array_equal(after.embeddings, before.embeddings)
    assert [len(each) for each in after.plates] == [len(each) for each in before.plates]
    assert np.array_equal(after.plates[2].descriptors, before.plates[2].descriptors)
    assert np.abs(after.plates[0].keypoints - before.plates[0].keypoints).max() <= 1 / 32  # of a pixel or a degree


def test_no_exemplars_come_back_as_none() -> None:
    assert len(Exemplars.from_bytes(Exemplars.none("v1").to_bytes())) == 0


@pytest.mark.parametrize("data", [b"", b"no archive", of().to_bytes()[:-200]])
def test_damaged_bytes_are_an_error_with_advice(data: bytes) -> None:
    with pytest.raises(DataError, match="Make them again"):
        Exemplars.from_bytes(data)


def test_bundles_without_plates_hold_exemplars_that_speak_by_embedding_alone() -> None:
    read = Exemplars.from_tensors("v1", ("A", "B"), {"photos": np.float16([[1, 0], [0, 1]]), "types": np.int32([1, 0])})
    assert read.labels == ("B", "A")
    assert [len(each) for each in read.plates] == [0, 0]


def test_merging_keeps_every_photo_and_refuses_another_models_embeddings() -> None:
    assert merge([of(), of(labels=("C",)), Exemplars.none("v1")]).labels == ("A", "A", "B", "C")
    with pytest.raises(DataError, match="v1, v2"):
        merge([of(), of("v2")])


def test_thinning_keeps_all_photos_and_the_details_that_others_confirm() -> None:
    shots = [plate(1, shot) for shot in range(4)]
    vectors = [np.float32([np.cos(turn), np.sin(turn)]) for turn in (0.0, 0.1, 0.2, 0.9)]
    thin = thinned(Exemplars.of("v1", ["A"] * 4, vectors, shots), per_type=3, features=60)
    assert len(thin) == 4
    assert sorted(len(each) for each in thin.plates) == [0, 60, 60, 60]
    assert len(thin.plates[3]) == 60  # the photo that differs most from the others is among the kept
