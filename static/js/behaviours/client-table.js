// The client table: clients are chosen one by one, from here to there, or all that match, also those that no page has brought;
// what is done with them is one request, with a way back.
import { Controller } from "@hotwired/stimulus";
import htmx from "htmx.org";
import { ClientKeys } from "../clients/keys.js";
import * as notes from "../clients/notes.js";
import { Selection } from "../documents/selection.js";
import { post, submit } from "../documents/send.js";
import { Table } from "../documents/table.js";
import { toast } from "../toast.js";

export default class extends Controller {
  static targets = ["found", "list", "table", "head", "bar", "count", "all"];
  static values = { words: Object };

  connect() {
    this.words = this.wordsValue;
    this.number = new Intl.NumberFormat(document.documentElement.lang || undefined);
    this.selection = new Selection((rows) => this.shown(rows));
    this.table = new Table(this);
    this.keys = new ClientKeys(this);
    this.element.addEventListener("click", this.asked);
    this.element.addEventListener("change", this.headTicked);
    this.element.addEventListener("mousedown", this.pressed);
    addEventListener("pagehide", this.note);
    const kept = notes.kept(this.filters);
    if (kept) this.selection.take(kept);
    this.matching = this.filters;
  }

  disconnect() {
    this.note();
    this.keys.stop();
    removeEventListener("pagehide", this.note);
    this.element.removeEventListener("click", this.asked);
    this.element.removeEventListener("change", this.headTicked);
    this.element.removeEventListener("mousedown", this.pressed);
  }

  // The table comes anew with every search; rows that are fetched later come into it.
  tableTargetConnected(table) {
    queueMicrotask(() => this.table?.take(table));
  }

  // "All that match" means those of this search: another one begins anew, what was ticked one by one stays.
  listTargetConnected() {
    queueMicrotask(() => {
      if (!this.selection) return;
      if (!this.hasTableTarget) this.table.table = undefined;
      if (this.selection.everything && this.matching !== this.filters) this.selection.clear();
      else this.shown([]);
      this.matching = this.filters;
    });
  }

  get rows() {
    return this.table.rows;
  }

  get filters() {
    return this.listTarget.dataset.filters;
  }

  get total() {
    return Number(this.listTarget.dataset.total);
  }

  // A search is counted up to a few thousand only.
  get isCounted() {
    return this.listTarget.dataset.more !== "true";
  }

  get counted() {
    const { everything, ids, without } = this.selection;
    if (everything && !this.isCounted) return without.size ? this.said("allBut", without.size) : this.words.everything;
    return this.said("many", everything ? this.total - without.size : ids.size);
  }

  said(word, count) {
    return word === "many" && count === 1 ? this.words.one : this.words[word].replace("{count}", this.number.format(count));
  }

  rowAt = (target) => target.closest?.("tr[data-row]");

  // --- what is chosen

  shown(rows) {
    this.table.mark(rows);
    const { isEmpty, everything, ids, without } = this.selection;
    if (everything && this.isCounted && without.size && without.size >= this.total) return this.selection.clear();
    this.place = history.state?.place ?? this.place;
    this.barTarget.hidden = isEmpty;
    this.element.dataset.choosing = String(!isEmpty);
    this.markHead();
    // The bar covers the heads: nothing may have the focus there unseen.
    for (const head of this.element.querySelectorAll("thead a.sort")) head.tabIndex = isEmpty ? 0 : -1;
    if (isEmpty) return;
    this.countTarget.textContent = this.counted;
    this.allTarget.hidden = everything || (this.isCounted && ids.size >= this.total);
    this.allTarget.firstElementChild.textContent = this.listTarget.dataset.all;
  }

  markHead() {
    if (!this.hasHeadTarget) return;
    const { rows, selection } = this;
    const on = rows.filter((row) => selection.has(row.dataset.row)).length;
    this.headTarget.checked = on > 0 && on === rows.length;
    this.headTarget.indeterminate = on > 0 && on < rows.length;
  }

  // The box in the head: all rows that are there, or, where some are chosen, none.
  headTicked = (event) => {
    if (event.target !== this.headTarget) return;
    const { selection, rows } = this;
    if (rows.some((row) => selection.has(row.dataset.row))) return selection.clear();
    selection.only([...selection.ids, ...rows.map((row) => row.dataset.row)]);
  };

  clear() {
    this.selection.clear();
  }

  chooseAll() {
    if (this.rows.length) this.selection.all();
  }

  pick(row) {
    this.table.pick(row);
  }

  walk(row, step, extend) {
    this.table.walk(row, step, extend);
  }

  open(row) {
    row.querySelector("a.name")?.click();
  }

  // A range of rows is meant, not the text between them.
  pressed = (event) => {
    if (event.shiftKey && this.rowAt(event.target)) event.preventDefault();
  };

  note = () => {
    notes.keep(this.place, this.filters, this.selection);
  };

  // --- what is done with it

  get fields() {
    const { everything, ids, without } = this.selection;
    if (!everything) return [["clients", [...ids].join(",")]];
    return [["all", "1"], ["without", [...without].join(",")], ...Object.entries(JSON.parse(this.filters))];
  }

  asked = (event) => {
    const link = event.target.closest("a[href]");
    const here = link?.pathname === location.pathname && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    // Another order or filter of the same table: what was chosen comes along.
    if (here && !link.closest(".load-more")) notes.carry(this.filters, this.selection);
    const item = event.target.closest("[data-client-table-do]");
    if (!item) return;
    event.preventDefault();
    const { clientTableDo: verb, url, value } = item.dataset;
    if (verb === "set") return this.set(url, value);
    const columns = JSON.parse(this.listTarget.dataset.columns).map((key) => ["columns", key]);
    const more = verb === "export" ? [["what", "current"], ...columns] : [["next", location.pathname + location.search]];
    submit(url, [...this.fields, ...more]);
  };

  async set(url, value) {
    try {
      const { said, left, before } = await post(url, [...this.fields, ["value", value]]);
      if (left) toast(left, { tone: "warn" });
      if (said) toast(said, before.length ? { action: { label: this.words.undo, run: () => this.undo(url, before, value) } } : {});
      // Other clients may match now.
      if (this.selection.everything) this.selection.clear();
      await this.refresh();
    } catch (error) {
      toast(error.message, { tone: "bad" });
    }
  }

  // What somebody else has changed since stays as they have it.
  async undo(url, before, holding) {
    try {
      for (const [value, clients] of before) await post(url, [["clients", clients], ["value", value], ["holding", holding]]);
      toast(this.words.undone);
    } catch (error) {
      toast(error.message, { tone: "bad" });
    }
    await this.refresh();
  }

  refresh() {
    this.table.remember();
    return htmx.ajax("GET", this.foundTarget.dataset.url, { target: this.foundTarget, swap: "innerHTML" });
  }
}
