"""Does a post support its label?"""
