"""What is there before any part is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from crossdock.admin_token import AdminToken
from crossdock.alarms import Alarms
from crossdock.base.clock import Clock
from crossdock.base.ids import Ids
from crossdock.base.settings import ServerSettings
from crossdock.catalog import Catalog
from crossdock.kit import Destination
from crossdock.workspace import Store


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every part may be given.

    Attributes:
        settings: What the operator set.
        is_demo: Whether the demo's workspace and shop are served.
        url: Where this server listens.
        store: The workspace's database.
        catalog: Every destination there is.
        admin_token: Opens everything.
        alarms: Told what is wrong.
        is_accepting: Whether the door is open.
        clock: What time it is.
        ids: New ids.
    """

    settings: ServerSettings
    is_demo: bool
    url: str
    store: Store
    catalog: Catalog
    admin_token: AdminToken
    alarms: Alarms
    is_accepting: Callable[[], bool]
    clock: Clock
    ids: Ids

    @property
    def has_sandbox(self) -> bool:
        """Whether the stand-ins for vendors are served."""
        return self.is_demo or self.settings.has_sandbox

    @property
    def allowed_addresses(self) -> tuple[str, ...]:
        """The private addresses that destinations may have; the demo's are this server itself."""
        allowed = self.settings.allowed_addresses
        return (*allowed, self.url.partition("://")[2]) if self.is_demo else allowed

    @property
    def destinations_by_slug(self) -> dict[str, Destination]:
        """Every destination by what connections name it with."""
        return {destination.slug: destination for destination in self.catalog}
