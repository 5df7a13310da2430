"""A page as a list of elements, for the tests of the reports."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Tags with attributes, and the text of each kind of element."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.stack, self.texts = [], [], {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.stack.append(tag)

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop() != tag:
            pass

    def handle_data(self, data):
        self.texts.setdefault(self.stack[-1] if self.stack else "", []).append(data)

    def named(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]
