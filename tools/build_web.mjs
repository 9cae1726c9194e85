/**
 * Builds what browsers are served, into src/crossdock/web_assets.
 *
 * - plugins: one script per destinations/<folder>/browser.ts, named by its content.
 * - analytics-next: Analytics.js and its chunks out of the npm package, without Segment's hosts.
 * - app: the web app, as web/app/vite.config.ts says, with a twin of each file in gzip and brotli.
 * - sandbox: each sandbox/<path>.entry.ts as <path>.js; css and html as they are.
 *
 * The same input gives the same bytes. A plugin over its budget fails the build.
 */

import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { build as buildWithVite } from "vite";
import { patchAnalytics } from "./patch_analytics.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DESTINATIONS = join(ROOT, "src/crossdock/destinations");
const SANDBOX = join(ROOT, "src/crossdock/sandbox");
const ANALYTICS = join(ROOT, "node_modules/@segment/analytics-next");
const ASSETS = join(ROOT, "src/crossdock/web_assets");

/** A plugin with mappings and conditions inside; every page of every visitor pays for it. */
const PLUGIN_GZIP_BYTES_MAX = 6 * 1024;

/** What a browser loads before it can show the first page of the app. */
const APP_GZIP_BYTES_MAX = 250 * 1000;

const BUNDLE = {
  bundle: true,
  minify: true,
  write: false,
  format: "iife",
  target: "es2020",
  charset: "utf8",
  legalComments: "none",
  loader: { ".css": "text" },
  logLevel: "error",
  absWorkingDir: ROOT,
  alias: { "@crossdock/plugin-kit": join(ROOT, "web/plugin_kit/src/index.ts") },
};

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .sort();
}

function emptied(name) {
  const folder = join(ASSETS, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Writes the file and its gzipped twin; returns what a manifest says of it. */
function writeServed(path, content) {
  const zipped = gzipSync(content, { level: 9 });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  writeFileSync(`${path}.gz`, zipped);
  return { bytes: content.length, gzipBytes: zipped.length };
}

function writeManifest(folder, manifest) {
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function bundled(options) {
  const result = await build({ ...BUNDLE, ...options });
  return Buffer.from(result.outputFiles[0].contents);
}

async function buildPlugins() {
  const target = emptied("plugins");
  const manifest = {};
  const overBudget = [];
  for (const path of filesUnder(DESTINATIONS).filter((file) => /^[^/]+\/browser\.ts$/.test(file))) {
    const folder = dirname(path);
    const content = await bundled({
      stdin: {
        // Analytics.js looks for a global of this name once the script has run.
        contents: `import plugin from "./browser.ts"; window["${folder}Destination"] = plugin;`,
        resolveDir: join(DESTINATIONS, folder),
        loader: "ts",
      },
    });
    const digest = createHash("sha384").update(content).digest();
    const file = `${folder}.${digest.toString("hex").slice(0, 16)}.js`;
    const sizes = writeServed(join(target, file), content);
    manifest[folder] = { file, ...sizes, integrity: `sha384-${digest.toString("base64")}` };
    if (sizes.gzipBytes > PLUGIN_GZIP_BYTES_MAX) overBudget.push(`${folder}: ${sizes.gzipBytes}`);
    console.log(`plugins/${file}  ${sizes.gzipBytes} bytes gzipped of ${PLUGIN_GZIP_BYTES_MAX}`);
  }
  writeManifest(target, manifest);
  if (overBudget.length) {
    throw new Error(
      `Over the budget of ${PLUGIN_GZIP_BYTES_MAX} bytes gzipped: ${overBudget.join(", ")}. Make it smaller.`,
    );
  }
}

function buildAnalytics() {
  const target = emptied("analytics-next");
  const { version } = JSON.parse(readFileSync(join(ANALYTICS, "package.json"), "utf8"));
  const umd = join(ANALYTICS, "dist/umd");
  const files = {};
  const withoutMap = (text) => text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n");
  for (const file of filesUnder(umd).filter((name) => /\.bundle\.[0-9a-f]+\.js$/.test(name))) {
    const content = withoutMap(readFileSync(join(umd, file), "utf8"));
    files[file] = writeServed(join(target, file), Buffer.from(content));
  }
  const standalone = withoutMap(readFileSync(join(umd, "standalone.js"), "utf8"));
  const patched = patchAnalytics(standalone, version);
  files["analytics.min.js"] = writeServed(join(target, "analytics.min.js"), Buffer.from(patched));
  copyFileSync(join(ANALYTICS, "LICENSE.MD"), join(target, "LICENSE.MD"));
  writeManifest(target, { version, files });
  console.log(`analytics-next ${version}  ${Object.keys(files).length} files`);
}

async function buildSandbox() {
  const target = emptied("sandbox");
  const files = filesUnder(SANDBOX);
  for (const file of files.filter((name) => name.endsWith(".entry.ts"))) {
    const content = await bundled({ entryPoints: [join(SANDBOX, file)] });
    writeServed(join(target, file.replace(/\.entry\.ts$/, ".js")), content);
  }
  for (const file of files.filter((name) => /\.(css|html)$/.test(name))) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    copyFileSync(join(SANDBOX, file), join(target, file));
  }
}

async function buildApp() {
  const target = emptied("app");
  await buildWithVite({
    configFile: join(ROOT, "web/app/vite.config.ts"),
    logLevel: "warn",
  });
  let firstLoad = 0;
  const page = readFileSync(join(target, "index.html"), "utf8");
  for (const file of filesUnder(target).filter((name) => /\.(js|css|svg)$/.test(name))) {
    const content = readFileSync(join(target, file));
    const { gzipBytes } = writeServed(join(target, file), content);
    writeFileSync(join(target, `${file}.br`), brotliCompressSync(content));
    if (file.endsWith(".js") && page.includes(file)) firstLoad += gzipBytes;
  }
  console.log(`app  ${firstLoad} bytes of JavaScript gzipped of ${APP_GZIP_BYTES_MAX}`);
  if (firstLoad > APP_GZIP_BYTES_MAX) {
    throw new Error(
      `The app's first load is ${firstLoad} bytes gzipped, over ${APP_GZIP_BYTES_MAX}. Load what a page alone needs with that page.`,
    );
  }
}

buildAnalytics();
await buildApp();
await buildPlugins();
await buildSandbox();
