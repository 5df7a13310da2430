"""schema.org Recipe: the data model, coercion, layout of answers."""
