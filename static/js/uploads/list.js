// The list of what is on its way. Of thousands only the lines in sight are in the page; above them stands how far all are.
import { number, sizeText, timeText } from "./numbers.js";
import { filled, Row } from "./row.js";

// So many lines are simply shown, each as high as its text.
const PLAIN = 40;
const SPARE = 6;

export class List {
  constructor(parts, words, { retry }) {
    Object.assign(this, { parts, words, retry, transfers: [], rows: new Map(), gone: { files: 0, bytes: 0 } });
    this.template = document.getElementById("upload-row");
    parts.list.addEventListener("scroll", () => this.soon(), { passive: true });
  }

  add(transfers) {
    this.transfers.push(...transfers);
    // What is said once more is only heard where it was not said already.
    this.parts.said.textContent = "";
    this.soon();
  }

  // Many changes within one frame are shown once.
  soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.render();
    });
  }

  drop(transfers) {
    const leaving = new Set(transfers);
    this.transfers = this.transfers.filter((transfer) => !leaving.has(transfer));
    for (const transfer of leaving) {
      if (transfer.state !== "done") continue;
      this.gone.files += 1;
      this.gone.bytes += transfer.size;
    }
    this.soon();
  }

  render() {
    const { list } = this.parts;
    this.transfers = this.transfers.filter((transfer) => transfer.state !== "cancelled");
    const many = this.transfers.length > PLAIN;
    list.toggleAttribute("data-many", many);
    const height = many ? (list.querySelector(".upload-row")?.offsetHeight || 64) : 0;
    const first = many ? Math.max(0, Math.floor(list.scrollTop / height) - SPARE) : 0;
    const last = many ? Math.min(this.transfers.length, first + Math.ceil((list.clientHeight || 420) / height) + 2 * SPARE) : this.transfers.length;
    const shown = this.transfers.slice(first, last);
    for (const [transfer, row] of this.rows) {
      if (shown.includes(transfer)) continue;
      row.element.remove();
      this.rows.delete(transfer);
    }
    let before = this.space("above", first * height);
    shown.forEach((transfer, place) => {
      const row = this.row(transfer);
      row.stand(first + place + 1, this.transfers.length);
      row.show();
      if (before ? before.nextSibling !== row.element : list.firstChild !== row.element) (before ? before.after(row.element) : list.prepend(row.element));
      before = row.element;
    });
    this.space("below", (this.transfers.length - last) * height);
    this.summary();
  }

  row(transfer) {
    if (!this.rows.has(transfer)) this.rows.set(transfer, new Row(this.template, transfer, this.words, { retry: () => this.retry(transfer) }));
    return this.rows.get(transfer);
  }

  // An empty line that is as high as the lines that are not in the page.
  space(where, pixels) {
    let line = this.parts.list.querySelector(`[data-space=${where}]`);
    if (!pixels) {
      line?.remove();
      return undefined;
    }
    if (!line) {
      line = document.createElement("li");
      line.dataset.space = where;
      line.setAttribute("aria-hidden", "true");
      if (where === "above") this.parts.list.prepend(line);
    }
    if (where === "below") this.parts.list.append(line);
    line.style.height = `${pixels}px`;
    return line;
  }

  summary() {
    const { transfers, parts } = this;
    const is = (...states) => transfers.some((transfer) => states.includes(transfer.state));
    const busy = is("running", "waiting", "offline");
    const files = this.gone.files + transfers.length;
    parts.head.hidden = files < 2 || !transfers.length;
    parts.pauseAll.hidden = !busy;
    parts.resumeAll.hidden = !is("paused", "failed");
    if (!transfers.length) {
      if (files) parts.said.textContent = filled(this.words.finished, { count: number(files) });
      this.gone = { files: 0, bytes: 0 };
      this.begun = undefined;
      return;
    }
    let [done, sent, size] = [this.gone.files, this.gone.bytes, this.gone.bytes];
    for (const transfer of transfers) {
      done += transfer.state === "done" ? 1 : 0;
      sent += transfer.loaded;
      size += transfer.size;
    }
    const left = busy ? this.secondsLeft(done / files, size ? sent / size : 1) : undefined;
    const values = { done: number(done), count: number(files), sent: sizeText(sent), size: sizeText(size), time: left && timeText(left) };
    const text = filled(left ? this.words.summaryTime : this.words.summary, values);
    if (parts.summary.textContent !== text) parts.summary.textContent = text;
    parts.bar.value = Math.floor(50 * (done / files + (size ? sent / size : 1)));
  }

  // By what was slower so far, files or bytes; nothing is said in the first seconds.
  secondsLeft(...shares) {
    this.begun ??= { at: performance.now(), shares };
    const seconds = (performance.now() - this.begun.at) / 1000;
    if (seconds < 3) return undefined;
    const guesses = shares.map((share, n) => {
      const gained = share - this.begun.shares[n];
      return gained > 0 ? ((1 - share) * seconds) / gained : 0;
    });
    return Math.max(...guesses) || undefined;
  }
}
