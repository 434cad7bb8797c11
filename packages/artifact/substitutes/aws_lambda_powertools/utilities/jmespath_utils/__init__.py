"""In place of Powertools' JMESPath, which its Logger takes for `correlation_id_path` only."""

from __future__ import annotations

from typing import NoReturn


def query(data: object, envelope: str, jmespath_options: object = None) -> NoReturn:
    """Refuse: whoever starts to use `correlation_id_path` takes this substitute away."""
    del data, envelope, jmespath_options
    raise NotImplementedError("This zip leaves JMESPath out: packages/artifact/substitution.py.")
