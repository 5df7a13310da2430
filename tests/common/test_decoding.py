import pytest

from recipe_pipeline.common.decoding import decode_page, decode_text
from recipe_pipeline.common.errors import PipelineError


@pytest.mark.parametrize(
    ("content", "charset", "expected"),
    [
        ("½ café".encode(), None, "½ café"),
        ("½ café".encode("utf-8-sig"), None, "½ café"),
        ("½ café".encode("utf-16"), "utf-8", "½ café"),
        ("½ café".encode("cp1252"), None, "½ café"),
        ("½ café".encode("cp1252"), "utf-8", "½ café"),
        ("Борщ".encode("koi8-r"), "koi8-r", "Борщ"),
        ('<meta charset="x-sjis">酢'.encode("cp932"), None, '<meta charset="x-sjis">酢'),
        # Browsers read these labels as supersets: windows-1252, windows-31j.
        ("1–2 cups".encode("cp1252"), "iso-8859-1", "1–2 cups"),
        (b"<meta charset=us-ascii>1\x962 cups", None, "<meta charset=us-ascii>1–2 cups"),
        ("①酢".encode("cp932"), "shift_jis", "①酢"),
        # Unknown labels and codecs that no page can have.
        ("½ café".encode(), "no-such-charset", "½ café"),
        ("½ café".encode(), "utf-16", "½ café"),
        ("½ café".encode(), "rot13", "½ café"),
        ("½ café\\n".encode(), "unicode-escape", "½ café\\n"),
        (b"xn--e1afmkfd", "idna", "xn--e1afmkfd"),
        # One bad byte spoils one character, not all of them.
        (b"\xff " + "½ café".encode(), "utf-8", "\ufffd ½ café"),
        (b"\xff " + "½ café".encode(), None, "\ufffd ½ café"),
        (b"1 egg \xf0\x9f\x98", "utf-8", "1 egg \ufffd"),
        ("酢とみりん".encode("shift_jis") + b"\x82", "shift_jis", "酢とみりん\ufffd"),
    ],
)
def test_pages_are_decoded_like_in_a_browser(content, charset, expected):
    assert decode_page(content, "x", charset) == expected


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n\0\0\0", b"%PDF-1.7\n" + bytes(range(32)) * 9, b"PK\3\4\0\0", b"a\0b"],
)
def test_binary_files_are_refused(content):
    with pytest.raises(PipelineError, match=r"photo\.bin is a binary file"):
        decode_page(content, "photo.bin")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("½ café".encode("utf-8-sig"), "½ café"),
        ("½ café".encode("cp1252"), "½ café"),
        (b"\xff " + "½ café".encode(), "\ufffd ½ café"),
        (b"1 egg \x9d", "1 egg \ufffd"),
    ],
)
def test_text_is_utf8_or_else_cp1252(content, expected):
    assert decode_text(content) == expected
