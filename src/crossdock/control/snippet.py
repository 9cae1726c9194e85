"""The snippet that loads Analytics.js: what it does is what Segment's 5.2.1 does, from our host.

It puts a stub in place of every method, which keeps the calls until the real library has come. The
page's address at the moment of the call is kept with those that need it, since a single-page
application may have moved on by then.
"""

from __future__ import annotations

import base64
import hashlib
import re

from crossdock.base import json

VERSION = "5.2.1"

_METHODS = [
    *("trackSubmit", "trackClick", "trackLink", "trackForm", "pageview", "identify", "reset"),
    *("group", "track", "ready", "alias", "debug", "page", "screen", "once", "off", "on"),
    *("addSourceMiddleware", "addIntegrationMiddleware", "setAnonymousId"),
    *("addDestinationMiddleware", "register"),
]

_METHODS_WITH_PAGE = ["track", "screen", "alias", "group", "page", "identify"]

_SCRIPT = """\
!(function () {
  var name = 'analytics';
  var analytics = (window[name] = window[name] || []);
  if (analytics.initialize) return;
  if (analytics.invoked) {
    if (window.console && console.error) console.error('The analytics snippet is there twice.');
    return;
  }
  analytics.invoked = true;
  analytics.methods = METHODS;
  function stub(method) {
    return function () {
      if (window[name].initialized) return window[name][method].apply(window[name], arguments);
      var args = Array.prototype.slice.call(arguments);
      if (PAGED.indexOf(method) > -1) {
        var link = document.querySelector("link[rel='canonical']");
        args.push({
          __t: 'bpc',
          c: (link && link.getAttribute('href')) || undefined,
          p: location.pathname,
          u: location.href,
          s: location.search,
          t: document.title,
          r: document.referrer
        });
      }
      args.unshift(method);
      analytics.push(args);
      return analytics;
    };
  }
  analytics.factory = stub;
  analytics.methods.forEach(function (method) {
    analytics[method] = stub(method);
  });
  analytics.load = function (key, options) {
    var script = document.createElement('script');
    script.type = 'text/javascript';
    script.async = true;
    script.setAttribute('data-global-segment-analytics-key', name);
    script.src = ADDRESS + key + '/analytics.min.js';
    var first = document.getElementsByTagName('script')[0];
    first.parentNode.insertBefore(script, first);
    analytics._loadOptions = options;
  };
  analytics._writeKey = KEY;
CDN  analytics.SNIPPET_VERSION = VERSION;
  analytics.load(KEY);
  analytics.page();
})();
"""


def snippet(base_url: str, write_key: str, *, names_cdn: bool = False) -> str:
    """Return the script tag for the head of every page.

    Args:
        base_url: How browsers reach this server.
        write_key: The source's.
        names_cdn: Tell Analytics.js outright where its files are. Without it, it finds out by the
            address of its script, which has to be https for that.
    """
    return f"<script>\n{_script(base_url, write_key, names_cdn=names_cdn)}</script>\n"


def snippet_hash(base_url: str, write_key: str, *, names_cdn: bool = False) -> str:
    """Return the source expression that lets a Content-Security-Policy allow just this snippet."""
    script = "\n" + _script(base_url, write_key, names_cdn=names_cdn)
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _script(base_url: str, write_key: str, *, names_cdn: bool) -> str:
    values = {
        "METHODS": _literal(_METHODS),
        "PAGED": _literal(_METHODS_WITH_PAGE),
        "ADDRESS": _literal(f"{base_url}/analytics.js/v1/"),
        "KEY": _literal(write_key),
        "CDN": f"  analytics._cdn = {_literal(base_url)};\n" if names_cdn else "",
        "VERSION": _literal(VERSION),
    }
    # At once, so that no value is searched for the name of another.
    return re.sub(
        r"(?<!_)\b(METHODS|PAGED|ADDRESS|KEY|VERSION)\b|^CDN",
        lambda found: values[found.group(0)],
        _SCRIPT,
        flags=re.MULTILINE,
    )


def _literal(value: object) -> str:
    # A script ends at the first `</`, also inside a text.
    return json.encode(value).decode().replace("<", "\\u003c")
