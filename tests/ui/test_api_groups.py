"""Groups over REST: acted on, taken back, refused with a reason."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.look_alikes import note_group, note_photo
from engine.recognition.resemblance import Resemblance
from tests.archive import NOW, photo, store, store_group, unknown
from ui.api_groups import group_routes
from ui.api_types import type_routes

KNOWN = ("lg_e150_blue",)  # by the model


@pytest.fixture
def client(database: Engine) -> TestClient:
    store_group(database, unknown(1), unknown(2), unknown(3))
    store_group(database, unknown(11), unknown(12))
    app = FastAPI()
    app.include_router(type_routes(database, lambda: NOW, lambda: KNOWN))
    app.include_router(group_routes(database, lambda: NOW, lambda: KNOWN))
    return TestClient(app)


def sizes(client: TestClient) -> dict[int | None, int]:
    return {card["id"]: card["photos"] for card in client.get("/api/v1/groups").json()}


def test_groups_are_named_merged_split_and_every_act_can_be_undone(client: TestClient) -> None:
    assert client.post("/api/v1/photos/split", json={"photo_ids": [1], "by": "ana"}).json() == {"group_id": 3, "photos": 1}
    assert client.post("/api/v1/groups/3/merge", json={"seen": 1, "into": 2, "by": "ana"}).json() == {"photos": 1}
    assert client.post("/api/v1/groups/2/name", json={"seen": 3, "name": "ACME 7"}).json() == {"name": "ACME 7"}
    assert sizes(client) == {1: 2, 2: 3}
    assert [act["by"] for act in client.get("/api/v1/acts").json()] == ["api", "ana", "ana"]
    assert client.post("/api/v1/groups/1/dismiss", json={"seen": 3, "by": " "}).status_code == 422
    for act in client.get("/api/v1/acts").json():
        assert client.post(f"/api/v1/acts/{act['id']}/undo", json={}).status_code == 200
    assert sizes(client) == {1: 3, 2: 2}
    assert [event["kind"] for event in client.get("/api/v1/group-events").json()][:3] == ["split", "merge", "named"]


def test_an_act_on_a_group_says_which_photos_were_seen_or_how_many(client: TestClient) -> None:
    members = {card["id"]: card["members"] for card in client.get("/api/v1/groups").json()}
    nothing = client.post("/api/v1/groups/1/name", json={"name": "ACME 7"})
    assert (nothing.status_code, "seen" in nothing.text) == (422, True)
    assert client.post("/api/v1/groups/1/name", json={"name": "ACME 7", "members": members[1]}).json() == {"name": "ACME 7"}
    assert client.post("/api/v1/groups/2/deny", json={"name": "ACME 7", "members": members[2]}).json() == {"photos": 2}
    assert client.post("/api/v1/groups/2/dismiss", json={"members": members[1]}).status_code == 409


def test_a_type_that_the_model_knows_keeps_its_spelling(client: TestClient) -> None:
    said = {"name": "LG_E150_BLUE"}
    assert client.post("/api/v1/groups/1/name", json={"seen": 3, **said}).json() == {"name": "lg_e150_blue"}
    assert client.post("/api/v1/photos/name", json={"photo_ids": [4], **said}).json()["name"] == "lg_e150_blue"
    assert client.post("/api/v1/photos/correct", json={"photo_ids": [5], **said}).json()["name"] == "lg_e150_blue"


def test_photos_are_moved_released_dismissed_and_named(client: TestClient) -> None:
    assert client.post("/api/v1/photos/move", json={"photo_ids": [1], "into": 2}).json() == {"photos": 1}
    assert client.post("/api/v1/photos/release", json={"photo_ids": [2]}).json() == {"photos": 1}
    assert client.post("/api/v1/photos/dismiss", json={"photo_ids": [3]}).json() == {"photos": 1}
    assert client.post("/api/v1/photos/name", json={"photo_ids": [2], "name": "ACME 7"}).json()["photos"] == 1
    assert sizes(client) == {2: 3}


def test_what_cannot_be_done_is_refused_with_the_reason(client: TestClient) -> None:
    refused = client.post("/api/v1/groups/1/merge", json={"seen": 9, "into": 2})
    assert (refused.status_code, "changed" in refused.json()["detail"]) == (409, True)
    assert client.post("/api/v1/groups/1/explode", json={"seen": 3}).status_code == 404
    assert client.post("/api/v1/photos/explode", json={"photo_ids": []}).status_code == 404
    assert client.post("/api/v1/groups/1/dismiss", json={"seen": 3}, headers={"origin": "http://evil"}).status_code == 403


TOO_LARGE = 10**30  # for any database


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"groups/{TOO_LARGE}/name", {"seen": 3, "name": "ACME 7"}),
        (f"groups/{2**63}/deny", {"seen": 3, "name": "ACME 7"}),
        ("groups/1/merge", {"seen": 3, "into": TOO_LARGE}),
        (f"acts/{TOO_LARGE}/undo", {}),
        *(
            (f"photos/{act}", {"photo_ids": [1, TOO_LARGE], "name": "ACME 7"})
            for act in ("name", "split", "too", "deny", "correct")
        ),
        ("photos/deny", {"photo_ids": [1], "name": "x" * 121}),
        ("photos/deny", {"photo_ids": [1], "name": ""}),
        ("groups/1/name", {"seen": 3, "nmae": "ACME 7"}),
        ("photos/split", {"photo_ids": [1], "seen": 3}),
    ],
)
def test_numbers_no_photo_can_have_and_fields_nobody_knows_are_refused(
    client: TestClient, path: str, body: dict[str, object]
) -> None:
    refused = client.post(f"/api/v1/{path}", json=body)
    assert (refused.status_code, list(sizes(client))) == (422, [1, 2])


@pytest.mark.parametrize("path", ["group-events?after=1", "groups/look-alikes?name=x&after=1_1", "groups/1"])
def test_pages_beyond_any_number_are_refused(client: TestClient, path: str) -> None:
    assert client.get(f"/api/v1/{path}{'0' * 30}").status_code in (404, 422)


def test_a_regrouping_is_asked_for_and_cancelled(client: TestClient) -> None:
    assert client.post("/api/v1/regroup").json() == {"asked": True}
    assert client.post("/api/v1/regroup").json() == {"asked": False}
    assert client.post("/api/v1/regroup/cancel").json() == {"asked": True}


def test_the_review_order_and_the_curves_are_offered(client: TestClient) -> None:
    assert client.get("/api/v1/review").json() == {"photos": [], "curves": []}


def test_look_alikes_are_listed_and_said_to_be_or_not_to_be_of_the_type(client: TestClient, database: Engine) -> None:
    client.post("/api/v1/groups/1/name", json={"seen": 3, "name": "ACME 7"})
    store(database, *(unknown(number) for number in range(100, 162)))
    with Session(database) as session, session.begin():
        for photo_id in range(6, 68):
            note_photo(session, photo_id, Resemblance(name="ACME 7", details=30, short=1.8 if photo_id < 67 else 5.0))
        note_group(session, 2, Resemblance(name="ACME 7", details=20, short=None))
    page = client.get("/api/v1/groups/look-alikes", params={"name": "ACME 7"}).json()
    assert page["groups"] == {"2": {"name": "ACME 7", "details": 20, "short": None}}
    assert (page["types"], len(page["photos"])) == ({"ACME 7": 62}, 60)
    rest = client.get("/api/v1/groups/look-alikes", params={"name": "ACME 7", "after": page["next"]}).json()
    assert [(each["id"], each["against"]) for each in rest["photos"]] == [(66, False), (67, True)]
    assert rest["next"] is None
    assert client.get("/api/v1/groups/look-alikes", params={"name": "ACME 7", "after": "x"}).status_code == 422
    assert client.post("/api/v1/photos/too", json={"photo_ids": [6, 7], "name": "ACME 7"}).json()["photos"] == 2
    assert client.post("/api/v1/photos/deny", json={"photo_ids": [67], "name": "ACME 7"}).json() == {"photos": 1}
    assert client.post("/api/v1/groups/2/deny", json={"seen": 2, "name": "ACME 7"}).json() == {"photos": 2}
    assert client.post("/api/v1/photos/correct", json={"photo_ids": [6], "name": "HPL 1"}).json()["name"] == "HPL 1"
    assert client.get("/api/v1/groups/look-alikes").json()["types"] == {"ACME 7": 59}
    assert client.post("/api/v1/photos/too", json={"photo_ids": [6], "name": "ACME 7"}).status_code == 409


def test_a_recognised_photo_is_confirmed_once(client: TestClient, database: Engine) -> None:
    client.post("/api/v1/groups/1/name", json={"seen": 3, "name": "ACME 7"})
    store(database, photo(30, meter_type="ACME 7", recognised_by="labelled"))
    asked = {"photo_ids": [6], "name": "ACME 7", "by": "ana"}
    assert client.post("/api/v1/photos/correct", json=asked).json() == {"name": "ACME 7", "photos": 1, "left_out": 0}
    again = client.post("/api/v1/photos/correct", json=asked)
    assert (again.status_code, "already" in again.json()["detail"]) == (409, True)


def test_a_group_is_renamed_and_one_whose_photos_are_others_than_those_seen_is_not_named(client: TestClient) -> None:
    first = {card["id"]: card for card in client.get("/api/v1/groups").json()}[1]
    client.post("/api/v1/photos/move", json={"photo_ids": [4], "into": 1})
    client.post("/api/v1/photos/move", json={"photo_ids": [1], "into": 2})
    asked = {"seen": first["photos"], "name": "ACME 7"}
    refused = client.post("/api/v1/groups/1/name", json=asked | {"members": first["members"]})
    assert (refused.status_code, "not those you saw" in refused.json()["detail"]) == (409, True)
    assert client.post("/api/v1/groups/1/name", json=asked).status_code == 200
    assert client.post("/api/v1/groups/1/rename", json=asked | {"name": "Acme 7"}).json() == {"name": "Acme 7"}
    assert client.post("/api/v1/groups/2/rename", json={"seen": 2, "name": "HPL 1"}).status_code == 409
