// The matrix of rights: keys, folders that open, cells that are chosen, the dialog that changes them, cells shown anew.
import { Controller } from "@hotwired/stimulus";
import htmx from "htmx.org";
import { Branches } from "../matrix/branches.js";
import { Grid } from "../matrix/grid.js";
import { HeadMenu } from "../matrix/head_menu.js";
import { lettersOf, targetOf } from "../matrix/keys.js";
import { toast } from "../toast.js";
import { ask } from "../uploads/wire.js";

const AT_ONCE = 40;

export default class extends Controller {
  static targets = ["scroll", "grid", "bar", "count", "menu"];
  static values = { previews: String, rows: String, words: Object };

  connect() {
    this.grid = new Grid(this.gridTarget);
    this.body = this.gridTarget.tBodies[0];
    this.branches = new Branches(this.body);
    this.headMenu = new HeadMenu(this.menuTarget);
    this.letters = lettersOf(this.wordsValue.letters);
    this.dialog = document.getElementById("rights-dialog");
    this.dialogBody = document.getElementById("rights-body");
    this.waiting = this.dialogBody.innerHTML;
    this.mode = this.element.parentElement.querySelector("[data-matrix-mode]");
    this.listen("addEventListener");
    this.watcher = new MutationObserver(this.settle);
    this.watcher.observe(this.body, { childList: true });
    this.settle();
    this.shade();
  }

  disconnect() {
    this.listen("removeEventListener");
    this.watcher.disconnect();
  }

  listen(verb) {
    this.gridTarget[verb]("keydown", this.pressed);
    this.gridTarget[verb]("click", this.clicked);
    this.gridTarget[verb]("focusin", this.focused);
    this.gridTarget[verb]("pointerover", this.told);
    this.scrollTarget[verb]("scroll", this.shade, { passive: true });
    this.mode?.[verb]("click", this.switchMode);
    document[verb]("rights:changed", this.changed);
    this.menuTarget[verb]("keydown", this.pressedInMenu);
    this.dialog[verb]("click", this.left);
    this.dialog[verb]("close", this.emptied);
  }

  settle = () => {
    this.branches.settle();
    this.grid.settle();
    this.tell();
  };

  // On which sides there is more to scroll to: shades beside the first column and at the right edge.
  shade = () => {
    const { scrollLeft, clientWidth, scrollWidth } = this.scrollTarget;
    const sides = [scrollLeft > 1 && "before", scrollLeft + clientWidth < scrollWidth - 1 && "after"].filter(Boolean);
    this.scrollTarget.dataset.more = sides.join(" ");
  };

  focused = (event) => {
    const stop = event.target.closest("[data-stop]");
    if (stop) this.grid.rove(stop);
  };

  told = (event) => {
    const link = event.target.closest("td a[aria-label]");
    if (link && !link.title) link.title = link.getAttribute("aria-label");
  };

  pressed = (event) => {
    const stop = event.target.closest("[data-stop]");
    if (!stop || event.altKey) return;
    if (this.act(event, stop)) event.preventDefault();
  };

  act(event, stop) {
    const { row, column } = this.grid.placeOf(stop);
    const isFolder = column === 0;
    if (event.key === " ") return this.chooseBySpace(row, column, stop);
    if (event.key === "Enter") return this.enter(stop, row, column);
    if (event.key === "Escape") return this.grid.chosen.length > 0 && this.none();
    if (isFolder && event.key === "ArrowRight" && row.getAttribute("aria-expanded") === "false") return this.branches.toggle(row, true), true;
    if (isFolder && event.key === "ArrowLeft") return this.outwards(row, stop);
    const to = targetOf(event, this.grid, stop);
    if (to) return this.move(event, stop, to);
    const level = !event.ctrlKey && !event.metaKey && this.letters[event.key.toLocaleLowerCase()];
    if (level && stop.matches("td a")) return this.open(stop, { level }), true;
    return false;
  }

  move(event, from, to) {
    if (event.shiftKey && to.matches("td a")) {
      this.anchor ??= from.matches("td a") ? from : to;
      this.mark(this.grid.between(this.anchor, to), true);
    } else this.anchor = undefined;
    this.grid.focus(to);
    return true;
  }

  outwards(row, stop) {
    if (this.branches.isOpen(row) && row.dataset.rows) this.branches.toggle(row, false);
    else this.grid.focus(this.grid.stopOf(this.branches.above(row)?.cells[0]) ?? stop);
    return true;
  }

  enter(stop, row, column) {
    if (stop.matches("td a")) this.open(stop);
    else if (row.parentElement.tagName === "THEAD") this.headMenu.open(row.cells[column].querySelector(".matrix-dots"));
    else return false;
    return true;
  }

  chooseBySpace(row, column, stop) {
    if (row.parentElement.tagName === "THEAD") this.flip(this.grid.column(column));
    else if (column === 0) this.flip(this.grid.row(row));
    else {
      this.anchor = stop;
      this.flip([stop.closest("td")]);
    }
    return true;
  }

  clicked = (event) => {
    const toggle = event.target.closest(".matrix-toggle");
    if (toggle || event.button) return;
    const link = event.target.closest("td a[data-stop]");
    if (!link) {
      const head = event.target.closest("tbody th.matrix-folder");
      if (head && !event.target.closest("a, button")) this.flip(this.grid.row(head.parentElement));
      return;
    }
    event.preventDefault();
    this.grid.focus(link);
    if (event.shiftKey) this.mark(this.grid.between((this.anchor ??= this.grid.current ?? link), link), true);
    else if (event.ctrlKey || event.metaKey || this.mode?.ariaPressed === "true") {
      this.anchor = link;
      this.flip([link.closest("td")]);
    } else {
      this.anchor = link;
      this.open(link);
    }
  };

  toggle(event) {
    this.branches.toggle(event.target.closest("tr"));
  }

  column(event) {
    this.flip(this.grid.column(event.target.closest("th").cellIndex));
  }

  menu(event) {
    this.headMenu.open(event.currentTarget);
  }

  pressedInMenu = (event) => this.headMenu.pressed(event);

  columnOf() {
    this.menuTarget.hidePopover();
    this.flip(this.grid.column(this.headMenu.column), true);
  }

  switchMode = () => {
    this.mode.ariaPressed = String(this.mode.ariaPressed !== "true");
  };

  // All of them, or none where all were chosen already.
  flip(cells, on = cells.some((cell) => cell.getAttribute("aria-selected") !== "true")) {
    for (const cell of cells) if (cell.hasAttribute("aria-selected")) cell.setAttribute("aria-selected", String(on));
    this.tell();
  }

  mark(cells, on) {
    for (const cell of this.grid.chosen) cell.setAttribute("aria-selected", "false");
    this.flip(cells, on);
  }

  none() {
    this.mark([], false);
    this.anchor = undefined;
    return true;
  }

  tell() {
    const count = this.grid.chosen.length;
    this.barTarget.hidden = count === 0;
    this.countTarget.textContent = count === 1 ? this.wordsValue.one : this.wordsValue.many.replace("{count}", count);
    for (const head of this.gridTarget.tHead.querySelectorAll(".matrix-pick")) {
      const cells = count ? this.grid.column(head.closest("th").cellIndex) : [];
      head.ariaPressed = String(cells.length > 0 && cells.every((cell) => cell.getAttribute("aria-selected") === "true"));
    }
  }

  ask(event) {
    const { field } = event.currentTarget.dataset;
    this.openChosen({ reach: field === "cascade" ? "below" : "", level: field === "level" ? "" : "keep", field });
  }

  // The dialog of one cell, or of all chosen ones when this one is among several.
  open(link, { level = "" } = {}) {
    const chosen = this.grid.chosen;
    if (chosen.length > 1 && chosen.includes(link.closest("td"))) return this.openChosen({ level });
    const address = new URL(link.href);
    if (level) address.searchParams.set("level", level);
    return this.fetch("GET", address.pathname + address.search, {});
  }

  openChosen({ level = "", reach = "", field = "" }) {
    const cells = this.grid.chosen.map((cell) => `${cell.parentElement.dataset.id}:${cell.firstElementChild.dataset.p}`);
    return this.fetch("POST", this.previewsValue, { kind: "set", cell: cells, level, reach }, field);
  }

  async fetch(verb, address, values, field = "") {
    this.dialogBody.innerHTML = this.waiting;
    if (!this.dialog.open) this.dialog.showModal();
    await htmx.ajax(verb, address, { target: this.dialogBody, swap: "innerHTML", values, source: this.dialogBody });
    const wanted = field === "until" ? ["#rights-until"] : ['input[name="level"]:checked', 'input[name="level"]'];
    wanted.map((one) => this.dialogBody.querySelector(one)).find(Boolean)?.focus();
  }

  left = (event) => {
    const close = event.target.closest("[data-dialog-close]");
    if (!close) return;
    event.preventDefault();
    this.dialog.close();
  };

  // What a slow answer brings after the dialog was closed must not be sent from there.
  emptied = () => {
    this.dialogBody.innerHTML = this.waiting;
  };

  changed = (event) => {
    const { said, undo } = event.detail;
    this.dialog.close();
    this.none();
    this.refresh();
    toast(said, { action: { label: this.wordsValue.undo, run: () => this.takeBack(undo) } });
  };

  async takeBack(address) {
    try {
      toast((await ask("POST", address)).said);
    } catch (error) {
      toast(error.message || document.body.dataset.textFailed, { tone: "bad" });
    }
    this.refresh();
  }

  // The cells of all rows that are shown, anew; folders stay open, and the focus stays where it is.
  async refresh() {
    this.branches.forgetHidden();
    const stop = document.activeElement?.closest?.("[data-stop]") ?? this.grid.current;
    const place = stop && this.gridTarget.contains(stop) ? this.grid.placeOf(stop) : undefined;
    const ids = this.branches.rows.map((row) => row.dataset.id).filter(Boolean);
    for (let at = 0; at < ids.length; at += AT_ONCE) await this.renew(ids.slice(at, at + AT_ONCE));
    this.settle();
    if (place?.row.isConnected) this.grid.focus(this.grid.nearest(place.row, place.column));
  }

  async renew(ids) {
    const address = new URL(this.rowsValue, location.href);
    for (const id of ids) address.searchParams.append("at", id);
    const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => undefined);
    if (!answer?.ok) return;
    const holder = document.createElement("template");
    holder.innerHTML = `<table><tbody>${await answer.text()}</tbody></table>`;
    const fresh = new Map([...holder.content.querySelectorAll("tr[data-id]")].map((row) => [row.dataset.id, row]));
    for (const id of ids) this.replace(this.branches.rowOf(id), fresh.get(id));
  }

  // A folder that the reader no longer reaches goes.
  replace(row, fresh) {
    if (!row) return;
    if (!fresh) return row.remove();
    for (const cell of [...row.querySelectorAll("td")]) cell.remove();
    row.append(...fresh.querySelectorAll("td"));
    row.querySelector(".matrix-below")?.remove();
    row.querySelector(".matrix-line").append(...fresh.querySelectorAll(".matrix-below"));
  }
}
