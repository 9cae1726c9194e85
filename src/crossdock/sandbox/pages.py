"""The pages that people open: one head for all, with the way to the app and to each other."""

from __future__ import annotations

import dataclasses
import html
import importlib.resources

from starlette.responses import Response

_HEADERS = {
    "cache-control": "no-cache",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
}
_STAND_IN = "Sandbox stand-in"
_CURRENT = ' aria-current="page"'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the sandbox or of the shop.

    Attributes:
        package: Where its files lie: what it shows, and its `mark.svg`.
        file: What it shows below its head, as HTML.
        title: What it is called.
        subtitle: What stands below that, till the page's script says better.
        path: Where it is below where the server is, such as `sandbox/ripe/`.
        vendor: Whose accent it has; empty for the app's.
        scripts: Its script elements.
        label: What marks it as no real vendor.
    """

    package: str
    file: str
    title: str
    subtitle: str
    path: str
    vendor: str = ""
    scripts: str = ""
    label: str = _STAND_IN

    def response(self, *, has_shop: bool, **values: str) -> Response:
        """Return the page.

        Args:
            has_shop: Whether the demo shop is there to be linked to.
            values: What to put in the place of `{{name}}` in its file and its scripts.
        """
        # Relative, since a proxy may have put the server below a path of its own.
        root = "../" * self.path.count("/")
        text = _read("crossdock.sandbox", "frame.html")
        for name, part in (
            ("scripts", self.scripts),
            ("mark", _read(self.package, "mark.svg").strip()),
            ("places", self._places(root, has_shop=has_shop)),
            ("main", _read(self.package, self.file).rstrip()),
        ):
            text = text.replace("{{" + name + "}}", part)
        for name, value in {
            "vendor": self.vendor,
            "title": self.title,
            "subtitle": self.subtitle,
            "label": self.label,
            "root": root,
            "style": self.path.partition("/")[0],
            **values,
        }.items():
            text = text.replace("{{" + name + "}}", html.escape(value))
        return Response(text, media_type="text/html", headers=_HEADERS)

    def _places(self, root: str, *, has_shop: bool) -> str:
        places = [("", "Crossdock")]
        if has_shop:
            places += [("demo/", "Demo shop")]
        places += [("sandbox/ripe/", "Ripe"), ("sandbox/ramen/", "Ramen")]
        return "".join(
            f'<a href="{root}{path}"{_CURRENT if path == self.path else ""}>{label}</a>'
            for path, label in places
        )


def _read(package: str, name: str) -> str:
    return importlib.resources.files(package).joinpath(name).read_text("utf-8")
