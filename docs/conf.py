"""Sphinx: how the documentation is built. ``scripts/test`` builds it, and a warning fails."""

import webqq

project = "webqq"
author = "The webqq authors"
project_copyright = author
release = version = webqq.__version__

extensions = ["sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
nitpicky = False
# What is not said to be code is a picture.
highlight_language = "none"

html_theme = "alabaster"
html_theme_options = {
    "description": "HTTPStream, and WebQQ on top of it",
    "fixed_sidebar": True,
    "page_width": "1400px",
    "body_max_width": "none",
}
html_show_sourcelink = False

autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
