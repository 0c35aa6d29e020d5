"""The API is asked all that its own description allows, and more: no server error, no surprise."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from keepone.decisions.workspace import open_log
from keepone.review import api, runs_api
from keepone.review.app import create_app
from tests.review.conftest import HOST, Browser, People

_CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
_QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]


@pytest.fixture(scope="session")
def asked(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give the app over the run and a log of its own, and Ann, who may do all."""
    where = tmp_path_factory.mktemp("fuzz") / "log.sqlite"
    with open_log(made, str(where)) as log:
        app = create_app(made, People(), [HOST], log)
        yield app, Browser.of(TestClient(app, raise_server_exceptions=False), "Ann:admin")


def _operations() -> dict[str, Any]:
    """Return all that the API describes of review, by name, but for the events, which never end.

    What starts runs and changes lists is asked one by one in `test_runs` and `test_lists`.
    """
    app = FastAPI()
    app.include_router(api.router)
    described = schemathesis.openapi.from_dict(app.openapi()).exclude(path="/api/events")
    found: list[Any] = [each.ok() for each in described.get_all_operations()]  # type: ignore[union-attr]
    return {each.label: each for each in found}


OPERATIONS = _operations()


def aim(case: Any, ann: Browser) -> None:
    """Have a case ask for what there is, more often than chance would."""
    lines = ann.get("/api/runs/one/groups?size_from=2").json()["lines"]
    found = case.path_parameters or {}
    if len(found.get("run_id", "")) != 1:
        found["run_id"] = "one"
    if len(found.get("group_id", "x")) % 2:
        found["group_id"] = lines[len(found.get("group_id", "")) % len(lines)]["group_id"]
    case.path_parameters = {
        name: value for name, value in found.items() if f"{{{name}}}" in case.path
    }
    group = ann.get(f"/api/runs/one/groups/{lines[len(str(case.query)) % 5]['group_id']}").json()
    ids = [member["record_id"] for member in group["members"]]
    if isinstance(asked := case.query, dict) and {"a", "b"} <= asked.keys() and len(str(asked)) % 2:
        asked |= {"a": ids[0], "b": ids[1]}
    body = case.body
    if not isinstance(body, dict) or len(str(body)) % 3 == 0:
        return
    if "groups" in body:
        body |= {"query": {"size_from": 4}, "groups": ann.get(_LIST).json()["groups"]}
    elif (value := _VALUES.get(str(body.get("kind")), body)) is not body:
        for name in ("parts", "names", "field", "version"):
            body.pop(name, None)
        body |= {"everyone": True, "group_id": group["group_id"], "value": value}
    elif isinstance(body.get("parts"), list):
        body["parts"] = [[each] for each in ids[: len(body["parts"])]]


_VALUES = {"same": None, "different": None, "disposition": "Keep", "note": "x"}
_LIST = "/api/runs/one/groups?size_from=4"


def check(case: Any, ann: Browser) -> None:
    """Ask, and hold the answer to the description."""
    aim(case, ann)
    arguments = case.as_transport_kwargs(base_url=f"http://{HOST}")
    headers = dict(arguments.pop("headers", None) or {}) | {"x-keepone-csrf": ann.csrf}
    arguments.pop("cookies", None)
    answer = ann.client.request(
        arguments["method"],
        arguments["url"],
        params=arguments.get("params"),
        json=arguments.get("json"),
        content=arguments.get("data"),
        headers=headers,
    )
    case.validate_response(answer, checks=list(_CHECKS))


def _cases(operation: str) -> st.SearchStrategy[Any]:
    """Give what the description allows, and what it does not, where anything can be wrong."""
    right: st.SearchStrategy[Any] = OPERATIONS[operation].as_strategy()
    if operation in _NOTHING_TO_GET_WRONG:
        return right
    wrong = OPERATIONS[operation].as_strategy(generation_mode=GenerationMode.NEGATIVE)
    return st.one_of(right, wrong)


_NOTHING_TO_GET_WRONG = {"GET /api/runs"}


def fuzz(operation: str, ann: Browser, examples: int, *, same: bool) -> None:
    """Ask one operation so many things, the same ones each time or others."""

    @settings(max_examples=examples, suppress_health_check=_QUIET, database=None, derandomize=same)
    @given(case=_cases(operation))
    def ask(case: Any) -> None:
        check(case, ann)

    ask()


def test_the_description_is_that_of_the_app(asked: tuple[FastAPI, Browser]) -> None:
    app, ann = asked
    described = ann.get("/api/openapi.json").json()
    assert described == app.openapi()
    names = {
        f"{method.upper()} {path}"
        for path, methods in described["paths"].items()
        for method in methods
    }
    elsewhere = {
        f"{method} {each.path}"
        for each in runs_api.router.routes
        if isinstance(each, APIRoute)
        for method in each.methods or ()
    }
    assert names == {*OPERATIONS, *elsewhere, "GET /api/events"}


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_the_api_answers_as_it_is_described(operation: str, asked: tuple[FastAPI, Browser]) -> None:
    fuzz(operation, asked[1], 20, same=True)


@pytest.mark.slow
@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_the_api_answers_as_it_is_described_at_length(
    operation: str, asked: tuple[FastAPI, Browser]
) -> None:
    fuzz(operation, asked[1], 500, same=False)
