"""What a composed recipe says: ingredients, directions, facts."""
