/**
 * Makes Analytics.js, as npm has it, one that knows no host but ours.
 *
 * Its addresses become placeholders, which the server fills in for each source and origin. Each
 * patch must find its text exactly as often as it says, so that an upgrade which changed it fails
 * the build instead of sending somebody's events elsewhere.
 */

const CURRENT_GLOBAL = 'document.querySelector("script[data-global-segment-analytics-key]")';

const PATCHES = [
  // Where everything comes from when the page does not tell.
  { from: '"https://cdn.segment.com"', to: '"__CROSSDOCK_BASE__"', times: 1 },
  {
    from: "https://cdn.segment.com/analytics-next/bundles/",
    to: "__CROSSDOCK_BASE____CROSSDOCK_BUNDLES__",
    times: 1,
  },
  {
    from: "https://cdn.segment.com/analytics.js/v1/",
    to: "__CROSSDOCK_BASE__/analytics.js/v1/",
    times: 1,
  },
  // Paths that can be others, for visitors whose blocker knows these.
  { from: '"/analytics-next/bundles/"', to: '"__CROSSDOCK_BUNDLES__"', times: 1 },
  { from: '"/v1/projects/"', to: '"__CROSSDOCK_SETTINGS_BEFORE__"', times: 1 },
  { from: '"/settings"', to: '"__CROSSDOCK_SETTINGS_AFTER__"', times: 1 },
  // Where it reports that it could not start, whatever the settings say.
  { from: '"api.segment.io/v1"', to: '"__CROSSDOCK_API_HOST__"', times: 1 },
  // A polyfill from another company's host, for browsers of before 2017: they start without it.
  { from: /https:\/\/cdnjs\.cloudflare\.com\/[^"]+/g, to: "data:text/javascript,", times: 1 },
  { from: /https:\/\/segment\.com\/docs\/[^"]+/g, to: "__CROSSDOCK_BASE__", times: 1 },
  // With two snippets in a page, the name of the global is that of this script's own tag.
  {
    from: CURRENT_GLOBAL,
    to: `(crossdock.hasName?crossdock.script:${CURRENT_GLOBAL})`,
    times: 1,
  },
];

/** What may stay: patterns that are compared with, and never fetched. */
const HARMLESS = [
  /new RegExp\("https:\/\/cdn\.segment\.\(com\|build\)"\)/g,
  /includes\("cdn\.segment"\)/g,
];

/**
 * Tells the client where it came from before it looks for that itself, which it does only for https
 * and only under the name `analytics`: so it goes under that name for as long as it looks.
 */
const BEFORE = `(function(window, document) {
var script = document.currentScript;
var url = (script && script.src || "").split(/[?#]/)[0];
var tail = "__CROSSDOCK_TAIL__";
var isOurs = url.slice(-tail.length) === tail;
var cdn = isOurs ? url.slice(0, -tail.length) : "__CROSSDOCK_BASE__";
var name = script && script.getAttribute("data-global-segment-analytics-key");
var crossdock = { script: script, hasName: !!name };
var others = window.analytics;
var isOther = !!name && name !== "analytics";
if (isOther) window.analytics = {};
(window.analytics = window.analytics || [])._cdn = cdn;
if (isOther && window[name]) window[name]._cdn = cdn;
try {
`;
const AFTER = `
} finally {
if (isOther) { if (others === undefined) delete window.analytics; else window.analytics = others; }
}
})(window, document);
`;

/** Returns the script with every address of Segment's replaced, or throws what did not fit. */
export function patchAnalytics(script, version) {
  let patched = script;
  for (const { from, to, times } of PATCHES) {
    const parts = patched.split(from);
    if (parts.length !== times + 1) {
      throw new Error(
        `Analytics.js ${version} has ${from} ${parts.length - 1} times, not ${times}. Look at what changed in it, and correct tools/patch_analytics.mjs.`,
      );
    }
    patched = parts.join(to);
  }
  const rest = HARMLESS.reduce((text, pattern) => text.replace(pattern, ""), patched);
  const left = rest.match(/[\w.-]*segment\.(com|io|build)[^"]{0,40}/);
  if (left) throw new Error(`Analytics.js ${version} still names ${left[0]}.`);
  const banner = `/*! @segment/analytics-next ${version}, MIT License, (c) Segment; with other addresses. */\n`;
  return banner + BEFORE + patched + AFTER;
}
