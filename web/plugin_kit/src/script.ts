/** Loads a vendor's script into the page. */

/** Longer than any script takes that will arrive; after it, the vendor counts as out of reach. */
const WAIT_MILLISECONDS_MAX = 30_000;

const loads = new Map<string, Promise<void>>();

/**
 * Resolves when the script has run; a second call for the same address waits for the first.
 *
 * Rejects, with the address in the message, when it could not be loaded or took too long.
 */
export function loadScript(url: string): Promise<void> {
  const known = loads.get(url);
  if (known) return known;
  const load = new Promise<void>((resolve, reject) => {
    const script = document.createElement("script");
    script.async = true;
    script.src = url;
    const fail = (): void => reject(new Error(`${url} could not be loaded.`));
    setTimeout(fail, WAIT_MILLISECONDS_MAX);
    script.onload = () => resolve();
    script.onerror = fail;
    (document.head ?? document.documentElement).appendChild(script);
  });
  loads.set(url, load);
  return load;
}
