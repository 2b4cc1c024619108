// Folders that open and close: rows below are fetched when a folder is opened for the first time.
import htmx from "htmx.org";

export class Branches {
  constructor(body) {
    this.body = body;
  }

  get rows() {
    return [...this.body.rows];
  }

  rowOf(id) {
    return this.body.querySelector(`tr[data-id="${CSS.escape(id)}"]`);
  }

  isOpen(row) {
    return row.getAttribute("aria-expanded") === "true";
  }

  async toggle(row, open = !this.isOpen(row)) {
    if (!row.hasAttribute("aria-expanded") || open === this.isOpen(row) || !row.dataset.rows) return;
    row.setAttribute("aria-expanded", String(open));
    if (open && !row.dataset.loaded) {
      row.dataset.loaded = "true";
      row.setAttribute("aria-busy", "true");
      await htmx.ajax("GET", row.dataset.rows, { target: row, swap: "afterend", source: row });
      row.removeAttribute("aria-busy");
      // Nothing came: the connection was lost, or it has no sub-folders any more.
      if (row.nextElementSibling?.dataset.parent !== row.dataset.id) {
        delete row.dataset.loaded;
        row.setAttribute("aria-expanded", "false");
      }
    }
    this.settle();
  }

  // A row is shown where all rows above it are open.
  settle() {
    const shut = new Set();
    for (const row of this.rows) {
      const { id, parent } = row.dataset;
      row.hidden = Boolean(parent) && shut.has(parent);
      if (row.hidden) for (const cell of row.querySelectorAll('td[aria-selected="true"]')) cell.setAttribute("aria-selected", "false");
      if (id && (row.hidden || row.getAttribute("aria-expanded") === "false")) shut.add(id);
    }
  }

  // Rows of closed folders are forgotten, so that they are fetched anew with what they are then.
  forgetHidden() {
    for (const row of this.rows) {
      if (row.hidden) row.remove();
      else if (row.getAttribute("aria-expanded") === "false") delete row.dataset.loaded;
    }
  }

  above(row) {
    return row.dataset.parent ? this.rowOf(row.dataset.parent) : null;
  }
}
