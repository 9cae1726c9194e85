"""The durable log between the stages, on NATS JetStream."""

from __future__ import annotations
