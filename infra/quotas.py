"""`python -m infra.quotas [STACK ...]`: can the account give what the stacks ask for?

Asked for all stacks at once, since they share an account's quotas, and before anything is changed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console import closed_output
from console.arguments import Parser
from console.checkout import ROOT
from console.errors import UsageError
from reporting.amounts import megabytes
from service import artifacts as built
from service import declaration
from service.names import Names

from infra import preflight, settings, stack_file
from infra.stack_file import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from types_boto3_lambda import LambdaClient

    from infra.settings import Settings


@dataclass(frozen=True, slots=True)
class Demand:
    """What one stack asks for, and what its functions hold already."""

    stack: str
    asked: int
    held: int

    @property
    def more(self) -> int:
        """Executions that its deployment takes from the pool; below 0 it gives some back."""
        return self.asked - self.held


def main(
    arguments: Sequence[str],
    connect: Callable[[str], LambdaClient] = preflight.connect,
    artifacts: Path = ROOT / "build" / "artifact",
) -> int:
    """Check the stacks; 0 they fit, 2 something is short (one sentence says what mends it)."""
    parser = Parser(prog="python -m infra.quotas", description=__doc__)
    parser.add_argument("stacks", nargs="*", help="all but the rehearsal's, unless named")
    options = parser.parse_args(arguments)
    try:
        for line in check(options.stacks or stack_file.known(), connect, artifacts):
            print(line)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def check(
    stacks: Sequence[str], connect: Callable[[str], LambdaClient], artifacts: Path
) -> list[str]:
    """One line per region on what is left; UsageError for the first thing that is short."""
    configured = {stack: load_all(stack) for stack in stacks}
    zips = [each.zip_path for each in built.load_all(artifacts).values()]
    size = sum(path.stat().st_size for path in zips)
    lines = []
    for region in sorted({services[0].region for services in configured.values()}):
        here = [each for each in configured.values() if each[0].region == region]
        client = connect(region)
        account = preflight.read_account(client)
        demands = [demand(client, each) for each in here]
        check_concurrency(region, demands, account.limit, account.unreserved)
        preflight.check_storage(size * len(here), account)
        left = account.unreserved - sum(each.more for each in demands)
        lines.append(
            f"{region}: {', '.join(each[0].stack for each in here)} fit; {left} of {account.limit} "
            f"concurrent executions stay unreserved, "
            f"{megabytes(account.code_limit - account.code_used)} of code storage are free."
        )
    return lines


def check_concurrency(region: str, demands: Sequence[Demand], limit: int, unreserved: int) -> None:
    """Raise UsageError where all stacks together would not leave the account its floor."""
    free = unreserved - preflight.UNRESERVED_FLOOR
    missing = sum(demand.more for demand in demands) - free
    if missing <= 0:
        return
    asked = ", ".join(f"{demand.stack} {demand.asked}" for demand in demands)
    raise UsageError(
        f"The stacks in {region} ask for reserved concurrency ({asked}) of which {missing} are "
        f"missing: {preflight.UNRESERVED_FLOOR} of the account's {limit} concurrent executions "
        f"must stay unreserved. Request more with "
        f"`{preflight.quota_request(preflight.CONCURRENCY_QUOTA, limit + missing, region)}`, or "
        f"lower {PROJECT}:reservedConcurrency."
    )


def demand(client: LambdaClient, services: Sequence[Settings]) -> Demand:
    """What the stack asks for beside what its functions hold; UsageError if AWS cannot say."""
    functions = [Names(each.service, each.stack).function for each in services]
    asked = sum(each.reserved_concurrency for each in services)
    return Demand(services[0].stack, asked, preflight.read(client, functions).own)


def load_all(stack: str) -> list[Settings]:
    """Each service's settings as the program will read them; UsageError if there is no stack."""
    raw = stack_file.raw(stack)
    return [settings.parse(stack, raw, service) for service in declaration.load_all()]


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
