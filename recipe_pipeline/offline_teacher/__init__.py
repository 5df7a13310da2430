"""An offline stand-in for a teacher model: posts and labels composed from templates.

It is for demonstrations, tests and augmentation without an account, a key, a GPU or a network. It
is not a language model: it answers stage 2 with a post composed from the recipe in the request, and
stage 3 with the label that it remembers for that post.
"""
