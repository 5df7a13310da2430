"""Reading numbers, times, yields and words in plain text."""
