"""How a composed post looks: articles, cards, layouts."""
