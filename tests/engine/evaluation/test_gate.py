"""The gate: an equal challenger passes, one that is worse somewhere beyond noise waits for a person, with the reason."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluation.gate import FEWEST_METERS, Answered, Decision, Kind, compare, rule
from engine.verdict import UNKNOWN

KNOWN = ("A", "B", "C")
SAID = st.sampled_from([*KNOWN, UNKNOWN])
TRUTHS = st.sampled_from([*KNOWN, "stranger", None])


def photo(number: int, truth: str | None, champion: str, challenger: str) -> Answered:
    return Answered(truth=truth, meter=f"meter {number}", champion=champion, challenger=challenger)


def same(count: int, truth: str = "A", start: int = 0) -> list[Answered]:
    return [photo(start + number, truth, truth, truth) for number in range(count)]


def unnamed(count: int, champion: str = UNKNOWN, challenger: str = UNKNOWN) -> list[Answered]:
    """Photos of groups that nobody has named."""
    return [
        Answered(truth=None, meter=f"unnamed {number}", champion=champion, challenger=challenger, is_unnamed=True)
        for number in range(count)
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TRUTHS, SAID, st.integers(0, 200)), min_size=1, max_size=80))
def test_a_challenger_equal_to_the_champion_always_passes(drawn: list[tuple[str | None, str, int]]) -> None:
    answers = [photo(meter, truth, said, said) for truth, said, meter in drawn] + same(FEWEST_METERS, start=1000)
    answers += unnamed(1)
    ruling = rule(answers, KNOWN)
    assert ruling.decision is Decision.PROMOTE
    assert all(part.low == part.high == 0 for part in ruling.slices)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(TRUTHS, SAID), max_size=60),
    st.integers(6, 30),
    st.floats(0.6, 1.0),
    st.sampled_from([UNKNOWN, "B"]),
)
def test_one_worse_on_one_type_beyond_noise_never_passes(
    others: list[tuple[str | None, str]], meters: int, lost: float, instead: str
) -> None:
    answers = [photo(number, truth, said, truth or UNKNOWN) for number, (truth, said) in enumerate(others) if truth != "C"]
    answers += [photo(1000 + number, "C", "C", instead if number < round(lost * meters) else "C") for number in range(meters)]
    ruling = rule(answers, KNOWN)
    assert ruling.decision is Decision.WAIT
    assert any("C is recognised less often" in reason for reason in ruling.reasons)


def test_one_photo_lost_is_noise_and_mentioned_as_such() -> None:
    ruling = rule([*same(12), photo(50, "B", "B", UNKNOWN), *unnamed(3)], KNOWN)
    assert ruling.decision is Decision.PROMOTE
    assert ruling.reasons[1:3] == (
        "B is recognised less often: 0% instead of 100% of 1 photo of 1 meter. That is within noise.",
        "Fewer photos are right: 92% instead of 100% of 13 photos of 13 meters. That is within noise.",
    )


def test_many_photos_of_one_meter_are_one_loss() -> None:
    lost = [Answered(truth="B", meter="one", champion="B", challenger=UNKNOWN) for _ in range(30)]
    kept = [photo(number, "B", "B", "B") for number in range(20)]
    assert rule([*same(12, start=100), *kept, *lost, *unnamed(3)], KNOWN).decision is Decision.PROMOTE
    apart = [photo(200 + number, "B", "B", UNKNOWN) for number in range(30)]
    assert rule([*same(12, start=100), *kept, *apart, *unnamed(3)], KNOWN).decision is Decision.WAIT


def test_unknown_meters_taken_for_types_make_it_wait() -> None:
    answers = [*same(60), *(photo(100 + number, "stranger", UNKNOWN, "A") for number in range(6))]
    ruling = rule(answers, KNOWN)
    assert ruling.decision is Decision.WAIT
    assert "Fewer unknown meters are seen to be unknown: 0% instead of 100% of 6 photos of 6 meters." in ruling.reasons
    assert "More photos get a wrong type: 9.1% instead of 0.0% of 66 photos of 66 meters." in ruling.reasons


def test_a_type_only_the_challenger_knows_counts_for_it() -> None:
    answers = [*same(12), *(photo(100 + number, "C", UNKNOWN, "C") for number in range(6))]
    by_kind = {(part.kind, part.name): part for part in compare(answers, KNOWN)}
    assert by_kind[Kind.TYPE, "C"].low > 0
    assert Kind.UNKNOWN not in {kind for kind, _ in by_kind}
    assert rule([*answers, *unnamed(3)], KNOWN).decision is Decision.PROMOTE


def test_a_version_whose_unknown_nothing_tests_waits_for_a_person() -> None:
    ruling = rule(same(60), KNOWN)
    assert ruling.decision is Decision.WAIT
    assert ruling.reasons[0].startswith("UNKNOWN was not tested: no strangers are known.")


def test_photos_of_groups_without_a_name_that_would_get_a_type_make_it_wait() -> None:
    renamed = [photo(900 + number, None, UNKNOWN, "B") for number in range(5)]
    groups = [*unnamed(20), *(replace(each, is_unnamed=True) for each in renamed)]
    ruling = rule([*same(60), *groups], KNOWN)
    assert ruling.decision is Decision.WAIT
    assert ruling.reasons[0] == (
        "More photos of groups that nobody has named would get a type: 20% instead of 0% of 25 photos of 25 meters."
    )


def test_what_nobody_said_is_neither_right_nor_a_wrong_type() -> None:
    parts = compare([*same(12), *unnamed(5, challenger="B")], KNOWN)
    assert {part.kind: (part.photos, part.challenger) for part in parts if part.kind is not Kind.TYPE} == {
        Kind.ALL: (12, 1.0),
        Kind.WRONG: (12, 1.0),
        Kind.UNNAMED: (5, 0.0),
    }


def test_a_promotion_says_what_was_tested_and_what_was_not() -> None:
    ruling = rule([*same(12), *unnamed(4), photo(70, "stranger", UNKNOWN, UNKNOWN)], [*KNOWN, "D", "E", "F", "G"])
    assert ruling.reasons == (
        "Not worse beyond noise wherever it was tested: 100% right, before 100%, of 13 photos of 13 meters. "
        "UNKNOWN was tested on 1 photo of 1 meter and 4 photos of 4 meters.",
        "Not tested, because no photos of them are kept aside: 6 of 7 types (B, C, D, E, F and 1 more).",
    )


def test_too_few_meters_kept_aside_leave_the_decision_to_a_person() -> None:
    ruling = rule(same(FEWEST_METERS - 1), KNOWN)
    assert ruling.decision is Decision.WAIT
    assert ruling.reasons[0] == "Only 9 labelled meters kept aside for judging; 10 are needed. Label more, or decide yourself."
    assert rule(unnamed(50), KNOWN).decision is Decision.WAIT, "what no person said is no ground to judge on"
    assert rule([], KNOWN).decision is Decision.WAIT
    dismissed = [photo(number, None, UNKNOWN, UNKNOWN) for number in range(50)]
    assert rule(dismissed, KNOWN).reasons[0].startswith("Only 0 labelled meters kept aside"), "what was dismissed is no meter"


def test_what_got_worse_is_said_before_all_else_the_worst_first() -> None:
    answers = [*(photo(number, "A", "A", "A") for number in range(3)), *(photo(number, "B", "B", "A") for number in range(3, 7))]
    assert [reason[:15] for reason in rule(answers, KNOWN).reasons][:5] == [
        "B is recognised",
        "Fewer photos ar",
        "More photos get",
        "Only 7 labelled",
        "UNKNOWN was not",
    ]


def test_the_ruling_is_plain_values_for_the_pages() -> None:
    part = compare([*same(2), photo(9, "A", "A", UNKNOWN)], KNOWN)[0].as_json()
    assert {key: part[key] for key in ("kind", "photos", "meters", "champion", "challenger", "worse")} == {
        "kind": "all",
        "photos": 3,
        "meters": 3,
        "champion": 1.0,
        "challenger": 0.6667,
        "worse": False,
    }
