"""State of the process outside any name: saved before an attempt, put back if it fails."""

from creator_magic.kernel.process_state.state import ProcessState, not_undone, undone

__all__ = ["ProcessState", "not_undone", "undone"]
