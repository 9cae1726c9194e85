/** What the server wrote into the page when it served it. */

const said = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";

/** The build that this page is of. */
export const BUILD = said("crossdock-build");

/** What there is only on some servers, such as `sandbox` and `demo`. */
const features = new Set(said("crossdock-features").split(" "));

/** Whether the server has this. */
export const hasFeature = (name: "sandbox" | "demo"): boolean => features.has(name);

/** Without this nonce the policy lets no style element in. */
export const nonce = (): string =>
  document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";
