// Files dropped, chosen, pasted or photographed on the documents page go straight to the store. Whole folders make
// sub-folders; a taken name is asked about once; what was on its way when the page was closed goes on at the next visit.
import { Controller } from "@hotwired/stimulus";
import { chosenFiles, droppedFiles } from "../uploads/dropped.js";
import { named, records, refusal } from "../uploads/intake.js";
import { List } from "../uploads/list.js";
import { forgetAll, rememberAll, remembered, rememberedFile, tried } from "../uploads/memory.js";
import { Queue } from "../uploads/queue.js";
import { Transfer } from "../uploads/transfer.js";
import { ask } from "../uploads/wire.js";
import { toast } from "../toast.js";

// So many are taken up at once; between two lots the page can breathe.
const LOT = 50;
const SHOWN_DONE = 4000;
const FEW = 20;
const TOLD_EVERY = 10_000;

// A page that is open holds a lock of its name: another one does not take up what this one is sending.
const PAGE = globalThis.crypto?.randomUUID?.();
const lockOf = (page) => `uploads-${page}`;
navigator.locks?.request(lockOf(PAGE), () => new Promise(() => undefined));

async function isSentElsewhere() {
  const held = new Set((await tried(Promise.resolve(navigator.locks?.query())))?.held.map((lock) => lock.name));
  return (record) => record.page !== PAGE && held.has(lockOf(record.page));
}

const breath = () => new Promise((resolve) => setTimeout(resolve));

export default class extends Controller {
  static targets = ["files", "folder", "list", "zone", "again", "head", "summary", "bar", "pauseAll", "resumeAll", "said"];
  static values = { folder: String, client: String, owner: String, words: Object, open: Boolean };

  connect() {
    this.words = this.wordsValue;
    this.madeFolders = new Map();
    this.adding = new Set();
    this.queue = new Queue({ finished: (transfers) => this.finished(transfers) });
    const parts = Object.fromEntries(["list", "head", "summary", "bar", "pauseAll", "resumeAll", "said"].map((name) => [name, this[`${name}Target`]]));
    this.list = new List(parts, this.words, { retry: (transfer) => this.retry(transfer) });
    this.element.addEventListener("dragover", this.over);
    this.element.addEventListener("dragleave", this.left);
    this.element.addEventListener("drop", this.dropped);
    this.element.addEventListener("change", this.chosen);
    document.addEventListener("paste", this.pasted);
    this.resume();
  }

  disconnect() {
    document.removeEventListener("paste", this.pasted);
    this.queue.stopped = true;
    for (const transfer of this.list.transfers) transfer.running?.abort();
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

  // Text that is pasted into a field is the field's own.
  pasted = (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!this.openValue || !files.length || event.target.closest?.("input, textarea, [contenteditable], dialog")) return;
    event.preventDefault();
    this.add(files.map((file) => ({ file: named(file, this.words), path: [] })));
  };

  chosen = (event) => {
    const input = event.target;
    if (input.type !== "file") return;
    const found = chosenFiles(input).map(({ file, path }) => ({ file: input.capture ? named(file, this.words) : file, path }));
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
      toast(this.words.insecure, { tone: "bad" });
      return;
    }
    const drop = {};
    this.adding.add(drop);
    const at = { owner: this.ownerValue, client: this.clientValue, folder: this.folderValue, page: PAGE };
    const elsewhere = await isSentElsewhere();
    const earlier = (await remembered(this.ownerValue)).filter((record) => !record.line && !this.isShown(record.key) && !elsewhere(record));
    for (let start = 0; start < found.length; start += LOT) {
      const lot = records(found.slice(start, start + LOT), at, earlier).map((record) => this.transferOf(record, drop));
      this.list.add(lot);
      const good = lot.filter((transfer) => this.isAccepted(transfer));
      // Their contents may be large; nothing waits until they are kept.
      rememberAll(good.map((transfer) => transfer.record), { contents: true });
      // "Pause all" means those as well that are only being taken up.
      for (const transfer of good) drop.held ? transfer.pause() : this.queue.add(transfer);
      if (start + LOT < found.length) await breath();
    }
    this.adding.delete(drop);
    this.queue.soon();
  }

  isAccepted(transfer) {
    const sentence = refusal(transfer.record.file, this.words);
    if (sentence) transfer.set("failed", sentence);
    return !sentence;
  }

  isShown(key) {
    return this.list.transfers.some((transfer) => transfer.record.key === key && transfer.state !== "paused");
  }

  async resume() {
    const drop = {};
    const gone = [];
    // What belongs to a line of a request is taken up there.
    const elsewhere = await isSentElsewhere();
    for (const record of await remembered(this.ownerValue)) {
      if (record.line || record.client !== this.clientValue || this.isShown(record.key) || elsewhere(record)) continue;
      record.page = PAGE;
      record.file = await rememberedFile(record.key);
      if (!record.file && !record.id) {
        gone.push(record.key);
        continue;
      }
      const transfer = this.transferOf(record, drop);
      this.list.add([transfer]);
      if (record.file) this.queue.add(transfer);
      else transfer.set("paused", this.words.again);
    }
    if (gone.length) await forgetAll(gone);
    await rememberAll(this.list.transfers.map((transfer) => transfer.record));
    this.queue.soon();
  }

  transferOf(record, drop) {
    return new Transfer(record, {
      drop,
      changed: (transfer) => this.changed(transfer),
      conflict: (name) => this.decide(name, drop),
      folder: (path) => this.folderAt(record.folder, path),
    });
  }

  retry(transfer) {
    if (transfer.record.file) {
      if (!this.isAccepted(transfer)) return;
      if (transfer.refused) {
        // What was refused begins anew, and is kept again for another visit.
        transfer.startAnew();
        transfer.refused = false;
        rememberAll([transfer.record], { contents: true });
      }
      this.queue.add(transfer);
      this.queue.soon();
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
      transfer.set("paused", this.words.other);
      return;
    }
    transfer.record.file = file;
    this.retry(transfer);
  }

  pauseAll() {
    for (const drop of this.adding) drop.held = true;
    for (const transfer of this.list.transfers) if (["waiting", "running", "offline"].includes(transfer.state)) transfer.pause();
  }

  resumeAll() {
    for (const drop of this.adding) drop.held = false;
    for (const transfer of [...this.list.transfers]) {
      if (["paused", "failed"].includes(transfer.state) && transfer.record.file) this.retry(transfer);
    }
  }

  cancelAll() {
    const open = this.list.transfers.filter((transfer) => transfer.state !== "done");
    for (const transfer of open) transfer.stop("cancelled");
    forgetAll(open.map((transfer) => transfer.record.key));
    for (const { record } of open) if (record.id) ask("DELETE", `/uploads/${record.id}`).catch(() => undefined);
  }

  changed(transfer) {
    this.list.soon();
  }

  // The folder's list is shown anew at once, but while hundreds arrive only now and then: that is the page's longest work.
  finished(transfers) {
    setTimeout(() => this.list.drop(transfers), SHOWN_DONE);
    const busy = this.list.transfers.filter((transfer) => ["waiting", "running"].includes(transfer.state)).length > FEW;
    const wait = busy ? (this.told ?? -TOLD_EVERY) + TOLD_EVERY - performance.now() : 0;
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      this.told = performance.now();
      this.dispatch("done");
    }, Math.max(0, wait));
  }

  // One question for all files of one drop; answers queue behind the first.
  decide(name, drop) {
    drop.answer ??= new Promise((resolve) => {
      const dialog = document.getElementById("upload-conflict");
      dialog.querySelector("[data-part=name]").textContent = name;
      dialog.returnValue = "";
      dialog.addEventListener(
        "close",
        () => {
          drop.mode = dialog.returnValue || undefined;
          resolve(drop.mode);
        },
        { once: true },
      );
      dialog.showModal();
    });
    return drop.answer;
  }

  // The folder that a file of a dropped folder belongs into; made when it is not there.
  folderAt(start, path) {
    if (!path.length) return Promise.resolve(start);
    const key = `${start}/${path.join("/")}`;
    if (!this.madeFolders.has(key)) {
      const made = this.folderAt(start, path.slice(0, -1)).then(async (parent) => {
        const answer = await ask("POST", `/folders/${parent}/folders`, { name: path.at(-1) });
        this.dispatch("done");
        return answer.id;
      });
      made.catch(() => this.madeFolders.delete(key));
      this.madeFolders.set(key, made);
    }
    return this.madeFolders.get(key);
  }
}
