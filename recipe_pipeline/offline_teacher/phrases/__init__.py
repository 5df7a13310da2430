"""The grammar and its phrases."""
