/**
 * How a question is asked: a small dialog in the corner that takes nothing away from the page.
 *
 * It is not modal. It takes the focus when it opens, unless someone is typing, and gives it back;
 * Escape closes it from anywhere. The shadow root keeps the page's styles out and ours in.
 */

import { make } from "../dom";
import styles from "./popup.css" with { type: "text" };

export interface Question {
  id: string;
  text: string;
  type: "text" | "choice" | "score";
  choices: string[];
  low_label: string;
  high_label: string;
}

export interface CustomLink {
  title: string;
  href?: string;
  callback?: () => void;
}

export interface PopupOptions {
  customLinks: CustomLink[];
  bugImageUrl?: string | undefined;
  /** Resolves to null, or to why the answer was not taken. */
  onAnswer: (value: string | number) => Promise<string | null>;
  onDismiss: () => void;
}

const SCORE_MAX = 10;
const THANKS_MILLISECONDS = 4000;
let openPopup: Popup | null = null;

/** Whether a question is on the page and waits for its answer. */
export function isAsking(): boolean {
  return openPopup?.isWaiting ?? false;
}

export function closePopup(): void {
  openPopup?.remove();
}

export function showQuestion(question: Question, options: PopupOptions): void {
  closePopup();
  openPopup = new Popup(question, options);
}

class Popup {
  isWaiting = true;
  private readonly host = make("div", { "data-ramen-sandbox": "question" });
  private readonly card = make("section", {
    class: "card",
    role: "dialog",
    tabindex: "-1",
    "aria-labelledby": "question",
    "aria-describedby": "label",
  });
  private readonly focusedBefore = document.activeElement;
  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    this.dismiss();
  };

  constructor(
    private readonly question: Question,
    private readonly options: PopupOptions,
  ) {
    const root = this.host.attachShadow({ mode: "open" });
    const announcement = make("p", { class: "unseen", role: "status" });
    // A sheet that is constructed needs no `style-src`; a page with a strict policy shows it too.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [sheet];
    root.append(announcement, this.card);
    this.card.append(this.top(), this.form(), ...this.links(), this.label());
    document.body.append(this.host);
    document.addEventListener("keydown", this.onKey);
    if (isTyping(this.focusedBefore)) announcement.textContent = `A question: ${question.text}`;
    else this.card.focus({ preventScroll: true });
  }

  remove(): void {
    const hadFocus = this.host.shadowRoot?.activeElement != null;
    document.removeEventListener("keydown", this.onKey);
    this.host.remove();
    if (openPopup === this) openPopup = null;
    if (hadFocus && this.focusedBefore instanceof HTMLElement) {
      this.focusedBefore.focus({ preventScroll: true });
    }
  }

  private dismiss(): void {
    if (this.isWaiting) this.options.onDismiss();
    this.isWaiting = false;
    this.remove();
  }

  private top(): HTMLElement {
    const { bugImageUrl } = this.options;
    const image = bugImageUrl ? make("img", { class: "bug", src: bugImageUrl, alt: "" }) : null;
    const close = make("button", { class: "close", type: "button", "aria-label": "Close" }, "×");
    close.addEventListener("click", () => this.dismiss());
    const heading = make("h2", { id: "question" }, this.question.text);
    return make("div", { class: "top" }, image, heading, close);
  }

  private form(): HTMLElement {
    const send = make("button", { class: "send", type: "submit" }, "Send");
    const later = make("button", { class: "later", type: "button" }, "Not now");
    later.addEventListener("click", () => this.dismiss());
    const wrong = make("p", { class: "wrong", role: "alert", hidden: true });
    const actions = make("div", { class: "actions" }, later, send);
    const form = make("form", { novalidate: true }, this.fields(), wrong, actions);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const value = this.valueOf(form);
      if (value === null) {
        wrong.textContent =
          this.question.type === "text" ? "Write a word or two first." : "Choose one first.";
        wrong.hidden = false;
        form.querySelector<HTMLElement>("textarea, input")?.focus();
        return;
      }
      send.disabled = true;
      void this.options.onAnswer(value).then((problem) => {
        if (problem === null) return this.thank();
        wrong.textContent = problem;
        wrong.hidden = false;
        send.disabled = false;
      });
    });
    return form;
  }

  private fields(): HTMLElement {
    const { type } = this.question;
    if (type === "text") {
      return make("textarea", {
        name: "answer",
        rows: "3",
        maxlength: "2000",
        "aria-labelledby": "question",
      });
    }
    if (type === "choice") {
      const choices = this.question.choices.map((choice) =>
        make("label", {}, make("input", { type: "radio", name: "answer", value: choice }), choice),
      );
      return make("fieldset", { class: "choices", "aria-labelledby": "question" }, ...choices);
    }
    const scores = Array.from({ length: SCORE_MAX + 1 }, (_, score) => {
      const input = make("input", { type: "radio", name: "answer", value: String(score) });
      return make("label", {}, input, make("span", {}, String(score)));
    });
    const { low_label, high_label } = this.question;
    const ends = make(
      "div",
      { class: "ends", id: "ends" },
      make("span", {}, low_label && `0: ${low_label}`),
      make("span", {}, high_label && `10: ${high_label}`),
    );
    const row = make("div", { class: "scores" }, ...scores);
    return make(
      "fieldset",
      { "aria-labelledby": "question", "aria-describedby": "ends" },
      row,
      ends,
    );
  }

  private valueOf(form: HTMLFormElement): string | number | null {
    const value = new FormData(form).get("answer");
    if (typeof value !== "string" || value.trim() === "") return null;
    return this.question.type === "score" ? Number(value) : value.trim();
  }

  private thank(): void {
    this.isWaiting = false;
    const heading = this.card.querySelector("h2");
    if (heading !== null) heading.textContent = "Thank you.";
    this.card
      .querySelector("form")
      ?.replaceWith(make("p", { class: "label", role: "status" }, "Your answer was sent."));
    this.card.focus({ preventScroll: true });
    setTimeout(() => this.remove(), THANKS_MILLISECONDS);
  }

  private links(): HTMLElement[] {
    if (this.options.customLinks.length === 0) return [];
    const links = this.options.customLinks.map(({ title, href, callback }) => {
      if (href !== undefined) return make("a", { href, target: "_blank", rel: "noopener" }, title);
      const button = make("button", { type: "button" }, title);
      button.addEventListener("click", () => callback?.());
      return button;
    });
    return [make("nav", { class: "links", "aria-label": "More" }, ...links)];
  }

  private label(): HTMLElement {
    return make("p", { class: "label", id: "label" }, "Asked by the Ramen sandbox, a stand-in.");
  }
}

function isTyping(element: Element | null): boolean {
  if (!(element instanceof HTMLElement)) return false;
  return (
    element.isContentEditable ||
    element.matches(
      "textarea, select, input:not([type=button], [type=submit], [type=checkbox], [type=radio])",
    )
  );
}
