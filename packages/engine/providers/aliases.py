"""Aliases of functions, and how their asynchronous events are handled."""

from __future__ import annotations

from typing import Any

from engine.providers.aws import Aws, retried, unless_gone
from engine.providers.base import Argument, Properties, Put, Resource

_GONE = "ResourceNotFoundException"


class Alias(Resource):
    """`aws_lambda_alias`: its id is the ARN; imported by `function/alias`."""

    type = "aws:lambda/alias:Alias"
    title = "Lambda Alias"
    attributes = frozenset({"arn", "invokeArn"})
    arguments = {
        "name": Argument(required=True, replaces=True),
        "functionName": Argument(required=True, replaces=True),
        "functionVersion": Argument(required=True),
        "description": Argument(),
        "routingConfig": Argument(),
    }

    def identify(self, aws: Aws, inputs: Properties) -> str | None:
        """Function and alias."""
        return f"{inputs['functionName']}/{inputs['name']}"

    def _create(self, aws: Aws, inputs: Properties) -> str:
        answer = aws.lambda_.create_alias(
            FunctionName=inputs["functionName"], Name=inputs["name"], **_sent(inputs)
        )
        return answer["AliasArn"]

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        function, name = _parts(id_)
        found = unless_gone(lambda: aws.lambda_.get_alias(FunctionName=function, Name=name), _GONE)
        if found is None:
            return None
        weights = found.get("RoutingConfig", {}).get("AdditionalVersionWeights")
        return {
            "id": found["AliasArn"],
            "name": name,
            "functionName": state.get("functionName", function),
            "functionVersion": found["FunctionVersion"],
            "description": found.get("Description"),
            "routingConfig": {"additionalVersionWeights": weights} if weights else None,
            "arn": found["AliasArn"],
        }

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        """Version, description and weights go together, whatever changed."""
        if changed:
            function, name = _parts(id_)
            aws.lambda_.update_alias(FunctionName=function, Name=name, **_sent(inputs))

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        function, name = _parts(id_)
        unless_gone(lambda: aws.lambda_.delete_alias(FunctionName=function, Name=name), _GONE)


def _parts(id_: str) -> tuple[str, str]:
    """Function and alias of an ARN, or of `function/alias`."""
    if id_.startswith("arn:"):
        function, alias = id_.split(":")[-2:]
        return function, alias
    function, _, alias = id_.partition("/")
    return function, alias


def _sent(inputs: Properties) -> dict[str, Any]:
    weights = (inputs.get("routingConfig") or {}).get("additionalVersionWeights") or {}
    return {
        "FunctionVersion": inputs["functionVersion"],
        "Description": inputs.get("description") or "",
        "RoutingConfig": {"AdditionalVersionWeights": weights},
    }


class EventInvokeConfig(Put):
    """`aws_lambda_function_event_invoke_config`: its id is `function:qualifier`, or `function`."""

    type = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    title = "Lambda Function Event Invoke Config"
    name = "functionName"
    attributes = frozenset()
    arguments = {
        "functionName": Argument(required=True, replaces=True),
        "qualifier": Argument(replaces=True),
        "maximumRetryAttempts": Argument(default=2),
        "maximumEventAgeInSeconds": Argument(),
        "destinationConfig": Argument(offered=False),
    }

    def identify(self, aws: Aws, inputs: Properties) -> str | None:
        """Function and qualifier."""
        return _named(inputs)

    def _put(self, aws: Aws, inputs: Properties) -> None:
        request: Any = _of(inputs["functionName"], inputs.get("qualifier"))
        request["MaximumRetryAttempts"] = inputs["maximumRetryAttempts"]
        if age := inputs.get("maximumEventAgeInSeconds"):
            request["MaximumEventAgeInSeconds"] = age
        retried(
            lambda: aws.lambda_.put_function_event_invoke_config(**request),
            {"InvalidParameterValueException": "destination ARN"},
            seconds=120,
        )

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        function, _, qualifier = id_.partition(":")
        named: Any = _of(function, qualifier)
        found = unless_gone(lambda: aws.lambda_.get_function_event_invoke_config(**named), _GONE)
        if found is None:
            return None
        return {
            "functionName": function,
            "qualifier": qualifier or None,
            "maximumRetryAttempts": found.get("MaximumRetryAttempts"),
            "maximumEventAgeInSeconds": found.get("MaximumEventAgeInSeconds"),
        }

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        function, _, qualifier = id_.partition(":")
        named: Any = _of(function, qualifier)
        unless_gone(lambda: aws.lambda_.delete_function_event_invoke_config(**named), _GONE)


def _named(inputs: Properties) -> str:
    return ":".join(filter(None, (inputs["functionName"], inputs.get("qualifier"))))


def _of(function: str, qualifier: str | None) -> dict[str, str]:
    return {"FunctionName": function} | ({"Qualifier": qualifier} if qualifier else {})


KINDS = (Alias(), EventInvokeConfig())
