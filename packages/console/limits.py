"""How many files and connections a process may have open: asked before long work begins."""

from __future__ import annotations

from typing import Final

from console.errors import UsageError

EMULATOR: Final = 512
"""What an emulated AWS under load needs: two for each waiting caller, four for an environment."""


def allow_open_files(needed: int) -> int:
    """Raise this process's limit, which its children inherit, as far as the system lets it.

    Returns the limit. Raises UsageError where it stays below `needed`.
    """
    try:
        import resource
    except ImportError:  # Windows counts otherwise
        return needed
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    # macOS calls it unlimited and refuses to go beyond 10,240.
    wanted = max(soft, needed, 10_240) if hard == unlimited else hard
    if soft != unlimited and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft != unlimited and soft < needed:
        raise UsageError(
            f"This work needs about {needed} open files and connections in a process, and this "
            f"shell allows {soft}: raise it with `ulimit -Hn {needed}`, as its administrator."
        )
    return soft
