"""What a snapshot of this process must not hold: SnapStart starts many environments from one.

Credentials are botocore's: it asks Lambda for them again when they have expired. The clock is read
at each order, and ids come from the kernel, which a snapshot does not copy. What is left is below.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

# Lambda's own, in every runtime of which it takes snapshots, and in no other.
from snapshot_restore_py import (  # type: ignore[import-untyped]
    register_after_restore,
    register_before_snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def keep_out(close: Callable[[], None]) -> None:
    """Close connections before a snapshot is taken, and draw anew after each time it is restored.

    `close` leaves what it closes usable.
    """
    register_before_snapshot(close)
    # botocore draws its pauses between attempts from here: alike, all environments retry at once.
    register_after_restore(random.seed)
