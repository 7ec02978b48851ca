"""The review order: what a label would teach most comes first."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.naming import name_photos
from db.review import Why, learning_curves, review_order
from tests.archive import NOW, photo, store, store_group, unknown


def test_disagreement_comes_before_borders_and_borders_before_close_calls(database: Engine) -> None:
    close = [{"label": "GENUS5", "confidence": 0.55}, {"label": "HPL1", "confidence": 0.4}]
    store(database, photo(1), photo(2, top3=close), photo(3, plain_type="HPL1"))
    members = unknown(4), unknown(5)
    store_group(database, *members)
    with Session(database) as session, session.begin():
        session.merge(members[1]).group_strength = 0.2
    with Session(database) as session:
        assert [(each.name, each.why) for each in review_order(session)] == [
            ("photo-0003.jpg", Why.DISAGREE),
            ("photo-0005.jpg", Why.BORDER),
            ("photo-0002.jpg", Why.MARGIN),
        ]
        name_photos(session, [members[1].id], "ACME 7", by="ana", now=NOW)
        assert [each.why for each in review_order(session)] == [Why.DISAGREE, Why.MARGIN]


def test_what_labelled_photos_name_is_no_disagreement_with_a_network_that_was_never_taught_the_type(database: Engine) -> None:
    close = [{"label": "GENUS5", "confidence": 0.55}, {"label": "HPL1", "confidence": 0.4}]
    named = {"meter_type": "ACME 7", "recognised_by": "labelled", "labelled_photos": 5}
    store(database, photo(1, plain_type="HPL1", **named), photo(2, top3=close, **named))
    with Session(database) as session:
        assert review_order(session) == ()


def test_a_group_that_one_naming_settles_is_asked_about_once_and_every_kind_has_its_turn(database: Engine) -> None:
    close = [{"label": "GENUS5", "confidence": 0.55}, {"label": "HPL1", "confidence": 0.4}]
    store_group(database, *(unknown(number, plain_type="HPL1") for number in range(1, 6)))
    border = [unknown(number) for number in range(6, 9)]
    store_group(database, *border)
    with Session(database) as session, session.begin():
        for row in border:
            session.merge(row).group_strength = 0.2
    store(database, *(unknown(number, plain_type="HPL1") for number in (11, 12)))
    store(database, *(photo(number, top3=close) for number in (21, 22)))
    with Session(database) as session:
        found = review_order(session)
        assert [each.why for each in found] == [Why.DISAGREE, Why.BORDER, Why.MARGIN, Why.DISAGREE, Why.MARGIN, Why.DISAGREE]
        assert sorted(each.group_id or 0 for each in found) == [0, 0, 0, 0, 1, 2]
        assert len(review_order(session, most=2)) == 2


def test_without_labels_there_is_no_curve(database: Engine) -> None:
    with Session(database) as session:
        assert learning_curves(session) == ()
