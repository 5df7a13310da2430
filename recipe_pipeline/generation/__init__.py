"""Stages 2 and 3: posts and labels written by a language model."""
