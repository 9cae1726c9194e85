/** What a vendor's script remembers on a device: a JSON object, kept if the browser lets us. */
export class Memory<T extends object> {
  private value: Partial<T>;

  constructor(private readonly key: string) {
    this.value = this.read();
  }

  get(): Readonly<Partial<T>> {
    return this.value;
  }

  set(value: Partial<T>): void {
    this.value = value;
    try {
      localStorage.setItem(this.key, JSON.stringify(value));
    } catch {
      // Storage is full or forbidden: it lasts as long as the page.
    }
  }

  private read(): Partial<T> {
    try {
      const value: unknown = JSON.parse(localStorage.getItem(this.key) ?? "{}");
      return value !== null && typeof value === "object" ? (value as Partial<T>) : {};
    } catch {
      return {};
    }
  }
}

/** An id that nobody else has; `crypto.randomUUID` is missing on pages over plain http. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
