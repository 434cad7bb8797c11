"""The rehearsal's Pulumi engine: the real program, applied through boto3, without the CLI."""

from engine.errors import EngineError
from engine.process import destroy, recover, stack_directory, up

__all__ = ["EngineError", "destroy", "recover", "stack_directory", "up"]
