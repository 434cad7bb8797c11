"""The callers' run log, as the load test keeps and reads it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from load.model.arrivals import Stage
from load.model.retries import ONCE
from load.run_log import log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class RunLog:
    """The open run log of one drill, in a new directory of its own."""

    def __init__(self, directory: Path, outputs: Mapping[str, Any]) -> None:
        self.directory = directory
        self._outputs = outputs
        self._log = log.RunLog(directory)
        self._started = time.time()
        self.sending = self._log.sending
        self.answered = self._log.done

    def close(self, ended: float) -> None:
        """Close it, with a description of the run; what its rate was is judged by nobody."""
        seconds = ended - self._started
        self._log.describe(
            log.Part(0, ended, sent_all=True, cpu_seconds=0.0, cpu_share=0.0, backlog=0)
        )
        self._log.close()
        run = log.Run(
            run_id="drill",
            scenario="average",  # one of the load test's
            seed=0,
            peak_rate=1.0,
            duration=seconds,
            stages=(Stage(seconds, 1.0),),
            retries=ONCE,
            stack=str(self._outputs["stack"]),
            service=str(self._outputs["service"]),
            function=str(self._outputs["lambdaFunctionName"]),
            alias=str(self._outputs["lambdaAliasName"]),
            concurrency=int(self._outputs["reservedConcurrency"]),
            started_at=self._started,
        )
        log.write(self.directory / log.RUN, log.record(run))
