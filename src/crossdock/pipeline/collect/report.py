"""What the collector tells its operator: the only module in it that logs or counts.

The door takes tens of thousands of requests a second. A labelled Prometheus counter costs more than
parsing an event, so plain numbers are counted here and turned into metrics when somebody asks.
"""

from __future__ import annotations

import bisect
import collections
import traceback
from collections.abc import Iterable

from prometheus_client import REGISTRY
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector as PrometheusCollector

from crossdock.base.logs import logger

_log = logger("collect")

_BOUNDS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 10.0)

_accepted: collections.Counter[str] = collections.Counter()
_discarded: collections.Counter[tuple[str, str]] = collections.Counter()
_answers: collections.Counter[int] = collections.Counter()
_browser_metrics = 0
_notices: collections.Counter[str] = collections.Counter()
_values: collections.Counter[str] = collections.Counter()
_unrecorded = 0
_pixels_lost = 0
_duration_counts = [0] * (len(_BOUNDS_SECONDS) + 1)
_duration_sum_seconds = 0.0
_waiting_bytes = 0


def accepted(source_id: str, count: int) -> None:
    """Count accepted events."""
    _accepted[source_id] += count


def discarded(source_id: str, reason: str) -> None:
    """Count a message that was not accepted; an unknown source is the empty string."""
    _discarded[source_id, reason] += 1


def answered(status: int, duration_seconds: float, waiting_bytes: int) -> None:
    """Count a request to the tracking API.

    Args:
        status: What it was answered with.
        duration_seconds: From the whole body until the answer.
        waiting_bytes: What waits for the disk at this moment.
    """
    global _duration_sum_seconds, _waiting_bytes  # noqa: PLW0603 - see the module's docstring.
    _answers[status] += 1
    _duration_counts[bisect.bisect_left(_BOUNDS_SECONDS, duration_seconds)] += 1
    _duration_sum_seconds += duration_seconds
    _waiting_bytes = waiting_bytes


def browser_metrics(count: int) -> None:
    """Count what Analytics.js reports about itself."""
    global _browser_metrics  # noqa: PLW0603 - see the module's docstring.
    _browser_metrics += count


def notice(*, is_taken: bool) -> None:
    """Count a plugin's notice."""
    _notices["taken" if is_taken else "refused"] += 1


def values_asked(what: str) -> None:
    """Count a question of a plugin: in which audiences the page's visitor is."""
    _values[what] += 1


def discard_is_not_recorded() -> None:
    """Count a discard that is only counted, because there are too many."""
    global _unrecorded  # noqa: PLW0603 - see the module's docstring.
    _unrecorded += 1


def pixel_is_lost() -> None:
    """Count an event of a pixel that could not be stored: its answer is an image all the same."""
    global _pixels_lost  # noqa: PLW0603 - see the module's docstring.
    _pixels_lost += 1


def answer_failed(error: BaseException) -> None:
    """Log a bug that a request met: where it is, not what the error says, which may quote an event.

    Counts the answer, too.
    """
    _answers[500] += 1
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    _log.error("A request met a bug.", error=type(error).__name__, at=places)


def recording_failed(error: BaseException, count: int) -> None:
    """Log that discards could not be recorded."""
    _log.warning("Discards could not be recorded.", error=type(error).__name__, count=count)


class _Metrics(PrometheusCollector):
    def collect(self) -> Iterable[Metric]:  # type: ignore[explicit-override]  # typing.override needs Python 3.12.
        """Yield the numbers as they are now."""
        accepted_events = CounterMetricFamily(
            "crossdock_events_accepted", "Events that are in the journal.", labels=["source"]
        )
        for source, count in list(_accepted.items()):
            accepted_events.add_metric([source], count)
        discarded_events = CounterMetricFamily(
            "crossdock_events_discarded",
            "Messages refused at the door.",
            labels=["source", "reason"],
        )
        for (source, reason), count in list(_discarded.items()):
            discarded_events.add_metric([source, reason], count)
        answers = CounterMetricFamily(
            "crossdock_collect_answers", "Requests to the tracking API.", labels=["status"]
        )
        for status, count in list(_answers.items()):
            answers.add_metric([str(status)], count)
        notices = CounterMetricFamily(
            "crossdock_collect_notices", "Notices of browser plugins.", labels=["what"]
        )
        for what, count in list(_notices.items()):
            notices.add_metric([what], count)
        values = CounterMetricFamily(
            "crossdock_collect_browser_values",
            "Questions of browser plugins in which audiences a user is.",
            labels=["what"],
        )
        for what, count in list(_values.items()):
            values.add_metric([what], count)
        yield from (accepted_events, discarded_events, answers, notices, values)
        yield CounterMetricFamily(
            "crossdock_collect_browser_metrics",
            "Metrics that Analytics.js sent about itself.",
            value=_browser_metrics,
        )
        yield CounterMetricFamily(
            "crossdock_collect_discards_unrecorded",
            "Discards that are counted only.",
            value=_unrecorded,
        )
        yield CounterMetricFamily(
            "crossdock_collect_pixels_lost",
            "Events of pixels that could not be stored.",
            value=_pixels_lost,
        )
        yield GaugeMetricFamily(
            "crossdock_collect_waiting_bytes", "What waits for the disk.", value=_waiting_bytes
        )
        yield _durations()


def _durations() -> HistogramMetricFamily:
    buckets: list[tuple[str, float]] = []
    total = 0
    for bound, count in zip((*map(str, _BOUNDS_SECONDS), "+Inf"), _duration_counts, strict=True):
        total += count
        buckets.append((bound, total))
    family = HistogramMetricFamily(
        "crossdock_collect_answer_seconds",
        "From the whole body until the answer, the disk included.",
    )
    family.add_metric([], buckets, sum_value=_duration_sum_seconds)
    return family


REGISTRY.register(_Metrics())
