// Files dropped or chosen on the documents page go straight to the store. Whole folders make sub-folders; a taken name is
// asked about once; what was on its way when the page was closed goes on at the next visit.
import { Controller } from "@hotwired/stimulus";
import { chosenFiles, droppedFiles } from "../uploads/dropped.js";
import { forget, remember, remembered, rememberedFile, rememberFile } from "../uploads/memory.js";
import { Row } from "../uploads/row.js";
import { Transfer } from "../uploads/transfer.js";
import { ask } from "../uploads/wire.js";
import { toast } from "../toast.js";

const FILES_AT_ONCE = 3;

export default class extends Controller {
  static targets = ["files", "folder", "list", "zone", "again"];
  static values = { folder: String, client: String, owner: String, words: Object, open: Boolean };

  connect() {
    this.waiting = [];
    this.active = 0;
    this.rows = new Map();
    this.madeFolders = new Map();
    this.element.addEventListener("dragover", this.over);
    this.element.addEventListener("dragleave", this.left);
    this.element.addEventListener("drop", this.dropped);
    this.element.addEventListener("change", this.chosen);
    this.resume();
  }

  disconnect() {
    for (const transfer of this.rows.keys()) transfer.running?.abort();
  }

  over = (event) => {
    if (!this.openValue || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    this.zone(true);
  };

  left = (event) => {
    if (!this.element.contains(event.relatedTarget)) this.zone(false);
  };

  dropped = async (event) => {
    if (!this.openValue || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.zone(false);
    this.add(await droppedFiles(event.dataTransfer));
  };

  chosen = (event) => {
    const input = event.target;
    if (input.type !== "file") return;
    const found = chosenFiles(input);
    if (this.wanted) this.takeAgain(found[0]?.file);
    else this.add(found);
    input.value = "";
  };

  choose() {
    this.filesTarget.click();
  }

  zone(on) {
    for (const zone of this.element.querySelectorAll(".dropzone")) zone.dataset.over = String(on);
    this.element.dataset.over = String(on);
  }

  async add(found) {
    if (!found.length) return;
    if (!globalThis.crypto?.subtle) {
      toast(this.wordsValue.insecure, { tone: "bad" });
      return;
    }
    const batch = { answer: undefined };
    const known = await remembered(this.ownerValue);
    for (const { file, path } of found) {
      const before = known.find((record) => record.folder === this.folderValue && record.name === file.name && record.size === file.size
        && record.modified === file.lastModified && record.path.join("/") === path.join("/") && !this.isShown(record.key));
      const record = before ?? {
        key: crypto.randomUUID(), owner: this.ownerValue, client: this.clientValue, folder: this.folderValue, path,
        name: file.name, size: file.size, modified: file.lastModified, sums: {}, at: Date.now(),
      };
      record.file = file;
      remember(record).then(() => rememberFile(record.key, file));
      this.enqueue(record, batch);
    }
  }

  isShown(key) {
    return [...this.rows.keys()].some((transfer) => transfer.record.key === key && transfer.state !== "paused");
  }

  async resume() {
    const batch = { answer: undefined };
    for (const record of await remembered(this.ownerValue)) {
      if (record.client !== this.clientValue || this.isShown(record.key)) continue;
      record.file = await rememberedFile(record.key);
      if (record.file) this.enqueue(record, batch);
      else if (record.id) this.show(this.transferOf(record, batch)).set("paused", this.wordsValue.again);
      else await forget(record.key);
    }
  }

  transferOf(record, batch) {
    return new Transfer(record, {
      changed: (transfer) => this.changed(transfer),
      conflict: (name) => this.decide(name, batch),
      folder: (path) => this.folderAt(record.folder, path),
    });
  }

  show(transfer) {
    const row = new Row(document.getElementById("upload-row"), transfer, this.wordsValue, { retry: () => this.retry(transfer) });
    this.rows.set(transfer, row);
    this.listTarget.append(row.element);
    return transfer;
  }

  enqueue(record, batch) {
    this.waiting.push(this.show(this.transferOf(record, batch)));
    this.next();
  }

  retry(transfer) {
    if (transfer.record.file) {
      transfer.set("waiting");
      this.waiting.push(transfer);
      this.next();
    } else {
      // The browser did not keep the file: it is chosen again, and only what is missing is sent.
      this.wanted = transfer;
      this.filesTarget.click();
    }
  }

  takeAgain(file) {
    const transfer = this.wanted;
    this.wanted = undefined;
    if (!file) return;
    if (file.name !== transfer.record.name || file.size !== transfer.record.size) {
      transfer.set("paused", this.wordsValue.other);
      return;
    }
    transfer.record.file = file;
    this.retry(transfer);
  }

  async next() {
    if (this.active >= FILES_AT_ONCE || !this.waiting.length) return;
    const transfer = this.waiting.shift();
    if (transfer.state !== "waiting") return this.next();
    this.active += 1;
    try {
      await transfer.run();
    } finally {
      this.active -= 1;
      this.next();
    }
  }

  changed(transfer) {
    const row = this.rows.get(transfer);
    if (!row) return;
    row.show();
    if (transfer.state === "cancelled") this.drop(transfer);
    if (transfer.state !== "done") return;
    this.dispatch("done", { detail: { name: transfer.record.name } });
    setTimeout(() => this.drop(transfer), 4000);
  }

  drop(transfer) {
    this.rows.get(transfer)?.element.remove();
    this.rows.delete(transfer);
  }

  // One question for all files of one drop; answers queue behind the first.
  decide(name, batch) {
    batch.answer ??= new Promise((resolve) => {
      const dialog = document.getElementById("upload-conflict");
      dialog.querySelector("[data-part=name]").textContent = name;
      dialog.returnValue = "";
      dialog.addEventListener("close", () => resolve(dialog.returnValue || undefined), { once: true });
      dialog.showModal();
    });
    return batch.answer;
  }

  // The folder that a file of a dropped folder belongs into; made when it is not there.
  folderAt(start, path) {
    if (!path.length) return Promise.resolve(start);
    const key = `${start}/${path.join("/")}`;
    if (!this.madeFolders.has(key)) {
      const made = this.folderAt(start, path.slice(0, -1)).then(async (parent) => {
        const answer = await ask("POST", `/folders/${parent}/folders`, { name: path.at(-1) });
        this.dispatch("done", { detail: { name: path.at(-1) } });
        return answer.id;
      });
      made.catch(() => this.madeFolders.delete(key));
      this.madeFolders.set(key, made);
    }
    return this.madeFolders.get(key);
  }
}
