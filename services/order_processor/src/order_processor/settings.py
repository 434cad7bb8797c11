"""The one module of this package that reads the environment.

Powertools and botocore read their own variables (`POWERTOOLS_*`, `AWS_*`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class SettingsError(Exception):
    """The environment lacks something; the message says what to set."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the deployment tells the code."""

    table_name: str


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings, by default from this process's environment; raises SettingsError."""
    table_name = (os.environ if environment is None else environment).get("ORDERS_TABLE_NAME")
    if not table_name:
        raise SettingsError("Set ORDERS_TABLE_NAME to the name of the orders table.")
    return Settings(table_name)


def in_lambda(environment: Mapping[str, str] | None = None) -> bool:
    """Whether this process is a Lambda execution environment.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    return "AWS_LAMBDA_RUNTIME_API" in (os.environ if environment is None else environment)
