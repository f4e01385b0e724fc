"""Everything that speaks SQL. Nothing outside this package and the migrations imports SQLAlchemy."""

from cerby_service.database.store import Database
from cerby_service.database.work import Announced, Change, Draft, Reading, Writing

__all__ = ["Announced", "Change", "Database", "Draft", "Reading", "Writing"]
