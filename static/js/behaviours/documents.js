// The documents page: rows that are chosen, walked through, renamed, dragged, moved, copied and deleted with a way back. What
// is done with a selection is one request; what it changes for people is shown by the portal first.
import { Controller } from "@hotwired/stimulus";
import htmx from "htmx.org";
import * as clipboard from "../documents/clipboard.js";
import { Drag } from "../documents/drag.js";
import { Keys } from "../documents/keys.js";
import { editName } from "../documents/rename.js";
import { RowMenu } from "../documents/row_menu.js";
import { Selection, fieldsOf } from "../documents/selection.js";
import { post, submit } from "../documents/send.js";
import { Table } from "../documents/table.js";
import { toast } from "../toast.js";

// As many rows as the matrix brings at once.
const MOST_IN_MATRIX = 40;

export default class extends Controller {
  static targets = ["contents", "table", "bar", "count", "all", "paste", "menu"];
  static values = { words: Object, folder: String, client: String, root: String, may: Boolean, up: String };

  connect() {
    this.words = this.wordsValue;
    this.selection = new Selection(() => this.shown());
    this.table = new Table(this);
    this.keys = new Keys(this);
    this.drag = new Drag(this);
    this.menu = new RowMenu(this, this.menuTargets);
    this.dialog = document.getElementById("move-dialog");
    this.dialog?.addEventListener("submit", this.placed);
    this.untilDialog = document.getElementById("until-dialog");
    this.untilDialog?.addEventListener("submit", this.limits);
    this.element.addEventListener("submit", this.submitted);
    this.element.addEventListener("click", this.asked);
    this.element.addEventListener("error", this.withoutPicture, { capture: true });
    this.contentsTarget.addEventListener("htmx:beforeSwap", this.emptied);
    addEventListener("pagehide", this.noteSelection);
    this.showPaste();
    this.chooseAgain();
  }

  disconnect() {
    this.keys.stop();
    removeEventListener("pagehide", this.noteSelection);
    this.dialog?.removeEventListener("submit", this.placed);
    this.untilDialog?.removeEventListener("submit", this.limits);
    clearTimeout(this.timer);
  }

  // The table comes anew with every refresh; rows that are fetched later come into it.
  tableTargetConnected(table) {
    queueMicrotask(() => this.table?.take(table));
  }

  get rows() {
    return this.table.rows;
  }

  get chosenRows() {
    return this.rows.filter((row) => this.selection.has(row.dataset.row));
  }

  get ordersHere() {
    return this.mayValue && this.hasTableTarget && this.tableTarget.dataset.sort === "";
  }

  get counted() {
    const { everything, ids, without } = this.selection;
    if (everything) return without.size ? this.words.allBut.replace("{count}", without.size) : this.words.everything;
    return ids.size === 1 ? this.words.one : this.words.many.replace("{count}", ids.size);
  }

  rowAt = (target) => target.closest?.("tr[data-row]");
  rowAfter = (row) => this.table.after(row);

  // --- what is chosen

  shown(rows) {
    this.table.mark(rows);
    const { isEmpty, everything } = this.selection;
    this.barTarget.hidden = isEmpty;
    this.element.dataset.choosing = String(!isEmpty);
    if (isEmpty) return;
    this.countTarget.textContent = this.counted;
    this.allTarget.hidden = everything;
    const has = new Set(this.chosenRows.flatMap((row) => [row.dataset.kind, ...row.dataset.may.split(" ")]));
    for (const button of this.barTarget.querySelectorAll("[data-needs]")) button.hidden = !has.has(button.dataset.needs);
  }

  clear() {
    this.selection.clear();
  }

  chooseAll() {
    if (this.rows.length) this.selection.all();
  }

  walk(row, step, extend) {
    this.table.walk(row, step, extend);
  }

  pick(row) {
    this.table.pick(row);
  }

  // The selection belongs to this entry of the browser's history, as its place does (keep-place).
  noteSelection = () => {
    const key = `chosen:${history.state?.place}`;
    if (this.selection.isEmpty) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(this.selection.written));
  };

  chooseAgain() {
    const kept = history.state?.place && sessionStorage.getItem(`chosen:${history.state.place}`);
    if (kept) this.selection.take(JSON.parse(kept));
  }

  // --- what is done with it

  // Buttons of the bar are about the selection, entries of a row's menu about this row, or the selection that it belongs to.
  asked = (event) => {
    const opener = event.target.closest("[data-documents-do]");
    if (!opener) return;
    const row = this.menu.rowOf(opener);
    event.preventDefault();
    event.stopPropagation();
    opener.closest("[popover]")?.hidePopover();
    const verb = opener.dataset.documentsDo;
    if (verb === "rename") return this.rename(row);
    const fields = row ? fieldsOf([row.dataset.row]) : this.selection.fields;
    const address = opener.dataset.url ?? opener.pathname;
    if (verb === "download") submit(address, fields);
    else if (verb === "delete") this.bin(fields);
    else if (verb === "until") this.limit(address, row ? undefined : fields);
    else if (verb === "rights") this.showRights(address);
    else this.choosePlace(address, fields);
  };

  // The last day of one file, or of all that are chosen.
  async limit(address, fields) {
    const files = this.chosenRows.filter((row) => row.dataset.kind === "file").length;
    const query = fields ? `?count=${this.selection.everything ? 0 : files}` : "";
    this.limited = fields;
    await htmx.ajax("GET", address + query, { target: "#until-body", swap: "innerHTML" });
    if (!this.untilDialog.open) this.untilDialog.showModal();
  }

  limits = async (event) => {
    const form = event.target;
    if (!this.limited || !form.matches("[data-documents-chosen]")) return;
    event.preventDefault();
    try {
      const said = await post(form.action, [...this.limited, ["valid_until", new FormData(form).get("valid_until")]]);
      this.untilDialog.close();
      this.done(said);
    } catch (error) {
      toast(error.message, { tone: "bad" });
    }
  };

  // The matrix of just these folders; all of them are what the matrix of this folder shows.
  showRights(address) {
    if (this.selection.everything && !this.selection.without.size) return location.assign(address);
    const folders = this.chosenRows.filter((row) => row.dataset.kind === "folder").map((row) => ["folders", row.dataset.row]);
    if (folders.length > MOST_IN_MATRIX) return toast(this.words.tooManyRights, { tone: "bad" });
    location.assign(`${address}?${new URLSearchParams(folders)}`);
  }

  async choosePlace(address, fields) {
    const single = fields.length === 1 && fields[0][0] === "item";
    this.placing = fields;
    const query = single ? `item=${fields[0][1]}` : `count=${this.selection.everything ? 0 : fields.length}`;
    await htmx.ajax("GET", `${address}?${query}`, { target: "#move-body", swap: "innerHTML" });
    for (const [name, id] of fields) if (name === "item") this.dialog.querySelector(`[data-documents-place=move] [data-id="${id}"]`)?.remove();
    if (!this.dialog.open) this.dialog.showModal();
  }

  placed = async (event) => {
    const form = event.target;
    if (!form.matches("[data-documents-place]")) return;
    event.preventDefault();
    const to = new FormData(form).get("folder");
    try {
      const said = await post(form.action, [...this.placing, ["folder", to ?? ""]]);
      this.dialog.close();
      this.done(said);
    } catch (error) {
      form.dispatchEvent(new CustomEvent("place:refused", { detail: { sentence: error.message } }));
    }
  };

  dropOn(folder, copies) {
    this.send(copies ? "copies" : "place", this.folderValue, [...this.selection.fields, ["folder", folder]]);
  }

  async send(what, source, fields) {
    try {
      this.done(await post(`/folders/${source}/selection/${what}`, fields));
      return true;
    } catch (error) {
      toast(error.message, { tone: "bad" });
      return false;
    }
  }

  done({ said, left }) {
    toast(said);
    if (left) toast(left, { tone: "warn" });
    this.selection.clear();
    return this.refresh();
  }

  remove(row) {
    if (!row.dataset.may.includes("change")) return;
    if (this.selection.isEmpty || !this.selection.has(row.dataset.row)) this.selection.only([row.dataset.row]);
    this.bin(this.selection.fields);
  }

  async bin(fields) {
    try {
      const { said, left, undo, items } = await post(`/folders/${this.folderValue}/selection/deletion`, fields);
      if (left) toast(left, { tone: "warn" });
      this.selection.clear();
      await this.refresh();
      this.offerBack(said, undo, fieldsOf(items));
    } catch (error) {
      toast(error.message, { tone: "bad" });
    }
  }

  offerBack(said, address, fields) {
    const run = async () => {
      try {
        this.done(await post(address, fields));
      } catch (error) {
        toast(error.message, { tone: "bad" });
      }
    };
    toast(said, { action: { label: this.words.undo, run } });
  }

  // "Delete" in a row's menu is a form, as everywhere.
  submitted = (event) => {
    if (!event.target.querySelector("[data-documents-bin]")) return;
    event.preventDefault();
    event.target.closest("[popover]")?.hidePopover();
    this.bin(fieldsOf([this.menu.row.dataset.row]));
  };

  // --- names

  open(row) {
    row.querySelector("a.name")?.click();
  }

  up() {
    location.assign(this.upValue);
  }

  upload() {
    this.element.querySelector("[data-action~='upload#choose']")?.click();
  }

  rename(row) {
    if (!row?.dataset.rename) return;
    row.draggable = false;
    const save = (name) => post(row.dataset.rename, [["name", name]]).then(() => (this.table.wanted = row.dataset.row));
    const left = (saved) => {
      row.draggable = true;
      row.focus();
      if (saved) this.refresh();
    };
    editName(row.querySelector(".list-title"), { value: row.dataset.name, label: this.words.name, save, left });
  }

  // An empty folder has no rows to type among: there the dialog opens.
  newFolder(event) {
    if (!this.mayValue) return;
    if (!this.hasTableTarget) return document.getElementById("new-folder").showModal();
    event?.preventDefault();
    const address = document.querySelector("#new-folder form").action;
    const row = this.table.emptyRow();
    const save = (name) => post(address, [["name", name]]).then(({ id }) => (this.table.wanted = id));
    const left = (saved) => {
      row.remove();
      if (saved) this.refresh();
    };
    editName(row.querySelector(".list-title"), { label: this.words.newFolder, save, left }).scrollIntoView({ block: "nearest" });
  }

  // --- cut, copy, paste

  note(how, data) {
    if (this.selection.isEmpty) return false;
    data.setData("text/plain", this.chosenRows.map((row) => row.dataset.name).join("\n"));
    clipboard.note({ client: this.clientValue, folder: this.folderValue, how, fields: this.selection.fields });
    toast(how === "cut" ? this.words.cut : this.words.copied, { tone: "info" });
    this.table.cut = how === "cut" ? new Set(this.chosenRows.map((row) => row.dataset.row)) : new Set();
    this.shown();
    this.showPaste();
    return true;
  }

  paste() {
    const found = clipboard.noted(this.clientValue);
    if (!this.mayValue || !found) return false;
    const { folder, how, fields } = found;
    this.send(how === "cut" ? "place" : "copies", folder, [...fields, ["folder", this.folderValue]]).then((sent) => {
      if (sent && how === "cut") clipboard.forget();
      this.showPaste();
    });
    return true;
  }

  showPaste() {
    if (this.hasPasteTarget) this.pasteTarget.hidden = !clipboard.noted(this.clientValue);
  }

  // --- the firm's own order

  async dropBefore(before) {
    const fields = this.chosenRows.map((row) => ["item", row.dataset.row]);
    await this.order(fields, before?.dataset.row);
  }

  shiftRow(row, step) {
    if (!this.ordersHere) return;
    const before = this.table.placeFor(row, step);
    if (before !== undefined) this.order([["item", row.dataset.row]], before?.dataset.row);
  }

  async order(fields, before) {
    try {
      await post(`/folders/${this.folderValue}/order`, [...fields, ["before", before ?? ""]]);
      await this.refresh();
    } catch (error) {
      toast(error.message, { tone: "bad" });
      this.refresh();
    }
  }

  // --- rows anew

  withoutPicture = (event) => {
    if (event.target.matches?.("[data-documents-thumb]")) event.target.remove();
  };

  // Many files may be done within one second: the rows are fetched once.
  refreshSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), 300);
  }

  // htmx announces of each element below that it goes, twice: of a hundred rows that takes longer than to bring the new ones.
  emptied = ({ target, detail }) => {
    if (target === this.contentsTarget && detail.xhr.status === 200) target.replaceChildren();
  };

  refresh() {
    this.table.remember();
    return htmx.ajax("GET", this.contentsTarget.dataset.url, { target: this.contentsTarget, swap: "innerHTML" });
  }
}
