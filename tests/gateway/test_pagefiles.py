"""The page's files under a version of their own."""

from pathlib import Path

from webqq.gateway.pagefiles import WEB, PageFiles

START = """<link rel="icon" href="favicon.svg" type="image/svg+xml" />
<script type="module" src="js/app.js"></script>
<use href="icons.svg#more" /><a href="https://example.com/x.js">elsewhere</a><p data-text="js/app.js">text</p>
"""


def page(folder: Path, script: str = "1") -> PageFiles:
    (folder / "js").mkdir(exist_ok=True)
    (folder / "index.html").write_text(START, "utf-8")
    (folder / "js" / "app.js").write_text(script, "utf-8")
    return PageFiles(folder)


def test_start_page_names_its_own_files_under_the_version(tmp_path: Path) -> None:
    found = page(tmp_path)
    text = found.index.decode()
    for address in ("favicon.svg", "js/app.js", "icons.svg#more"):
        assert f'="{found.version}/{address}"' in text
    assert '"https://example.com/x.js"' in text
    assert 'data-text="js/app.js"' in text


def test_version_changes_with_any_file_and_with_nothing_else(tmp_path: Path) -> None:
    first = page(tmp_path).version
    assert len(first) == 16
    assert page(tmp_path).version == first
    assert page(tmp_path, "2").version != first
    (tmp_path / "js" / "more.js").write_text("", "utf-8")
    assert page(tmp_path).version != first


def test_page_of_this_package_names_nothing_without_the_version() -> None:
    found = PageFiles(WEB)
    named = found.index.count(f"{found.version}/".encode())
    assert named == found.index.count(b".svg#") + found.index.count(b'favicon.svg"') + 2
