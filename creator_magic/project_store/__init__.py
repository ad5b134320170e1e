"""The project's file: what creator-magic keeps of a project across sessions, in SQLite."""

from creator_magic.project_store.store import ProjectStore

__all__ = ["ProjectStore"]
