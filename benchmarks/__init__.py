"""Measurements that are stated in the documentation, each a script of its own."""
