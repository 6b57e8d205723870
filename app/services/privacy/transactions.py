"""What rotates and checks keys takes its transactions from: they are the system's, and short."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

from sqlmodel.ext.asyncio.session import AsyncSession

Transactions: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Of the system."""
