"""An offline stand-in for the teacher model: it composes posts and labels from templates.

It is for trying, testing and augmenting without an account, a key, a GPU or a network. It is no
language model: stage 2 is answered with a post put together from the recipe in the request, stage
3 with the recipe as that post states it (remembered, not understood).
"""
