"""The content of a composed recipe: ingredients, directions, facts."""
