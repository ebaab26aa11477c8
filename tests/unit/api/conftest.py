from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api_support import make_context
from custodes.api import ApiContext, create_app


@pytest.fixture
def context(tmp_path: Path) -> Iterator[ApiContext]:
    made = make_context(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def client(context: ApiContext) -> TestClient:
    return TestClient(create_app(context), base_url="http://127.0.0.1:8787")
