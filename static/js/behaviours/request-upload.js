// One line of a document request: a file chosen or dropped here is uploaded and then tied to the line, which the portal
// draws anew. What the line does not accept is refused before a byte is sent. An upload that was cut off goes on here.
import { Controller } from "@hotwired/stimulus";
import { csrfToken, sentenceOf } from "../requests.js";
import { remember, remembered, rememberedFile, rememberFile } from "../uploads/memory.js";
import { Transfer } from "../uploads/transfer.js";

export default class extends Controller {
  static targets = ["input", "said", "bar"];
  static values = { line: String, folder: String, client: String, owner: String, formats: String, replaces: String, url: String, words: Object };

  connect() {
    this.element.addEventListener("dragover", this.over);
    this.element.addEventListener("dragleave", this.left);
    this.element.addEventListener("drop", this.dropped);
    this.resume();
  }

  disconnect() {
    this.element.removeEventListener("dragover", this.over);
    this.element.removeEventListener("dragleave", this.left);
    this.element.removeEventListener("drop", this.dropped);
  }

  over = (event) => {
    if (!event.dataTransfer?.types.includes("Files") || this.transfer) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = "copy";
    this.element.dataset.over = "true";
  };

  left = (event) => {
    if (!this.element.contains(event.relatedTarget)) delete this.element.dataset.over;
  };

  dropped = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    delete this.element.dataset.over;
    const files = [...event.dataTransfer.files];
    if (files.length > 1) this.say(this.wordsValue.one, "bad");
    else if (files.length) this.take(files[0]);
  };

  chosen() {
    const [file] = this.inputTarget.files;
    this.inputTarget.value = "";
    if (file) this.take(file);
  }

  accepts(name) {
    const ending = name.includes(".") ? name.split(".").pop().toLowerCase() : "";
    return !this.formatsValue || this.formatsValue.split(",").includes(ending);
  }

  take(file) {
    if (this.transfer) return;
    if (!this.accepts(file.name)) return this.say(this.wordsValue.format, "bad");
    if (!globalThis.crypto?.subtle) return this.say(this.wordsValue.insecure, "bad");
    const record = {
      key: crypto.randomUUID(), owner: this.ownerValue, client: this.clientValue, folder: this.folderValue, path: [],
      name: file.name, size: file.size, modified: file.lastModified, sums: {}, at: Date.now(), line: this.lineValue, file,
    };
    remember(record).then(() => rememberFile(record.key, file));
    this.send(record);
  }

  // What was on its way for this line when the page was closed.
  async resume() {
    const record = (await remembered(this.ownerValue)).find((known) => known.line === this.lineValue);
    if (!record || this.transfer) return;
    record.file = await rememberedFile(record.key);
    if (record.file) this.send(record);
  }

  async send(record) {
    this.transfer = new Transfer(record, {
      changed: () => this.show(),
      // The file that was refused gets a new version; anything else of that name stays as it is.
      conflict: async (name) => (name === this.replacesValue ? "version" : "keep_both"),
      folder: async () => this.folderValue,
    });
    try {
      await this.transfer.run();
      if (this.transfer.state === "done") await this.link(record.id);
    } finally {
      this.transfer = undefined;
      this.busy(false);
    }
  }

  show() {
    const { state, loaded, size, sentence, record } = this.transfer;
    this.busy(!["failed", "done", "cancelled"].includes(state));
    if (this.hasBarTarget) this.barTarget.value = size ? Math.round((100 * loaded) / size) : 100;
    if (state === "failed") this.say(sentence || this.wordsValue.failed, "bad");
    else if (state === "offline") this.say(this.wordsValue.offline);
    else if (state === "done") this.say(this.wordsValue.linking);
    else this.say(this.wordsValue.sending.replace("{name}", record.name));
  }

  busy(on) {
    if (this.hasBarTarget) this.barTarget.hidden = !on;
    this.inputTarget.disabled = on;
    this.inputTarget.closest("label").classList.toggle("is-busy", on);
  }

  async link(upload) {
    const answer = await fetch(this.urlValue, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken(), "HX-Request": "true" },
      body: JSON.stringify({ upload_id: upload }),
    }).catch(() => undefined);
    const text = (await answer?.text()) ?? "";
    if (!answer?.ok) return this.say(sentenceOf(text) ?? this.wordsValue.failed, "bad");
    const line = new DOMParser().parseFromString(text, "text/html").querySelector(".request-line");
    const said = document.createElement("p");
    said.className = "visually-hidden";
    said.setAttribute("role", "status");
    this.element.replaceWith(line);
    line.querySelector(".name-text").append(said);
    said.textContent = this.wordsValue.done;
    line.focus({ preventScroll: true });
  }

  say(sentence, tone = "") {
    if (!this.hasSaidTarget || this.saidTarget.textContent === sentence) return;
    this.saidTarget.textContent = sentence;
    this.saidTarget.dataset.tone = tone;
  }
}
