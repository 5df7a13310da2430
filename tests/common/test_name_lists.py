"""Names in order and as a set: the same answers as a list and a set of texts give."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipe_pipeline.common import name_lists
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.name_lists import NameSet, SortedNames

NAMES = st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1))


@settings(max_examples=50, deadline=None)
@given(NAMES)
def test_names_come_in_order_every_time_they_are_read(names):
    listed = SortedNames(names)
    assert len(listed) == len(names)
    assert list(listed) == list(listed) == sorted(set(names))


@settings(max_examples=50, deadline=None)
@given(NAMES, NAMES)
def test_a_set_knows_its_names_and_no_others(names, others):
    known = NameSet(names)
    assert all(name in known for name in names)
    assert [name in known for name in others] == [name in set(names) for name in others]


def test_names_of_several_runs_are_merged_and_two_readers_do_not_disturb_each_other(monkeypatch):
    monkeypatch.setattr(name_lists, "RUN", 7)
    monkeypatch.setattr(name_lists, "_BLOCK", 5)
    names = [f"{number * 37 % 100:03d}-pie" for number in range(100)]
    listed = SortedNames(names)
    assert list(zip(listed, listed, strict=True)) == [(name, name) for name in sorted(names)]


def test_rank_counts_before_the_name():
    assert list(SortedNames(["100000-b", "99999-a"], rank=len)) == ["99999-a", "100000-b"]


def test_a_file_name_that_is_no_utf_8_comes_back_as_it_was():
    name = os.fsdecode(b"cr\xe8me")
    assert list(SortedNames([name])) == [name]


def test_a_full_disk_is_told(monkeypatch):
    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(name_lists.tempfile, "TemporaryFile", full)
    with pytest.raises(PipelineError, match=r"No space left on device.*TMPDIR"):
        SortedNames(["pie"])
