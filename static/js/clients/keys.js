// The keyboard of the client table: the same keys choose as on the documents page (static/js/documents/keys.js).
const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable], dialog, [popover]";

export class ClientKeys {
  constructor(page) {
    this.page = page;
    document.addEventListener("keydown", this.pressed);
  }

  stop() {
    document.removeEventListener("keydown", this.pressed);
  }

  pressed = (event) => {
    if (event.defaultPrevented || event.altKey || event.target.closest?.(TYPING)) return;
    if (document.querySelector("dialog:modal, [popover].menu:popover-open")) return;
    const act = this.actionOf(event);
    if (!act) return;
    event.preventDefault();
    act();
  };

  actionOf({ key, target, shiftKey, ctrlKey, metaKey }) {
    const { page } = this;
    const row = page.rowAt(target);
    const here = row || target === document.body || target.closest("main") === target;
    if (ctrlKey || metaKey) return key.toLowerCase() === "a" && here ? () => page.chooseAll() : undefined;
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity, PageDown: 10, PageUp: -10 }[key];
    // From the page itself only the arrows lead into the table: the other keys go on scrolling.
    const enters = row || (here && Math.abs(step) === 1);
    if (step !== undefined) return enters && page.rows.length ? () => page.walk(row, step, shiftKey) : undefined;
    if (key === "Escape") return page.selection.isEmpty ? undefined : () => page.clear();
    // A link, a button or a box inside of a row keeps its own keys.
    if (target !== row) return undefined;
    return { Enter: () => page.open(row), " ": () => page.pick(row) }[key];
  }
}
