"""A PostgreSQL and a Redis of our own, for when none is configured: real servers, on unix sockets only."""

from app.platform.embedded.failures import DataFolderInUse, EmbeddedServerFailed
from app.platform.embedded.servers import EmbeddedServers, embedded_servers, running_servers

__all__ = ["DataFolderInUse", "EmbeddedServerFailed", "EmbeddedServers", "embedded_servers", "running_servers"]
