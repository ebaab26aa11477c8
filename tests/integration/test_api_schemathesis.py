"""Whatever the OpenAPI document allows, and a good deal that it does not, never makes the server fail."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from api_support import GATE, NOON_NS, ManualClock, make_context, make_event, make_status
from custodes.api import ApiContext, create_app
from custodes.domain.time import NS_PER_S
from sim.enrolling import opened

EXAMPLES = 25
ENDLESS = "/api/v1/events/stream"
ANY_BYTES = "/api/v1/enrolments/photos"
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
HOST = {"Host": "127.0.0.1"}


@pytest.fixture
def context(tmp_path: Path) -> Iterator[ApiContext]:
    clock = ManualClock()
    made = make_context(tmp_path, clock)
    made.hub.publish(make_status())
    for number in range(20):
        made.store.events.put(make_event(NOON_NS + number * NS_PER_S, GATE))
    with opened(tmp_path, clock, []) as enrolment:
        yield replace(made, enrolment=enrolment)
    made.store.close()


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_makes_the_server_fail(context: ApiContext, mode: GenerationMode):
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", create_app(context), headers=HOST)
    operations = [result.ok() for result in schema.exclude(path=ENDLESS).get_all_operations()]
    assert len(operations) >= 10
    for operation in operations:
        constrained = operation.path != ANY_BYTES and (list(operation.iter_parameters()) or list(operation.body))
        if mode is GenerationMode.NEGATIVE and not constrained:
            continue  # nothing in it can be wrong

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def check(case: Case) -> None:
            case.call_and_validate(headers=HOST, checks=CHECKS)

        check()
