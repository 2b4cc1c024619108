// The geometry of the matrix: one tab stop among rows and columns, and the rectangle between two cells.
// Each cell holds one element with data-stop, which takes the focus; the first column holds the folders' names.

export class Grid {
  constructor(table) {
    this.table = table;
  }

  get rows() {
    return [...this.table.rows].filter((row) => !row.hidden && (row.dataset.id || row.parentElement.tagName === "THEAD"));
  }

  get current() {
    return this.table.querySelector('[data-stop][tabindex="0"]');
  }

  stopOf(cell) {
    return cell?.offsetParent ? cell.querySelector("[data-stop]") : null;
  }

  placeOf(stop) {
    const cell = stop.closest("td, th");
    return { row: cell.parentElement, column: cell.cellIndex };
  }

  // New cells are no tab stops; there is always exactly one.
  settle() {
    for (const stop of this.table.querySelectorAll("[data-stop]:not([tabindex]), .matrix-tools button:not([tabindex])")) stop.tabIndex = -1;
    if (!this.current) this.rove(this.stopOf(this.table.tBodies[0].rows[0]?.cells[0]));
  }

  rove(stop) {
    if (!stop) return;
    for (const other of this.table.querySelectorAll('[data-stop][tabindex="0"]')) other.tabIndex = -1;
    stop.tabIndex = 0;
  }

  focus(stop) {
    if (!stop) return;
    this.rove(stop);
    stop.focus();
  }

  // The stop so many rows and columns further; at the edge the last one that there is.
  step(from, rows, columns) {
    const { row, column } = this.placeOf(from);
    const all = this.rows;
    const at = Math.max(0, Math.min(all.length - 1, all.indexOf(row) + rows));
    if (!columns) return this.nearest(all[at], column) ?? from;
    const cells = [...all[at].cells].filter((cell) => this.stopOf(cell));
    const now = cells.findIndex((cell) => cell.cellIndex === column);
    return this.stopOf(cells[Math.max(0, Math.min(cells.length - 1, now + columns))]) ?? from;
  }

  // The head has nothing above the folders' names: from there one comes to the first person.
  nearest(row, column) {
    const at = Math.min(column, row.cells.length - 1);
    return [...row.cells].slice(at).map((cell) => this.stopOf(cell)).find(Boolean);
  }

  // Settable cells between two stops, corners included.
  between(one, other) {
    const [a, b] = [this.placeOf(one), this.placeOf(other)];
    const all = this.rows;
    const [top, bottom] = [all.indexOf(a.row), all.indexOf(b.row)].sort((x, y) => x - y);
    const [left, right] = [a.column, b.column].sort((x, y) => x - y);
    return all
      .slice(Math.max(0, top), bottom + 1)
      .flatMap((row) => [...row.cells].slice(Math.max(1, left), right + 1))
      .filter((cell) => cell.hasAttribute("aria-selected") && cell.offsetParent);
  }

  column(index) {
    return this.rows.map((row) => row.cells[index]).filter((cell) => cell?.hasAttribute("aria-selected"));
  }

  row(row) {
    return [...row.cells].filter((cell) => cell.hasAttribute("aria-selected") && cell.offsetParent);
  }

  get chosen() {
    return [...this.table.querySelectorAll('td[aria-selected="true"]')];
  }
}
