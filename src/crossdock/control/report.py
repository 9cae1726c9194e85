"""All that an operator can see of the management API: the only place in it that logs or counts."""

from __future__ import annotations

from prometheus_client import Counter

from crossdock.base import logs

_log = logs.logger("control")
_changes = Counter("crossdock_workspace_changes", "Changes of the workspace made through the API.")
_wrong_tokens = Counter("crossdock_control_wrong_tokens", "Requests with no token or a wrong one.")
_sent_again = Counter("crossdock_dead_letters_sent_again", "Dead letters that were sent again.")
_discarded = Counter("crossdock_dead_letters_discarded", "Dead letters that an owner discarded.")
_sign_ins = Counter("crossdock_sign_ins", "Tries to sign in.", ["result"])
_not_recorded = Counter("crossdock_audit_failures", "Changes that the audit log does not know of.")
_unexpected = Counter("crossdock_control_unexpected_errors", "Requests that met a bug of ours.")


def workspace_changed(version: int) -> None:
    """Report that the workspace was changed through the API."""
    _changes.inc()
    _log.info("The workspace was changed.", version=version)


def wrong_token() -> None:
    """Report a request without the right token, wherever one is wanted."""
    _wrong_tokens.inc()
    _log.warning("A request had no admin token, or a wrong one.")


def dead_letters_sent_again(connection_id: str, count: int) -> None:
    """Report that dead letters are deliveries again."""
    _sent_again.inc(count)
    _log.info("Dead letters are sent again.", connection_id=connection_id, count=count)


def dead_letters_discarded(connection_id: str, count: int) -> None:
    """Report that dead letters were discarded through the API."""
    _discarded.inc(count)
    _log.info("Dead letters were discarded.", connection_id=connection_id, count=count)


def signed_in(who: str) -> None:
    """Report that somebody signed in."""
    _sign_ins.labels("signed_in").inc()
    _log.info("Somebody signed in.", who=who)


def sign_in_refused(result: str) -> None:
    """Report that somebody could not sign in: `refused`, or `too_many`."""
    _sign_ins.labels(result).inc()
    _log.warning("Somebody could not sign in.", result=result)


def not_recorded(error: Exception) -> None:
    """Report that a change was made and could not be written to the audit log."""
    _not_recorded.inc()
    _log.error("A change is not in the audit log.", exc_info=error)


def unexpected_error(error: Exception) -> None:
    """Report a bug of ours: where it happened, without what was sent."""
    _unexpected.inc()
    _log.error("A request to the management API met a bug.", exc_info=error)
