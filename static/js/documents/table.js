// The rows of a folder as a grid (WAI-ARIA): one tab stop, arrows, a range with Shift, a box for each row. Without this script
// it is a plain table.
export class Table {
  constructor(page) {
    this.page = page;
    this.cut = new Set();
    const { element } = page;
    element.addEventListener("click", this.clicked);
    element.addEventListener("focusin", (event) => this.rove(page.rowAt(event.target)));
    element.addEventListener("htmx:afterSettle", () => this.take(this.table));
  }

  // A table that has just come, or that has got further rows.
  take(table) {
    if (!table?.isConnected) return;
    this.table = table;
    table.setAttribute("role", "grid");
    table.setAttribute("aria-multiselectable", "true");
    const fresh = [...table.querySelectorAll("tbody tr[data-row]:not([role])")];
    for (const row of fresh) {
      row.setAttribute("role", "row");
      row.tabIndex = -1;
      row.draggable = Boolean(this.page.drag) && canBeChosen(row);
      for (const cell of row.cells) cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "gridcell");
    }
    if (!this.stop?.isConnected) this.rove(this.rows[0]);
    // Of ten thousand rows only those that have just come are looked at.
    if (fresh.length) this.page.shown(fresh);
    this.focusWanted();
  }

  get rows() {
    return this.table ? [...this.table.querySelectorAll("tbody tr[data-row]")] : [];
  }

  mark(rows = this.rows) {
    const { selection } = this.page;
    for (const row of rows) {
      const on = selection.has(row.dataset.row);
      row.setAttribute("aria-selected", String(on));
      row.classList.toggle("row-cut", this.cut.has(row.dataset.row));
      const box = row.querySelector(".row-choice input");
      if (box) box.checked = on;
    }
  }

  rove(row) {
    if (!row) return;
    if (this.stop) this.stop.tabIndex = -1;
    this.stop = row;
    row.tabIndex = 0;
  }

  focus(row) {
    if (!row) return;
    this.rove(row);
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  after(row) {
    const rows = this.rows.filter((one) => one.dataset.kind === row.dataset.kind);
    return rows[rows.indexOf(row) + 1] ?? null;
  }

  // Before which row this one stands when it goes one place up or down; undefined where it cannot.
  placeFor(row, step) {
    const rows = this.rows.filter((one) => one.dataset.kind === row.dataset.kind);
    const at = rows.indexOf(row);
    this.wanted = row.dataset.row;
    if (step < 0) return at > 0 ? rows[at - 1] : undefined;
    return at + 1 < rows.length ? (rows[at + 2] ?? null) : undefined;
  }

  // --- choosing

  clicked = (event) => {
    const row = this.page.rowAt(event.target);
    if (!row || !this.table?.contains(row)) return;
    const box = event.target.closest(".row-choice");
    if (box) {
      if (event.target.tagName === "INPUT") this.choose(row, { range: event.shiftKey, toggle: true });
      return;
    }
    const choosing = !this.page.selection.isEmpty;
    if (event.target.closest("a.name") && choosing && matchMedia("(pointer: coarse)").matches) {
      event.preventDefault();
      return this.choose(row, { toggle: true });
    }
    if (event.target.closest("a, button, input, label, form, [popover], .rename-field")) return;
    const touch = event.pointerType === "touch";
    const toggle = event.ctrlKey || event.metaKey || (touch && choosing);
    // Where a row is something to open rather than to take along, a plain click chooses nothing.
    if (!this.page.drag && !toggle && !event.shiftKey) return;
    this.choose(row, { range: event.shiftKey, toggle });
    if (event.shiftKey) getSelection()?.removeAllRanges();
    row.focus({ preventScroll: true });
  };

  choose(row, { range = false, toggle = false } = {}) {
    if (!canBeChosen(row)) return;
    const { selection } = this.page;
    const id = row.dataset.row;
    if (range && this.anchor) {
      const span = this.between(this.anchor, row);
      if (toggle) selection.add(span);
      else selection.only(span);
      return;
    }
    this.anchor = id;
    if (toggle) selection.toggle(id);
    else selection.only([id]);
  }

  between(id, row) {
    const rows = this.rows;
    const ends = [rows.findIndex((one) => one.dataset.row === id), rows.indexOf(row)].sort((a, b) => a - b);
    return rows.slice(Math.max(0, ends[0]), ends[1] + 1).filter(canBeChosen).map((one) => one.dataset.row);
  }

  pick(row) {
    this.choose(row, { toggle: true });
  }

  walk(row, step, extend) {
    const rows = this.rows;
    const at = row ? rows.indexOf(row) : -1;
    const next = rows[Math.max(0, Math.min(rows.length - 1, row ? at + step : step < 0 ? rows.length - 1 : 0))];
    if (extend && row) {
      this.anchor ??= row.dataset.row;
      this.page.selection.only(this.between(this.anchor, next));
    } else {
      this.anchor = undefined;
    }
    this.focus(next);
  }

  // --- rows anew

  // Where the reader stands, so that they stand there again, or at what has come into this place.
  remember() {
    const row = this.page.rowAt(document.activeElement);
    this.place = row ? this.rows.indexOf(row) : undefined;
    if (row) this.wanted ??= row.dataset.row;
  }

  focusWanted() {
    if (this.wanted === undefined && this.place === undefined) return;
    const rows = this.rows;
    const row = rows.find((one) => one.dataset.row === this.wanted) ?? rows[Math.min(this.place ?? 0, rows.length - 1)];
    this.wanted = this.place = undefined;
    this.focus(row);
  }

  emptyRow() {
    const row = document.createElement("tr");
    row.className = "row-new";
    row.innerHTML = '<th scope="row" class="name-cell" role="rowheader"><div class="name-line"><div class="name-text"><span class="list-title"></span></div></div></th><td role="gridcell" class="hide-small"></td><td role="gridcell"></td><td role="gridcell"></td>';
    row.setAttribute("role", "row");
    this.table.tBodies[0].prepend(row);
    return row;
  }
}

const canBeChosen = (row) => Boolean(row.querySelector(".row-choice input"));
