"""Every answer of the management API is one that its description promises, and none is a bug."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.core.result import Ok

from tests.fuzzing import examples
from tests.running import ADMIN_TOKEN, RunningServer

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.allow_header_conformance,
    # Not `ignored_auth`: to it, 429 after many wrong tokens is a fault.
    # `tests/control/test_roles.py` asks every route as nobody.
]
AUTHORIZATION = {"Authorization": f"Bearer {ADMIN_TOKEN}"}


@pytest.fixture(scope="session")
def ids(server: RunningServer) -> dict[str, str]:
    """What there is, so that not every address leads nowhere."""
    body = {"slug": "fuzzed", "metadataId": "javascript", "writeKeys": ["fuzzed-key"]}
    source = server.api("POST", "/sources", body)["source"]
    catalog = server.api("GET", "/catalog/destinations?pagination[count]=200")
    webhook = next(one for one in catalog["destinationsCatalog"] if one["slug"] == "webhook")
    connection: dict[str, object] = {
        "sourceId": source["id"],
        "metadataId": webhook["id"],
        "settings": {"url": "http://127.0.0.1:9/"},
        "enabled": True,
    }
    destination = server.api("POST", "/destinations", connection)["destination"]
    path = f"/destinations/{destination['id']}/subscriptions"
    subscription = server.api("GET", path)["subscriptions"][0]
    return {
        "source_id": source["id"],
        "destination_id": destination["id"],
        "subscription_id": subscription["id"],
        "metadata_id": webhook["id"],
    }


@pytest.mark.timeout(120)
def test_every_answer_is_as_described(server: RunningServer, ids: dict[str, str]) -> None:
    address = f"{server.url}/api/v1/openapi.json"
    schema = schemathesis.openapi.from_url(address, headers=AUTHORIZATION)
    # The tail is answered for as long as somebody listens.
    ending = schema.exclude(path="/ledger/tail")
    found = [result.ok() for result in ending.get_all_operations() if isinstance(result, Ok)]

    for operation in found:

        @settings(max_examples=examples(20), deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(), is_real=st.booleans())
        def check(case: schemathesis.Case[Any], *, is_real: bool) -> None:
            if is_real:
                case.path_parameters.update(
                    {name: ids[name] for name in case.path_parameters if name in ids}
                )
            case.call_and_validate(headers=AUTHORIZATION, checks=CHECKS)

        check()

    assert len(found) > 30
