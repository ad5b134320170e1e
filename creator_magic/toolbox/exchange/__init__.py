"""Tools to and from the world outside a toolbox: plain files that need nothing of this package."""
