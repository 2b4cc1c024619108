// Rows are dragged onto folders, here and in the way above, with Ctrl as copies; where the firm's own order is shown, also
// between rows. The page says what happens: dropOn(folderId, copies) and dropBefore(row or null).
const KIND = "application/x-atrium-rows";
const EDGE = 0.28;

export class Drag {
  constructor(page) {
    this.page = page;
    const { element } = page;
    for (const [name, act] of Object.entries({ dragstart: this.begin, dragover: this.over, dragleave: this.leave, drop: this.drop, dragend: this.end }))
      element.addEventListener(name, act);
  }

  begin = (event) => {
    const row = event.target.closest?.("tr[data-row]");
    if (!row || !row.draggable) return;
    if (!this.page.selection.has(row.dataset.row)) this.page.selection.only([row.dataset.row]);
    this.rows = this.page.chosenRows;
    event.dataTransfer.setData(KIND, "1");
    event.dataTransfer.effectAllowed = "copyMove";
    const badge = document.createElement("div");
    badge.className = "drag-badge";
    badge.textContent = this.rows.length === 1 ? row.dataset.name : this.page.counted;
    document.body.append(badge);
    event.dataTransfer.setDragImage(badge, -12, -8);
    setTimeout(() => badge.remove());
    this.page.element.dataset.dragging = "true";
  };

  over = (event) => {
    if (!this.rows || !event.dataTransfer.types.includes(KIND)) return;
    const found = this.placeOf(event);
    this.mark(found);
    if (!found) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = found.folder && event.ctrlKey ? "copy" : "move";
  };

  leave = (event) => {
    if (!this.page.element.contains(event.relatedTarget)) this.mark(undefined);
  };

  drop = (event) => {
    if (!this.rows || !event.dataTransfer.types.includes(KIND)) return;
    event.preventDefault();
    event.stopPropagation();
    const found = this.placeOf(event);
    this.end();
    if (found?.folder) this.page.dropOn(found.folder, event.ctrlKey);
    else if (found) this.page.dropBefore(found.before, found.row);
  };

  end = () => {
    this.rows = undefined;
    this.mark(undefined);
    delete this.page.element.dataset.dragging;
  };

  // { row, folder } for "into this folder"; { row, before } for "between rows", before is the row that comes after.
  placeOf(event) {
    const crumb = event.target.closest?.(".breadcrumb a");
    if (crumb) return { row: crumb, folder: /\/folders\/([0-9a-f-]+)/.exec(crumb.pathname)?.[1] ?? this.page.rootValue };
    const row = event.target.closest?.("tr[data-row]");
    if (!row || this.rows.includes(row)) return undefined;
    const { top, height } = row.getBoundingClientRect();
    const at = (event.clientY - top) / height;
    const takes = row.dataset.kind === "folder" && row.dataset.may.includes("change");
    const ordered = this.page.ordersHere && this.rows.every((one) => one.dataset.kind === row.dataset.kind);
    if (ordered && (!takes || at < EDGE || at > 1 - EDGE)) return { row, before: at < 0.5 ? row : this.page.rowAfter(row), low: at >= 0.5 };
    return takes ? { row, folder: row.dataset.row } : undefined;
  }

  mark(found) {
    for (const old of this.page.element.querySelectorAll("[data-drop]")) delete old.dataset.drop;
    if (found) found.row.dataset.drop = found.folder ? "into" : found.low ? "after" : "before";
  }
}
