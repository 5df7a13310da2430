"""An offline stand-in for a teacher model: posts and labels composed from templates.

It is for demonstrations, tests and augmentation without an account, a key, a GPU or a network. It
is not a language model: it answers stage 2 with a post composed from the recipe in the request, and
stage 3 with the label that it remembers for that post.

How a post comes about (`composer.compose`):

1. ``recipe.facts`` reads the recipe of the request, ``page.layout`` draws the form of the post.
2. ``recipe.builder`` decides what the post states, in which words: a `Content`, of which the label is
   a copy. Its helpers respell ingredients and make up steps where the recipe has none.
3. A builder of ``page.posts`` (one for each style) or ``page.site`` (whole pages of any site) writes the
   `Content` between prose and furniture of a `Page`.

What is said is in ``phrases/*.toml``: the rules of a small grammar (``phrases.grammar``), and lists of
headings, labels and marks. Every choice comes from one ``Random``, so whatever changes the order of the
draws changes the posts that a seed gives.
"""
