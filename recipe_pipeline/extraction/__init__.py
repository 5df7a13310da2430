"""Stage 8: recipes from text, pages, addresses and folders."""
