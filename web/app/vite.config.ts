import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const SERVER = process.env.CROSSDOCK_URL ?? "http://127.0.0.1:8080";
const OF_THE_SERVER = ["/api", "/v1", "/healthz", "/sandbox", "/demo", "/app/build.json"];

/** `tools/build_web.mjs` builds it; `npm run dev -w web/app` serves it next to a running server. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "/app/",
  plugins: [react()],
  html: { cspNonce: "__CROSSDOCK_NONCE__" },
  build: {
    outDir: fileURLToPath(new URL("../../src/crossdock/web_assets/app", import.meta.url)),
    emptyOutDir: true,
    assetsDir: "files",
    target: "es2022",
    // A file of its own for each: the policy allows no data addresses but pictures.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(OF_THE_SERVER.map((path) => [path, { target: SERVER }])),
  },
});
