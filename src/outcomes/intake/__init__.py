"""A raw table, and a mapping, become validated sessions, or problems by line."""
