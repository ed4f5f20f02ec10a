"""Names of files from URLs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.cli.fetching.names import LONGEST_NAME, PART, RECORD, Names, name_of


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a/b.txt", "b.txt"),
        ("/", "index.html"),
        ("/a/", "index.html"),
        ("/a/b?c=d/e", "b@c=d_e"),
        ("/..", "_.."),
        ("/%2e%2e%2fetc", "_.._etc"),
        ("/.htaccess", "_.htaccess"),
        ("/-rf", "_-rf"),
        ("/a%00b%0a", "a_b_"),
        ("/a.part", "a.part_"),
        ("/a.part.json", "a.part.json_"),
        ("/%E4%BD%A0%E5%A5%BD", "你好"),
        ("/a%20", "a _"),
        ("/a:b*c|d", "a_b_c_d"),
    ],
)
def test_name_is_the_end_of_the_path_without_what_is_not_safe(path: str, name: str) -> None:
    assert name_of("http://example.com" + path) == name


@given(st.text(max_size=300))
def test_no_url_leads_out_of_the_folder(text: str) -> None:
    name = name_of("http://example.com/" + text.replace("[", "").replace("]", ""))
    assert name
    assert "/" not in name
    assert "\0" not in name
    assert name[0] != "."
    assert not name.endswith((PART, RECORD))
    assert len(name.encode()) <= LONGEST_NAME


def test_long_name_keeps_its_extension_and_gets_a_mark() -> None:
    url = "http://example.com/" + "x" * 300 + ".tar"
    name = name_of(url)
    assert name.endswith(".tar")
    assert len(name) == LONGEST_NAME
    assert name != name_of(url.replace("xxx", "yyy", 1))
    assert len(name_of("http://example.com/" + "%E4%BD%A0" * 99).encode()) <= LONGEST_NAME


def test_names_of_a_run_are_unlike_and_always_the_same() -> None:
    urls = ["http://a/x.txt", "http://b/x.txt", "http://c/X.TXT", "http://b/x.txt", "http://b/x.txt", "http://a/y"]
    names = Names()
    first = [names.claim(url) for url in urls]
    assert first[0] == "x.txt"
    assert first[-1] == "y"
    assert len({name.casefold() for name in first}) == len(urls)
    assert all(name.lower().endswith(".txt") for name in first[:-1])
    again = Names()
    assert [again.claim(url) for url in urls] == first
