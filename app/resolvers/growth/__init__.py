"""How members grow: elements, journals, engagement."""

from app.resolvers.growth.elements import ElementMutation, ElementQuery
from app.resolvers.growth.engagement import EngagementQuery
from app.resolvers.growth.journal import JournalMutation, JournalQuery

__all__ = ["ElementMutation", "ElementQuery", "EngagementQuery", "JournalMutation", "JournalQuery"]
