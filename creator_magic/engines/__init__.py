"""Engines: where units are worked on. Each is a `concurrent.futures.Executor`; any other one will do too."""
