"""Keeps pytest from importing the backend in a process that is not about it."""

collect_ignore = ["horn_plain"]
