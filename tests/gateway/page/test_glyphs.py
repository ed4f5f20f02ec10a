"""Pictures for faces, run in the browser without a gateway."""

from tests.gateway.page.browser import Scripts


def test_faces_have_glyphs_only_where_they_can_be_drawn(js: Scripts):
    found = js(
        """
        const { Glyphs } = await import("/js/glyphs.js");
        const { FACE_NUMBERS } = await import("/js/faces.js");
        const drawn = new Glyphs(true);
        const named = new Glyphs(false);
        const isUnique = new Set(FACE_NUMBERS).size === FACE_NUMBERS.length;
        return [drawn.of(14), drawn.of(9999) ?? null, named.of(14) ?? null, isUnique];
        """
    )
    assert found == ["🙂", None, None, True]
