"""Stage 4: posts and labels become a chat dataset."""
