"""The trimmed botocore data must lead to the same requests as the whole of it."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import botocore
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointVariantError
from botocore.loaders import Loader
from botocore.session import Session

from artifact.trimming import trim_botocore_data

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

WHOLE = Path(botocore.__file__).with_name("data")


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trimmed copy of the data of the installed botocore."""
    data = tmp_path_factory.mktemp("botocore") / "data"
    shutil.copytree(WHOLE, data)
    trim_botocore_data(data, {"dynamodb": ["PutItem"]})
    return data


def _session(data: Path) -> Any:
    session = Session()
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    # botocore treats data outside its own directory as a custom endpoint; ours replaces its own.
    loader.BUILTIN_DATA_PATH = str(data)
    session.register_component("data_loader", loader)
    session.set_credentials("testing", "testing")
    return session


def _regions() -> dict[str, list[str]]:
    """Every region that botocore knows, by partition."""
    found: dict[str, set[str]] = {}
    for file, key in (("partitions.json", "id"), ("endpoints.json", "partition")):
        for each in json.loads((WHOLE / file).read_bytes())["partitions"]:
            found.setdefault(each[key], set()).update(each["regions"])
    return {partition: sorted(regions) for partition, regions in found.items()}


def _rules(session: Any) -> EndpointProvider:
    loader = session.get_component("data_loader")
    ruleset = loader.load_service_model("dynamodb", "endpoint-rule-set-1")
    return EndpointProvider(ruleset, loader.load_data("partitions"))


def _resolved(resolver: Any, rules: Any, region: str, *, fips: bool, dualstack: bool) -> list[Any]:
    """What both of botocore's ways to an endpoint say; the older one does not know all variants."""
    endpoint = rules.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dualstack)
    variant = {"use_fips_endpoint": fips, "use_dualstack_endpoint": dualstack}
    try:
        legacy = resolver.construct_endpoint("dynamodb", region, **variant)
    except EndpointVariantError as error:
        legacy = str(error)
    return [legacy, endpoint.url, endpoint.properties]


def _request_url(session: Any, region: str, *, fips: bool, dualstack: bool) -> str:
    """Where a PutItem goes."""
    config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dualstack)
    sent: list[str] = []

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        sent.append(str(request.url))
        response = AWSResponse(str(request.url), 200, cast("Any", {}), cast("Any", None))
        response._content = b"{}"  # type: ignore[attr-defined]
        return response

    client = session.create_client("dynamodb", region_name=region, config=config)
    client.meta.events.register("before-send.dynamodb", answer)
    client.put_item(TableName="orders", Item={"orderId": {"S": "1"}})
    (url,) = sent
    return f"{client.meta.endpoint_url} {url}"


def test_every_endpoint_is_the_same(trimmed: Path) -> None:
    """Every region with and without FIPS and dual-stack, in every partition."""
    sessions = _session(WHOLE), _session(trimmed)
    ways = [(s._get_internal_component("endpoint_resolver"), _rules(s)) for s in sessions]
    regions = list(itertools.chain(*_regions().values()))
    assert len(regions) > 30
    for region, fips, dualstack in itertools.product(regions, (False, True), (False, True)):
        whole, bare = (_resolved(*way, region, fips=fips, dualstack=dualstack) for way in ways)
        assert whole == bare


def test_a_client_sends_to_the_same_place(trimmed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the client's making to the wire, in one region of every partition."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    sessions = _session(WHOLE), _session(trimmed)
    regions = [names[0] for names in _regions().values()]
    for region, fips, dualstack in itertools.product(regions, (False, True), (False, True)):
        whole, bare = (_request_url(s, region, fips=fips, dualstack=dualstack) for s in sessions)
        assert whole == bare


def test_the_operation_is_the_same_but_for_its_documentation(trimmed: Path) -> None:
    """PutItem and every shape that it can reach are untouched; other operations are gone."""
    whole, bare = (
        _session(data).get_component("data_loader").load_service_model("dynamodb", "service-2")
        for data in (WHOLE, trimmed)
    )
    assert bare["metadata"] == whole["metadata"]
    assert bare["operations"] == {"PutItem": _without_text(whole["operations"]["PutItem"])}
    shapes = {name: _without_text(whole["shapes"][name]) for name in bare["shapes"]}
    assert bare["shapes"] == shapes
    assert _named(bare["operations"]) | _named(bare["shapes"]) <= shapes.keys()
    assert '"documentation":"' not in (trimmed / "dynamodb/2012-08-10/service-2.json").read_text()


def _without_text(node: Any) -> Any:
    if isinstance(node, dict):
        kept = {k: v for k, v in node.items() if k != "documentation" or not isinstance(v, str)}
        return {key: _without_text(value) for key, value in kept.items()}
    return [_without_text(each) for each in node] if isinstance(node, list) else node


def _named(node: Any) -> set[str]:
    return set(re.findall(r'"shape": "(\w+)"', json.dumps(node)))
