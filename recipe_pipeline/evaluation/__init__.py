"""Stage 7: score models against gold recipes."""
