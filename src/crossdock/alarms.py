"""Says what is wrong: one log line when it begins, one when it ends, a gauge meanwhile.

Each part is asked, every second, for the problems that it has now. So no part has to remember what
it has said before, and a problem that comes and goes at its bound is one alarm, not a hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import Gauge

from crossdock.base.clock import Clock
from crossdock.base.logs import logger
from crossdock.base.problems import Problem

_LOOK_SECONDS = 1.0
# So long a problem must be gone until it counts as over: at a bound it comes and goes.
QUIET_SECONDS = 10.0

_log = logger("alarms")
_active = Gauge("crossdock_alarms", "Problems there are at the moment, by code.", ["alarm"])


class Alarms:
    """What is wrong in the whole server.

    Args:
        clock: Says how long.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asked: list[Callable[[], Iterable[Problem]]] = []
        self._began_seconds: dict[tuple[str, str], float] = {}
        self._seen_seconds: dict[tuple[str, str], float] = {}

    def watch(self, find_problems: Callable[[], Iterable[Problem]]) -> None:
        """Ask this part too, from now on."""
        self._asked.append(find_problems)

    def problems(self) -> list[Problem]:
        """Return what is wrong now; those that keep events out come first."""
        now_seconds = self._clock.monotonic_seconds()
        found = {
            (problem.code, problem.about): problem for find in self._asked for problem in find()
        }
        for key, problem in found.items():
            if key not in self._began_seconds:
                self._begin(problem)
                self._began_seconds[key] = now_seconds
            self._seen_seconds[key] = now_seconds
        for key, seen_seconds in list(self._seen_seconds.items()):
            if now_seconds - seen_seconds >= QUIET_SECONDS:
                del self._seen_seconds[key]
                self._end(key, seen_seconds - self._began_seconds.pop(key))
        return sorted(found.values(), key=lambda problem: not problem.refuses_events)

    async def run(self) -> None:
        """Look every second until cancelled."""
        while True:
            try:
                self.problems()
            except Exception as error:  # noqa: BLE001 - a bug here must not stop the server.
                _log.error("Looking for problems met a bug.", exc_info=error)
            await self._clock.sleep(_LOOK_SECONDS)

    def _begin(self, problem: Problem) -> None:
        _active.labels(problem.code).inc()
        write = _log.error if problem.refuses_events else _log.warning
        about = {"connection_id": problem.about} if problem.about else {}
        write("An alarm begins.", alarm=problem.code, what=problem.what, do=problem.do, **about)

    def _end(self, key: tuple[str, str], seconds: float) -> None:
        code, connection_id = key
        _active.labels(code).dec()
        about = {"connection_id": connection_id} if connection_id else {}
        _log.info("An alarm ends.", alarm=code, lasted_seconds=round(seconds), **about)
