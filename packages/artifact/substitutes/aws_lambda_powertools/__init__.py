"""In place of Powertools' own: without Metrics and Tracer, which it imports with Logger."""

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.package_logger import set_package_logger_handler

__all__ = ["Logger"]

set_package_logger_handler()  # type: ignore[no-untyped-call]
