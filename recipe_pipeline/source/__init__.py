"""The recipes that 01 downloads and 02 reads."""
