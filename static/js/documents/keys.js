// The keyboard of the documents page. The map that "?" shows (templates/layouts/_keys.html) says the same.
const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable], dialog, [popover]";

export class Keys {
  constructor(page) {
    this.page = page;
    document.addEventListener("keydown", this.pressed);
    for (const name of ["copy", "cut", "paste"]) document.addEventListener(name, this.clipboard);
  }

  stop() {
    document.removeEventListener("keydown", this.pressed);
    for (const name of ["copy", "cut", "paste"]) document.removeEventListener(name, this.clipboard);
  }

  isElsewhere(target) {
    return target.closest?.(TYPING) || document.querySelector("dialog:modal, [popover].menu:popover-open");
  }

  pressed = (event) => {
    if (event.defaultPrevented || this.isElsewhere(event.target)) return;
    const act = this.actionOf(event);
    if (!act) return;
    event.preventDefault();
    act();
  };

  actionOf(event) {
    const { key, shiftKey: shift } = event;
    const page = this.page;
    const row = page.rowAt(event.target);
    const control = event.ctrlKey || event.metaKey;
    const here = row || event.target === document.body || event.target.closest("main") === event.target;
    if (event.altKey) {
      if (shift && row && (key === "ArrowUp" || key === "ArrowDown")) return () => page.shiftRow(row, key === "ArrowUp" ? -1 : 1);
      return key === "ArrowUp" && page.upValue ? () => page.up() : undefined;
    }
    if (control) return key.toLowerCase() === "a" && here ? () => page.chooseAll() : undefined;
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity, PageDown: 10, PageUp: -10 }[key];
    if (step !== undefined) return here && page.rows.length ? () => page.walk(row, step, shift) : undefined;
    const inRow = {
      Enter: () => page.open(row),
      " ": () => page.pick(row),
      F2: () => page.rename(row),
      Delete: () => page.remove(row),
    }[key];
    // A link or button inside of a row keeps its own keys.
    if (inRow) return row && event.target === row ? inRow : undefined;
    const anywhere = {
      n: () => page.newFolder(),
      u: () => page.upload(),
      Backspace: () => page.up(),
      Escape: page.selection.isEmpty ? undefined : () => page.clear(),
    }[key.length === 1 ? key.toLowerCase() : key];
    return key === "Backspace" && !page.upValue ? undefined : anywhere;
  }

  clipboard = (event) => {
    if (event.defaultPrevented || this.isElsewhere(event.target)) return;
    // Files that are pasted are an upload; text that is marked is copied as text.
    if (event.type === "paste" ? event.clipboardData?.files.length : !getSelection()?.isCollapsed) return;
    const done = event.type === "paste" ? this.page.paste() : this.page.note(event.type, event.clipboardData);
    if (done) event.preventDefault();
  };
}
