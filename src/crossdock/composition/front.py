"""What people and programs meet: the door, and the apps behind it."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp

import crossdock
from crossdock import startup
from crossdock.composition.ground import Ground
from crossdock.composition.kept import Kept
from crossdock.composition.stages import COMPILERS, Stages
from crossdock.control import Parts, build_control, session_check
from crossdock.control.profile_api import PROFILE_API_PATH, ProfileApi
from crossdock.door import Door, is_loopback
from crossdock.kit import compile_condition
from crossdock.pipeline.collect.cdn import Cdn, Pickups
from crossdock.pipeline.route import EventTester, preview_filter
from crossdock.pipeline.send import send_once
from crossdock.sandbox import Owner, Sandbox, build_demo, build_sandbox
from crossdock.web_app import WebApp
from crossdock.workspace import Source
from crossdock.workspace.bootstrap import sandbox_settings

_WEB_ASSETS = Path(crossdock.__file__).parent / "web_assets"


def make_door(
    ground: Ground, kept: Kept, stages: Stages, ends: contextlib.AsyncExitStack
) -> tuple[Door, Sandbox | None]:
    """Return the door, and the sandbox behind it if there is one; `ends` closes that."""
    settings = ground.settings
    pickups = Pickups(ground.clock)
    control = _make_control(ground, kept, stages, pickups)
    sandbox = _make_sandbox(ground, control, ends) if ground.has_sandbox else None
    apps: dict[str, ASGIApp] = {"/api/v1": control, PROFILE_API_PATH: ProfileApi(control)}
    features: list[str] = []
    if sandbox is not None:
        apps["/sandbox"] = sandbox
        features.append("sandbox")
        if ground.is_demo:
            apps["/demo"] = build_demo(sandbox)
            features.append("demo")
    door = Door(
        collector=stages.collector,
        cdn=Cdn(
            kept.feed,
            ground.catalog.find,
            routing_rule=startup.routing_rule_of,
            assets_dir=_WEB_ASSETS,
            kept_dir=settings.data_dir / "cdn",
            public_url=settings.public_url,
            path_prefix=settings.cdn_path_prefix,
            when_picked_up=pickups.note,
        ),
        apps_by_path=apps,
        web_app=WebApp(_WEB_ASSETS / "app", features=features),
        admin_token=ground.admin_token,
        is_published=settings.public_url is not None,
        readiness=lambda: {"door": ground.is_accepting(), "journal": kept.journal.is_ready},
        problems=ground.alarms.problems,
    )
    return door, sandbox


def _make_control(ground: Ground, kept: Kept, stages: Stages, pickups: Pickups) -> FastAPI:
    """Return the management API."""
    settings, clock, ids, http = ground.settings, ground.clock, ground.ids, stages.http
    journal, destinations_by_slug = kept.journal, ground.destinations_by_slug
    prefix = settings.cdn_path_prefix

    def neutral_script_url(base_url: str, source: Source) -> str | None:
        if not prefix or not source.write_keys:
            return None
        return f"{base_url}/{prefix.strip('/')}/{source.write_keys[0]}.js"

    return build_control(
        Parts(
            store=ground.store,
            catalog=ground.catalog,
            clock=clock,
            ids=ids,
            admin_token=ground.admin_token,
            public_url=settings.public_url,
            http=http,
            notices=journal.notices,
            latest_outcomes=journal.latest_outcomes,
            dead_letters=journal.dead_letters,
            pauses=stages.pauses,
            unfinished_deliveries=journal.connections_with_deliveries,
            ledger=kept.ledger,
            history=kept.history,
            engine=kept.engine,
            register=kept.register,
            forgetting=stages.forgetting,
            key_use=stages.collector.key_use,
            preview_filter=functools.partial(preview_filter, compile_condition=compile_condition),
            replays=stages.replays,
            events_between=journal.events_between,
            try_event=EventTester(
                destinations_by_slug=destinations_by_slug,
                compilers=COMPILERS,
                clock=clock,
                ids=ids,
            ).try_event,
            send_once=lambda delivery, connection: send_once(
                delivery,
                connection,
                destinations_by_slug,
                http=http.with_label(destinations_by_slug[connection.destination].name),
                clock=clock,
            ),
            neutral_script_url=neutral_script_url,
            pickups=pickups.of,
            sandbox_settings=sandbox_settings
            if ground.has_sandbox
            else lambda _base_url, _slug: None,
            standing=stages.sender.standing,
        )
    )


def _make_sandbox(ground: Ground, control: FastAPI, ends: contextlib.AsyncExitStack) -> Sandbox:
    """Return the stand-ins for vendors, open to whom they are for; `ends` closes them."""
    # Who visits the demo's pages on one's own machine is its owner.
    is_open = ground.is_demo and is_loopback(ground.settings.host)
    sandbox = build_sandbox(
        ground.settings.data_dir,
        clock=ground.clock,
        ids=ground.ids,
        owner=None if is_open else Owner(ground.admin_token, session_check(control)),
        has_shop=ground.is_demo,
    )
    ends.callback(sandbox.close)
    return sandbox
