// A long list that is fetched piece by piece: the next piece before its place comes into view, and after going back (from
// a preview, a sub-folder) or a reload as many rows as there were, with the same one at the same height.
import { Controller } from "@hotwired/stimulus";
import htmx from "htmx.org";

const AHEAD = "1200px";
const MOST = 10_000;
// Places of lists that nobody came back to for long are forgotten first.
const MOST_KEPT = 50;

export default class extends Controller {
  connect() {
    this.ahead = new IntersectionObserver(this.seen, { rootMargin: `${AHEAD} 0px` });
    this.watch();
    addEventListener("pagehide", this.keep);
    document.addEventListener("htmx:afterSettle", this.watch);
    document.addEventListener("htmx:configRequest", this.ask);
    this.comeBack();
  }

  disconnect() {
    this.ahead.disconnect();
    removeEventListener("pagehide", this.keep);
    document.removeEventListener("htmx:afterSettle", this.watch);
    document.removeEventListener("htmx:configRequest", this.ask);
  }

  get rows() {
    return this.element.querySelectorAll("[data-row]");
  }

  watch = () => {
    this.ahead.disconnect();
    for (const link of this.element.querySelectorAll(".load-more a")) this.ahead.observe(link);
  };

  seen = (entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) htmx.trigger(target, "click");
  };

  // Rows that are fetched anew after a change: as many as are there.
  ask = (event) => {
    const { target, path, verb, parameters } = event.detail;
    if (verb !== "get" || target !== this.element || path !== this.element.dataset.url) return;
    // Who comes back says how many there were; now there are fewer.
    const { length } = this.rows;
    if (length && !parameters.rows) parameters.rows = Math.min(length, MOST);
  };

  keep = () => {
    const rows = [...this.rows];
    // Half of the rows are asked at each step: their order is that of the page.
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].getBoundingClientRect().bottom > 0) high = middle;
      else low = middle + 1;
    }
    const first = rows[low];
    const focused = document.activeElement?.closest("[data-row]");
    const place = {
      count: rows.length,
      row: first?.dataset.row,
      top: first?.getBoundingClientRect().top,
      y: scrollY,
      focus: this.element.contains(focused) ? focused.dataset.row : undefined,
    };
    write(this.name, place);
  };

  async comeBack() {
    this.name = history.state?.place;
    const place = this.name && read(this.name);
    if (!this.name) {
      // The entry of the history carries the name: the same folder opened twice has two places.
      this.name = crypto.randomUUID?.() ?? String(performance.timeOrigin + Math.random());
      history.replaceState({ ...history.state, place: this.name }, "");
    }
    // Whoever types the address anew, or follows a link to where they are, begins at the top; the browser keeps the entry.
    const [way] = performance.getEntriesByType("navigation");
    if (way?.type === "navigate" || (!place?.y && !place?.focus)) return;
    if (place.count > this.rows.length) {
      history.scrollRestoration = "manual";
      const rows = Math.min(place.count, MOST);
      await htmx.ajax("GET", this.element.dataset.url, { target: this.element, swap: "innerHTML", values: { rows } });
    }
    this.show(place);
  }

  show({ row, top, y, focus }) {
    const first = row && this.find(row);
    if (first && y) scrollBy({ top: first.getBoundingClientRect().top - top, behavior: "instant" });
    else scrollTo({ top: y, behavior: "instant" });
    if (focus) this.find(focus)?.querySelector("a.name")?.focus({ preventScroll: true });
  }

  find(row) {
    return this.element.querySelector(`[data-row="${CSS.escape(row)}"]`);
  }
}

const PREFIX = "place:";

function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name));
  } catch {
    return undefined;
  }
}

function write(name, place) {
  try {
    const kept = Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
    if (kept.length >= MOST_KEPT) for (const key of kept.slice(0, kept.length - MOST_KEPT + 1)) sessionStorage.removeItem(key);
    sessionStorage.setItem(PREFIX + name, JSON.stringify(place));
  } catch {
    // Without storage (a private window, a full one) a list begins at its top.
  }
}
