// The line of one upload: name, how far, and its buttons. Words come from the page.
import { sizeText } from "./numbers.js";

export const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

const PARTS = ["name", "note", "progress", "figure", "pause", "retry", "cancel"];

// What is written again although it is the same makes the browser lay out the page again.
const say = (element, text) => element.textContent === text || (element.textContent = text);
const mark = (element, name, value) => element.getAttribute(name) === value || element.setAttribute(name, value);

export class Row {
  constructor(template, transfer, words, { retry }) {
    Object.assign(this, { transfer, words });
    this.element = template.content.firstElementChild.cloneNode(true);
    this.parts = Object.fromEntries(PARTS.map((name) => [name, this.element.querySelector(`[data-part="${name}"]`)]));
    const { parts } = this;
    parts.name.textContent = [...transfer.record.path, transfer.record.name].join(" / ");
    parts.progress.setAttribute("aria-label", transfer.record.name);
    parts.progress.max = 100;
    parts.pause.addEventListener("click", () => transfer.pause());
    parts.cancel.addEventListener("click", () => transfer.cancel());
    parts.retry.addEventListener("click", retry);
    this.show();
  }

  // Its place among all, which are not all in the page.
  stand(place, size) {
    mark(this.element, "aria-setsize", String(size));
    mark(this.element, "aria-posinset", String(place));
  }

  show() {
    const { transfer, parts } = this;
    const share = transfer.size ? Math.floor((100 * transfer.loaded) / transfer.size) : transfer.state === "done" ? 100 : 0;
    mark(this.element, "data-state", { waiting: "running", offline: "running", elsewhere: "done" }[transfer.state] ?? transfer.state);
    if (parts.progress.value !== share) parts.progress.value = share;
    say(parts.figure, `${share} %`);
    const again = transfer.state === "paused" ? this.words.resume : this.words.retry;
    mark(parts.retry, "title", again);
    mark(parts.retry, "aria-label", again);
    const sentence = transfer.sentence || this.words[transfer.state] || "";
    const note = filled(sentence, { done: sizeText(transfer.loaded), total: sizeText(transfer.size) });
    say(parts.note, note);
    mark(parts.note, "title", note);
  }
}
