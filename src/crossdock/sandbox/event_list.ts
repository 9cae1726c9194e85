import { type Fields, fill } from "./watch";

export interface EventListOptions {
  eventsMax: number;
  nothing: string;
  onCount?: (count: number) => void;
}

/** A list of events on a page, the newest first, that is both read and told of news. */
export class EventList {
  private shown: Fields[] = [];

  constructor(
    private readonly list: HTMLElement,
    private readonly toRow: (event: Fields) => HTMLElement,
    private readonly options: EventListOptions,
  ) {
    this.show();
  }

  /** Put an event that just happened on top. */
  add(event: Fields): void {
    if (this.shown.some((known) => known.id === event.id)) return;
    if (this.shown.length === 0) this.list.replaceChildren();
    this.shown = [event, ...this.shown].slice(0, this.options.eventsMax);
    const row = this.toRow(event);
    row.classList.add("fresh");
    this.list.prepend(row);
    this.list.children[this.options.eventsMax]?.remove();
    this.options.onCount?.(this.shown.length);
  }

  /**
   * Show what `read` returns, the oldest first, in place of what was shown before. What is told of
   * while it is being read stays: it may have happened too late to be in the answer.
   */
  async load(read: () => Promise<Fields[]>): Promise<void> {
    const before = new Set(this.shown.map((event) => event.id));
    const events = (await read()).reverse();
    const known = new Set([...before, ...events.map((event) => event.id)]);
    const meanwhile = this.shown.filter((event) => !known.has(event.id));
    this.shown = [...meanwhile, ...events].slice(0, this.options.eventsMax);
    this.show();
  }

  private show(): void {
    fill(this.list, this.shown.map(this.toRow), this.options.nothing);
    this.options.onCount?.(this.shown.length);
  }
}
