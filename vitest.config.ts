import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    alias: {
      "@crossdock/plugin-kit": fileURLToPath(
        new URL("web/plugin_kit/src/index.ts", import.meta.url),
      ),
    },
  },
  test: {
    include: ["web/**/*.test.{ts,tsx}", "src/crossdock/**/*.test.ts"],
    exclude: ["**/node_modules/**", "src/crossdock/web_assets/**"],
  },
});
