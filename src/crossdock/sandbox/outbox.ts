/** Sends calls to a vendor one after the other, so that they arrive in the order they were made. */

export interface Refusal {
  status: number;
  reason: string;
  message: string;
}

/** What came back: the vendor's answer, or why there is none that helps. */
export type Reply = { ok: true; body: Record<string, unknown> } | { ok: false; refusal: Refusal };

interface Waiting {
  url: string;
  body: () => string | null;
  done: (reply: Reply) => void;
}

// A page that is offline for long must not fill its memory.
const WAITING_MAX = 500;

export class Outbox {
  private readonly waiting: Waiting[] = [];
  private isSending = false;

  constructor() {
    addEventListener("pagehide", () => this.sendRest());
  }

  /**
   * Queue a call. The body is made when its turn comes, because it may need an earlier reply; null
   * means that there is nothing to send any more. `done` is called before the next body is made.
   */
  send(url: string, body: () => string | null, done: (reply: Reply) => void): void {
    if (this.waiting.length >= WAITING_MAX) {
      done(unsent("Too many calls are waiting."));
      return;
    }
    this.waiting.push({ url, body, done });
    void this.sendNext();
  }

  private async sendNext(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      const body = next.body();
      next.done(body === null ? unsent("Nobody was identified.") : await post(next.url, body));
    }
    this.isSending = false;
  }

  /** The page is going away: whatever still waits goes out at once, and no reply is read. */
  private sendRest(): void {
    for (const { url, body } of this.waiting.splice(0)) {
      const text = body();
      if (text !== null) navigator.sendBeacon(url, text);
    }
  }
}

async function post(url: string, body: string): Promise<Reply> {
  try {
    // Text keeps the browser from asking for permission first; keepalive outlives the page.
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: { "content-type": "text/plain" },
      keepalive: body.length < 60_000,
      credentials: "omit",
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (response.ok) return { ok: true, body: answer };
    const { reason, message } = answer;
    return {
      ok: false,
      refusal: { status: response.status, reason: String(reason), message: String(message) },
    };
  } catch {
    return unsent("The sandbox cannot be reached.");
  }
}

function unsent(message: string): Reply {
  return { ok: false, refusal: { status: 0, reason: "unsent", message } };
}
