// The line of one upload: name, how far, and its buttons. Words come from the page.
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

export function sizeText(bytes) {
  const step = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const style = { style: "unit", unit: UNITS[step], unitDisplay: "short", maximumFractionDigits: step > 1 ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(bytes / 1000 ** step);
}

export const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

export class Row {
  constructor(template, transfer, words, { retry }) {
    Object.assign(this, { transfer, words });
    this.element = template.content.firstElementChild.cloneNode(true);
    this.part("name").textContent = [...transfer.record.path, transfer.record.name].join(" / ");
    this.part("progress").setAttribute("aria-label", transfer.record.name);
    this.part("pause").addEventListener("click", () => transfer.pause());
    this.part("cancel").addEventListener("click", () => transfer.cancel());
    this.part("retry").addEventListener("click", retry);
    this.show();
  }

  part(name) {
    return this.element.querySelector(`[data-part="${name}"]`);
  }

  show() {
    const { transfer } = this;
    const share = transfer.size ? Math.floor((100 * transfer.loaded) / transfer.size) : transfer.state === "done" ? 100 : 0;
    this.element.dataset.state = { waiting: "running", offline: "running", elsewhere: "done" }[transfer.state] ?? transfer.state;
    this.part("progress").max = 100;
    this.part("progress").value = share;
    this.part("figure").textContent = `${share} %`;
    const again = transfer.state === "paused" ? this.words.resume : this.words.retry;
    this.part("retry").title = again;
    this.part("retry").setAttribute("aria-label", again);
    const sentence = transfer.sentence || this.words[transfer.state] || "";
    const note = filled(sentence, { done: sizeText(transfer.loaded), total: sizeText(transfer.size) });
    this.part("note").textContent = note;
    this.part("note").title = note;
  }
}
