"""Where two answers part."""

from types import SimpleNamespace

import pytest

from benchmarks import identity
from benchmarks.identity import Parting, Token, first_parting, report, second_opinion


def tokens(*ids):
    """An answer in which the token after each one's was almost as likely, and no other one was."""
    return [Token(i, f"t{i}", {i: -0.5, i + 1: -0.75, 99: -9.0}) for i in ids]


def test_answers_part_at_the_first_other_token():
    assert first_parting(tokens(1, 2, 3), tokens(1, 2, 3)) == []
    [near] = first_parting(tokens(1, 2, 3, 4), tokens(1, 3, 9))
    assert (near.position, near.tokens, near.leads) == (1, ("t2", "t3"), (0.25, 8.5))
    assert not near.is_near
    assert Parting(1, ("a", "b"), (0.25, 0.01)).is_near


def test_transformers_is_asked_at_every_position(monkeypatch, capsys):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(identity, "_POSITIONS", 3)
    head = torch.nn.Linear(10, 10, bias=False)
    head.weight.data = 2 * torch.eye(10).roll(1, 0)  # after each number, the next one is likeliest
    one_hot = torch.eye(10)
    model = SimpleNamespace(
        model=lambda input_ids: SimpleNamespace(last_hidden_state=one_hot[input_ids]),
        get_output_embeddings=lambda: head,
    )
    tokenizer = SimpleNamespace(decode=lambda ids: f"t{ids[0]}")
    generator = SimpleNamespace(model=model, tokenizer=tokenizer, _tokenize=lambda text: [0, 1])
    assert list(second_opinion(generator, "", tokens(2, 3, 4, 5, 6))) == []
    found = list(second_opinion(generator, "", tokens(2, 3, 4, 8, 9)))
    assert [(each.position, each.tokens) for each in found] == [(3, ("t8", "t5"))]
    assert found[0].leads == (8.5, pytest.approx(2.0))
    report("transformers", [[], found], 10)
    assert capsys.readouterr().out == (
        "transformers: 1 of 2 answers are the same, 0 part at a near tie, 1 at a real difference\n"
        "  1 of 10 tokens are not the likeliest there\n"
        "  page 2, token 3: 't8' +8.5000 or 't5' +2.0000, REAL DIFFERENCE\n"
    )
